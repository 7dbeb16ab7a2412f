// Small work done at once: for a few elements, recording would cost more than computing.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "base/error.hpp"
#include "exchanges/check.hpp"
#include "exchanges/deliver.hpp"
#include "exec/access.hpp"
#include "exec/evaluate.hpp"
#include "exec/program.hpp"
#include "functions/apply.hpp"
#include "functions/write.hpp"
#include "kernels/kernels.hpp"
#include "plan/step.hpp"

namespace hpxpy {

namespace {

constexpr int most_inputs = 3;
constexpr std::int64_t widest_element = 16;

// Dense copies of operands that are strided or of another dtype.
struct Scratch {
    alignas(64) char operand[most_inputs][small_count * widest_element];
    alignas(64) char strided[small_count * widest_element];
};

Scratch& scratch() {
    thread_local std::unique_ptr<Scratch> memory = std::make_unique<Scratch>();
    return *memory;
}

// Elements that a plan without values leaves uncomputed are recorded on.
bool at_hand(const Array& x) {
    return !x.distributed() && x.node->at_hand() && x.node->buffer->worth() != Worth::blank;
}

// The operand whose shape the result has: all others have it too, or one element. Nothing if the
// work is not small.
const Array* widest(std::span<const Input> inputs) {
    const Array* found = nullptr;
    for (const Input& input : inputs) {
        const auto* x = std::get_if<const Array*>(&input);
        if (!x) continue;
        if (!at_hand(**x)) return nullptr;
        if (!found || (*x)->dimensions() > found->dimensions() ||
            ((*x)->dimensions() == found->dimensions() && (*x)->view.count() > found->view.count()))
            found = *x;
    }
    std::int64_t count = found ? found->view.count() : 0;
    return count > 0 && count <= small_count ? found : nullptr;
}

// The elements of `x`, dense and of dtype `compute`.
const void* dense(const Array& x, DType compute, int k, std::int64_t count) {
    const char* data = data_of(x);
    bool same = x.dtype() == compute;
    if (!x.view.is_contiguous()) {
        char* to = same ? scratch().operand[k] : scratch().strided;
        Access(x.node->bytes(), x.view, x.dtype()).read(to, 0, count);
        data = to;
    }
    if (same) return data;
    const void* in[] = {data};
    kernels::convert(x.dtype(), compute)(scratch().operand[k], in, count);
    return scratch().operand[k];
}

// The operation on operands of `shape`, or of one element, in C order: what `loop` is to be given.
struct Loop {
    kernels::Block loop = nullptr;
    const void* in[most_inputs] = {};
    DType result = DType::bool_;
    std::int64_t count = 0;
    Scalar values[most_inputs];  ///< single elements, which `in` may name

    Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // False where an operand has another shape.
    bool prepare(Op op, std::span<const Input> inputs, const View& shape_giver) {
        const OpRow& r = row(op);
        count = shape_giver.count();
        bool selects = r.result == Result::select;
        DType compute = compute_dtype(op, common_dtype(selects ? inputs.subspan(1) : inputs));
        unsigned scalars = 0;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            DType wanted = selects && i == 0 ? DType::bool_ : compute;
            if (const auto* scalar = std::get_if<Scalar>(&inputs[i])) {
                values[i] = checked_scalar(r.name.data(), *scalar, wanted);
            } else {
                const Array& x = *std::get<const Array*>(inputs[i]);
                if (x.view.shape == shape_giver.shape) {
                    in[i] = dense(x, wanted, static_cast<int>(i), count);
                    continue;
                }
                if (x.view.count() != 1) return false;
                values[i] = Scalar::read(x.dtype(), data_of(x)).as_dtype(wanted);
            }
            in[i] = values[i].bytes;
            scalars |= 1u << i;
        }
        loop = kernels::elementwise(op, compute, scalars);
        if (!loop) {
            loop = kernels::elementwise(op, compute, 0);
            for (int i = 0; i < most_inputs; ++i)
                if (scalars >> i & 1) {
                    kernels::copies(itemsize(values[i].dtype))
                        .fill(scratch().operand[i], values[i].bytes, count);
                    in[i] = scratch().operand[i];
                }
        }
        result = result_dtype(op, compute);
        return true;
    }

    // Whether it reads memory from `out` on otherwise than element by element as it is written.
    bool reads_beyond(const char* out) const {
        std::int64_t bytes = count * widest_element;
        for (const void* operand : in) {
            const auto* first = static_cast<const char*>(operand);
            if (first && first != out && first < out + bytes && out < first + bytes) return true;
        }
        return false;
    }
};

std::optional<Array> compute(Op op, std::span<const Input> inputs, const Array* shape_giver) {
    Loop work;
    if (!work.prepare(op, inputs, shape_giver->view)) return std::nullopt;
    Array result = new_array(work.result, shape_giver->view.shape);
    work.loop(result.node->bytes(), work.in, work.count);
    result.value = result.view.shape.empty();
    return result;
}

const Array* full_array(const Input& input, const Dims& shape) {
    const auto* x = std::get_if<const Array*>(&input);
    return x && (*x)->view.shape == shape ? *x : nullptr;
}

// The order of the result's memory; nothing if it is C's.
std::optional<Dims> order_of(std::span<const Input> inputs, const Dims& shape) {
    const View* views[most_inputs];
    std::size_t count = 0;
    bool dense = true;
    for (const Input& input : inputs)
        if (const Array* x = full_array(input, shape)) {
            views[count++] = &x->view;
            dense = dense && x->view.is_contiguous();
        }
    return dense ? std::nullopt : result_order(std::span(views, count));
}

std::optional<Array> compute_in_order(Op op, std::span<const Input> inputs, const Dims& shape,
                                      const Dims& order) {
    Array turned[most_inputs];
    Input given[most_inputs];
    const Array* shape_giver = nullptr;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        given[i] = inputs[i];
        if (const Array* x = full_array(inputs[i], shape)) {
            turned[i] = *x;
            turned[i].view = permuted(x->view, order);
            given[i] = shape_giver = &turned[i];
        }
    }
    std::optional<Array> result = compute(op, std::span(given, inputs.size()), shape_giver);
    if (result) result->view = permuted_back(result->view, order);
    return result;
}

}  // namespace

std::optional<Array> apply_small(Op op, std::span<const Input> inputs) {
    if (inputs.size() > most_inputs) return std::nullopt;
    if (ExactComparison::is_needed(op, inputs)) {
        ExactComparison comparison(op, inputs);
        return apply_small(comparison.op(), comparison.inputs());
    }
    const Array* shape_giver = widest(inputs);
    if (!shape_giver) return std::nullopt;
    if (shape_giver->dimensions() > 1)
        if (auto order = order_of(inputs, shape_giver->view.shape))
            return compute_in_order(op, inputs, shape_giver->view.shape, *order);
    return compute(op, inputs, shape_giver);
}

bool update_small(Op op, const Array& x, std::span<const Input> inputs) {
    std::int64_t count = x.view.count();
    if (!at_hand(x) || !x.node->free_to_write() || count == 0 || count > small_count) return false;
    for (const Input& input : inputs) {
        const Array* operand = given_array(input);
        if (operand && (!at_hand(*operand) || operand->dimensions() > x.dimensions())) return false;
    }
    Loop work;
    if (inputs.size() > most_inputs || !work.prepare(op, inputs, x.view)) return false;
    if (work.result != x.dtype()) return false;
    bool dense = x.view.is_contiguous();
    char* out = dense && !work.reads_beyond(data_of(x)) ? data_of(x) : scratch().strided;
    work.loop(out, work.in, count);
    if (!dense)
        Access(x.node->bytes(), x.view, x.dtype()).write(out, 0, count);
    else if (out != data_of(x))
        std::memcpy(data_of(x), out, static_cast<std::size_t>(count * itemsize(x.dtype())));
    return true;
}

bool assign_small(const char* function, const Array& target, const Input& value) {
    std::int64_t count = target.view.count(), size = itemsize(target.dtype());
    if (!at_hand(target) || count == 0 || count > small_count) return false;
    Scalar single;
    const void* elements = nullptr;
    if (const auto* given = std::get_if<const Array*>(&value)) {
        const Array& x = **given;
        bool narrows = is_complex(x.dtype()) && !is_complex(target.dtype());
        if (!at_hand(x) || narrows) return false;
        if (x.view.shape == target.view.shape && count > 1)
            elements = dense(x, target.dtype(), 0, count);
        else if (x.view.count() == 1 && x.dimensions() <= target.dimensions())
            single = Scalar::read(x.dtype(), data_of(x)).as_dtype(target.dtype());
        else
            return false;
    } else {
        const auto& scalar = std::get<Scalar>(value);
        if (is_complex(scalar.dtype) && !is_complex(target.dtype())) return false;
        single = checked_scalar(function, scalar, target.dtype());
    }
    // Its own memory, as the value's may be the target's.
    char* held = scratch().operand[1];
    if (elements)
        std::memcpy(held, elements, static_cast<std::size_t>(count * size));
    else
        kernels::copies(size).fill(held, single.bytes, count);
    before_write(*target.node);
    if (target.view.is_contiguous())
        std::memcpy(data_of(target), held, static_cast<std::size_t>(count * size));
    else
        Access(target.node->bytes(), target.view, target.dtype()).write(held, 0, count);
    return true;
}

std::optional<Array> reduce_small(Reduction reduction, const Array& given) {
    std::int64_t count = given.view.count();
    if (!at_hand(given) || count == 0 || count > small_count) return std::nullopt;
    bool positions = row(reduction).result == Result::index;
    auto order = positions ? std::nullopt : memory_order(given);
    Array x = order ? permute("reduce", given, *order) : given;
    DType compute = compute_dtype(reduction, x.dtype());
    const kernels::ReductionLoops& loops = kernels::reduction(reduction, compute);
    // The same grid and the same joining as in a step.
    constexpr std::int64_t most_blocks = small_count / 512;
    std::int64_t block = reduction_block(compute), blocks = (count + block - 1) / block;
    alignas(64) char states[most_blocks * 32];
    const auto* elements = static_cast<const char*>(dense(x, compute, 0, count));
    for (std::int64_t b = 0; b < blocks; ++b)
        loops.reduce_rows(states + b * loops.state_size, elements + b * block * itemsize(compute),
                          1, std::min(block, count - b * block), b * block);
    join_rows(loops, states, blocks, loops.state_size, 1);
    const char* state = states + (blocks - 1) * loops.state_size;

    Array result = new_array(result_dtype(reduction, compute), {});
    if (loops.finish)
        loops.finish(result.node->bytes(), state, 1);
    else
        std::memcpy(result.node->bytes(), state, static_cast<std::size_t>(loops.state_size));
    result.value = true;
    return result;
}

void refuse_negative_powers(std::span<const Input> inputs, const Array* where) {
    if (!is_integer(compute_dtype(Op::pow, common_dtype(inputs)))) return;
    const auto* given = std::get_if<const Array*>(&inputs[1]);
    Scalar least =
        given ? Scalar::of(false).as_dtype((*given)->dtype()) : std::get<Scalar>(inputs[1]);
    if (kind_of(least.dtype) != Kind::signed_integer) return;
    if (!given && least.as<std::int64_t>() >= 0) return;
    Dims shape = where ? where->shape() : Dims{};
    for (const Input& input : inputs)
        if (const auto* x = std::get_if<const Array*>(&input))
            shape = broadcast_shapes("pow", shape, (*x)->shape());
    if (element_count(shape) == 0) return;
    if (given || where) {
        Array exponents = given ? **given : constant({}, least, nullptr);
        const Input chosen[] = {where, &exponents, Scalar::of(false).as_dtype(least.dtype)};
        if (where) exponents = elementwise(Op::where, chosen);
        least = element("pow", deliver(reduce(Reduction::min, exponents, {})));
    }
    if (least.as<std::int64_t>() < 0)
        fail<ValueError>("pow: integers cannot be raised to the negative power ",
                         least.as<std::int64_t>(), "; convert them to a float dtype first");
}

Array apply_op(Op op, std::span<const Input> inputs, const Array* where) {
    if (op == Op::pow) refuse_negative_powers(inputs, where);
    if (std::optional<SimplePower> power = simple_power(op, inputs)) {
        Array base = std::move(power->base);
        bool made = !(base.node.ref() == std::get<const Array*>(inputs[0])->node.ref());
        if (made) base = deliver(std::move(base));
        base.value = base.dimensions() == 0;
        const Input operand[] = {&base};
        return power->op ? apply_op(*power->op, operand) : base;
    }
    if (std::optional<Array> result = apply_small(op, inputs)) return std::move(*result);
    check_replicated(row(op).name.data(), inputs);
    Array result = deliver(elementwise(op, inputs));
    result.value = result.dimensions() == 0;
    return result;
}

}  // namespace hpxpy
