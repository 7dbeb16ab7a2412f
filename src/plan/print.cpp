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

// Which step brings the contents of a node.
using Sources = std::unordered_map<const Node*, std::size_t>;

void print(std::ostream& out, const Step& step, const Sources& sources) {
    std::int64_t read = 0, written = 0;
    for (std::size_t i = 0; i < step.loads.size(); ++i) {
        const Load& load = step.loads[i];
        read += distinct_elements(load.view) * itemsize(load.node->dtype);
        out << "  in" << i << " = load " << name_of(load.node->dtype)
            << (load.scalar() ? ", one element" : strided(load.view));
        auto source = sources.find(load.node.get());
        if (source != sources.end()) out << ", of step " << source->second;
        out << "\n";
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

bool reads_halo(const Step& step) {
    return std::any_of(step.loads.begin(), step.loads.end(), [](const Load& load) {
        return load.node->request && load.node->request->in_place;
    });
}

// Conversions and counts are shown as operations, too.
int operations(const Step& step) {
    auto others = std::count_if(
        step.instructions.begin(), step.instructions.end(),
        [](const Instruction& instruction) { return instruction.what != Instruction::What::op; });
    return step.operations() + static_cast<int>(others);
}

}  // namespace

std::string to_string(const Plan& plan, bool exchanges) {
    Sources sources;
    std::ostringstream out;
    std::size_t count = 0;
    for (const Step& step : plan.steps) {
        for (const Load& load : step.loads) {
            if (!exchanges || !load.node->request || sources.count(load.node.get())) continue;
            sources.emplace(load.node.get(), ++count);
            out << "step " << count << ": " << exchange_text(*load.node, *load.node->request)
                << "\n";
        }
        int operations_of_step = operations(step);
        out << "step " << ++count << ": " << (operations_of_step > 1 ? "fused " : "")
            << operations_of_step
            << (operations_of_step == 1 ? " operation over " : " operations over ")
            << to_string(step.domain);
        if (step.tiled_axis >= 0) out << ", in tiles along axis " << step.tiled_axis;
        if (exchanges && reads_halo(step) && step.begins_early())
            out << ", the interior while the halo travels";
        out << "\n";
        print(out, step, sources);
    }
    return std::to_string(count) + (count == 1 ? " step\n" : " steps\n") + out.str();
}

namespace {

// With more, their number is told.
constexpr std::size_t most_peers_named = 3;

std::string passages_text(const char* verb, const char* towards,
                          std::span<const Passage> passages) {
    std::string text = verb;
    if (passages.empty()) return text + " nothing";
    if (passages.size() > most_peers_named) {
        std::int64_t bytes = 0;
        for (const Passage& passage : passages) bytes += passage.bytes;
        return text + " " + bytes_text(bytes) + " " + towards + " " +
               std::to_string(passages.size()) + " localities";
    }
    for (std::size_t i = 0; i < passages.size(); ++i)
        text += (i == 0 ? " " : " and ") + bytes_text(passages[i].bytes) + " " + towards +
                " locality " + std::to_string(passages[i].peer);
    return text;
}

std::vector<Passage> passages(const std::vector<maps::Transfer>& transfers, DType dtype) {
    std::vector<Passage> found;
    found.reserve(transfers.size());
    for (const maps::Transfer& transfer : transfers)
        found.push_back({transfer.peer, transfer.piece.count() * itemsize(dtype)});
    return found;
}

}  // namespace

std::string passages_text(std::span<const Passage> sends, std::span<const Passage> receives) {
    if (sends.empty() && receives.empty()) return "sends and gets nothing";
    return passages_text("sends", "to", sends) + ", " + passages_text("gets", "from", receives);
}

std::string localities_text(int count) {
    return count == 1 ? "one locality" : std::to_string(count) + " localities";
}

std::string exchange_title(std::string_view name, DType dtype, const Dims& shape) {
    return std::string(name) + " of " + std::string(name_of(dtype)) + " " + to_string(shape);
}

std::string all_reduce_text(std::string_view joining, DType dtype, const Dims& shape,
                            std::int64_t bytes, int group) {
    int localities = group ? group : here().localities;
    return exchange_title("all_reduce of " + std::string(joining), dtype, shape) + ": joins " +
           bytes_text(bytes) + " from " + (localities == 1 ? "" : "each of ") +
           localities_text(localities);
}

std::string exchange_text(const Node& node, const ExchangeRequest& request) {
    if (request.joins_forests && here().localities > 1)
        return exchange_title("all_reduce of " + request.name(), node.dtype, node.shape) +
               ": joins " + bytes_text(request.state_bytes) + " of its own with those of " +
               localities_text(here().localities - 1);
    if (request.reduction)
        return all_reduce_text(request.name(), node.dtype, node.shape, request.state_bytes,
                               static_cast<int>(request.group.size()));
    std::string text =
        exchange_title(request.name(), node.dtype, request.shape()) + " " + request.route() + ": ";
    if (request.came_before) return text + "an earlier exchange has brought it";
    maps::Transfers transfers = request.transfers(here().id);
    text += passages_text(passages(transfers.sends, node.dtype),
                          passages(transfers.receives, node.dtype));
    std::int64_t own = transfers.own.count() * itemsize(node.dtype);
    if (own == 0) return text;
    if (request.in_place) return text + ", reads " + bytes_text(own) + " of its own in place";
    return text + ", meanwhile copies " + bytes_text(own) + " of its own";
}

}  // namespace hpxpy
