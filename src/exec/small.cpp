// Small work done at once: for a few elements, recording would cost more than computing.
// SPDX-License-Identifier: BSL-1.0
#include "base/error.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t small_count = 2048;
constexpr int most_inputs = 3;

bool at_hand(const Array& x) {
    return !x.distributed() && !x.node->pending() && !x.node->transit;
}

}  // namespace

std::optional<Array> apply_small(Op op, std::span<const Input> inputs) {
    const OpRow& r = row(op);
    if (r.result == Result::select || inputs.size() > most_inputs) return std::nullopt;
    // The largest operand has the result's shape; the others have it too, or one element.
    const Array* widest = nullptr;
    for (const Input& input : inputs) {
        const auto* x = std::get_if<const Array*>(&input);
        if (!x) continue;
        if (!at_hand(**x)) return std::nullopt;
        if (!widest || (*x)->dimensions() > widest->dimensions() ||
            ((*x)->dimensions() == widest->dimensions() &&
             (*x)->view.count() > widest->view.count()))
            widest = *x;
    }
    std::int64_t count = widest->view.count();
    if (count > small_count || count == 0) return std::nullopt;
    DType compute = compute_dtype(op, common_dtype(r.name.data(), inputs));

    Scalar values[most_inputs];
    const void* in[most_inputs] = {};
    unsigned scalars = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (const auto* scalar = std::get_if<Scalar>(&inputs[i])) {
            values[i] = checked_scalar(r.name.data(), *scalar, compute);
            in[i] = values[i].bytes;
            scalars |= 1u << i;
            continue;
        }
        const Array& x = *std::get<const Array*>(inputs[i]);
        const char* data = x.node->bytes() + x.view.offset * itemsize(x.dtype());
        if (x.view.shape == widest->view.shape) {
            if (x.dtype() != compute || !x.view.is_contiguous()) return std::nullopt;
            in[i] = data;
        } else {
            if (x.view.count() != 1) return std::nullopt;
            values[i] = Scalar::read(x.dtype(), data).as_dtype(compute);
            in[i] = values[i].bytes;
            scalars |= 1u << i;
        }
    }
    // One element is both: a single element and the whole operand.
    kernels::Block loop = kernels::elementwise(op, compute, scalars);
    if (!loop && count == 1) loop = kernels::elementwise(op, compute, 0);
    if (!loop) return std::nullopt;

    Ref<Node> node(new Node);
    node->dtype = result_dtype(op, compute);
    node->shape = widest->view.shape;
    allocate(*node);
    loop(node->bytes(), in, count);
    Array result = array_of(std::move(node));
    result.value = result.view.shape.empty();
    return result;
}

Array apply_op(Op op, std::span<const Input> inputs) {
    if (std::optional<Array> result = apply_small(op, inputs)) return std::move(*result);
    Array result = deliver(elementwise(op, inputs));
    result.value = result.dimensions() == 0;
    return result;
}

}  // namespace hpxpy
