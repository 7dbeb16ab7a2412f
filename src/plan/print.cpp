// Plans as text, for hpx.explain and for tests that compare plans.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "plan/step.hpp"

namespace hpxpy {

namespace {

std::string bytes_text(std::int64_t bytes) {
    const char* units[] = {"B", "KB", "MB", "GB", "TB"};
    auto value = static_cast<double>(bytes);
    int unit = 0;
    while (value >= 1000 && unit < 4) {
        value /= 1000;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

std::string scalar_text(const Scalar& scalar) {
    std::ostringstream text;
    if (is_complex(scalar.dtype)) {
        auto value = scalar.as<std::complex<double>>();
        text << "(" << value.real() << (value.imag() < 0 ? "" : "+") << value.imag() << "j)";
    } else if (is_floating(scalar.dtype)) {
        text << scalar.as<double>();
    } else if (scalar.dtype == DType::bool_) {
        text << (scalar.as<bool>() ? "True" : "False");
    } else {
        text << scalar.as<std::int64_t>();
    }
    return text.str();
}

std::string value_text(const Step& step, Value value) {
    switch (value.from) {
        case Value::From::load:
            return "in" + std::to_string(value.index);
        case Value::From::constant:
            return scalar_text(step.constants[value.index]);
        case Value::From::instruction:
            return "t" + std::to_string(value.index);
        default:
            return "?";
    }
}

std::int64_t distinct_elements(const View& view) {
    std::int64_t count = 1;
    for (int i = 0; i < view.dimensions(); ++i)
        if (view.strides[i] != 0 || view.shape[i] == 0) count *= view.shape[i];
    return count;
}

std::string strided(const View& view) { return view.is_contiguous() ? "" : ", strided"; }

// The load whose memory the store writes, element by element.
std::string over_text(const Step& step, const Store& store) {
    int over = store.over;
    for (std::size_t i = 0; i < step.loads.size() && over < 0; ++i)
        if (step.loads[i].node == store.node && step.loads[i].view == store.view)
            over = static_cast<int>(i);
    return over < 0 ? "" : " over in" + std::to_string(over);
}

void print(std::ostream& out, const Step& step) {
    std::int64_t read = 0, written = 0;
    for (std::size_t i = 0; i < step.loads.size(); ++i) {
        const Load& load = step.loads[i];
        read += distinct_elements(load.view) * itemsize(load.node->dtype);
        out << "  in" << i << " = load " << name_of(load.node->dtype)
            << (load.scalar() ? ", one element" : strided(load.view)) << "\n";
    }
    for (std::size_t i = 0; i < step.instructions.size(); ++i) {
        const Instruction& instruction = step.instructions[i];
        out << "  t" << i << " = ";
        if (instruction.what == Instruction::What::convert) {
            out << "convert(" << value_text(step, instruction.inputs[0]) << ")";
        } else if (instruction.what == Instruction::What::count) {
            out << "count from " << instruction.first;
        } else {
            out << row(instruction.op).name << "(";
            for (int k = 0; k < row(instruction.op).arity; ++k)
                out << (k ? ", " : "") << value_text(step, instruction.inputs[k]);
            out << ")";
        }
        out << "  " << name_of(instruction.result) << "\n";
    }
    for (const Store& store : step.stores) {
        written += step.count() * itemsize(store.node->dtype);
        out << (store.node->pending() ? "  store " : "  write ") << value_text(step, store.value)
            << over_text(step, store) << strided(store.view) << "\n";
    }
    for (const Reduce& reduce : step.reductions) {
        written += reduce.node->count() * itemsize(reduce.node->dtype);
        out << "  " << row(reduce.node->reduction).name << " of " << value_text(step, reduce.value)
            << " into " << to_string(reduce.node->shape) << " " << name_of(reduce.node->dtype)
            << "\n";
    }
    out << "  reads " << bytes_text(read) << ", writes " << bytes_text(written) << "\n";
}

// Conversions and counts are shown as operations, too.
int operations(const Step& step) {
    auto others = std::count_if(
        step.instructions.begin(), step.instructions.end(),
        [](const Instruction& instruction) { return instruction.what != Instruction::What::op; });
    return step.operations() + static_cast<int>(others);
}

}  // namespace

std::string to_string(const Plan& plan) {
    std::ostringstream out;
    out << plan.steps.size() << (plan.steps.size() == 1 ? " step\n" : " steps\n");
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const Step& step = plan.steps[i];
        int count = operations(step);
        out << "step " << i + 1 << ": " << (count > 1 ? "fused " : "") << count
            << (count == 1 ? " operation over " : " operations over ") << to_string(step.domain);
        if (step.tiled_axis >= 0) out << ", in tiles along axis " << step.tiled_axis;
        out << "\n";
        print(out, step);
    }
    return out.str();
}

}  // namespace hpxpy
