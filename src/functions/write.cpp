// Writes: assignment through views and in-place operators, done at the call with their right side
// fused in.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "base/error.hpp"
#include "exchanges/check.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "functions/apply.hpp"
#include "functions/write.hpp"
#include "plan/step.hpp"
#include "runtime/lock.hpp"

namespace hpxpy {

namespace {

struct Addresses {
    const char* first;
    const char* last;
};

Addresses addresses(const Node& node, const View& view) {
    Extent reach = extent(view);
    std::int64_t size = itemsize(node.dtype);
    return {node.bytes() + reach.first * size, node.bytes() + reach.last * size};
}

// Whether the plan's last step, which writes, reads the target's memory otherwise than element by
// element as it is written. Two nodes may name the same memory where it was imported.
bool reads_elsewhere(const Plan& plan, const Array& target) {
    Addresses written = addresses(*target.node, target.view);
    const Step& step = plan.steps.back();
    auto writes = [&](const Store& store) { return store.node == target.node.ref(); };
    const View& view = std::find_if(step.stores.begin(), step.stores.end(), writes)->view;
    auto overlaps = [&](const Node& node, const View& read_view) {
        Addresses read = addresses(node, read_view);
        return read.first < written.last && written.first < read.last;
    };
    for (const Load& load : step.loads) {
        for (const Portion& portion : load.node->portions())
            if (overlaps(*portion.memory.node, portion.memory.view)) return true;
        if (!load.node->buffer) continue;
        if (load.node == target.node.ref()) {
            if (load.view != view && may_overlap(load.view, view)) return true;
            continue;
        }
        if (overlaps(*load.node, load.view)) return true;
    }
    return false;
}

void write(const Array& target, Array value, bool temporary,
           std::span<const Node* const> spared = {}) {
    evaluate(target);
    Plan plan;
    auto make = [&] {
        evaluate_readers(*target.node, spared);
        plan = {};
        plan = make_assignment(target, value, temporary);
    };
    make();
    // What is sent from the target goes on while the value is computed.
    Array computed;
    if (reads_elsewhere(plan, target)) {
        // Its node, which `spared` may name, stays until all is written.
        computed = copy(value);
        std::swap(value, computed);
        temporary = true;
        make();
    }
    // Others may read the target while something is waited for, and what is begun is written whole.
    std::exception_ptr raised;
    for (bool done = false; !done;) {
        std::uint64_t entries = expression_lock().entries();
        await_senders(*target.node);
        done = expression_lock().entries() == entries && run_plan(plan, true, &raised);
        if (!done) make();
    }
    if (raised) std::rethrow_exception(raised);
}

}  // namespace

namespace {

// Of a temporary nobody asks for the old value, so its expression is fused into the write even where
// it reads the memory written; `handles` is how many arrays the caller holds it by. `operand`, if
// given, is another such temporary, which `source` is made of.
void assign_array(const char* function, const Array& target, Array source, int handles,
                  const Node* operand = nullptr) {
    if (is_complex(source.dtype()) && !is_complex(target.dtype()))
        fail<TypeError>(function, ": ", name_of(source.dtype()), " values do not fit into a ",
                        name_of(target.dtype()), " array; assign their real part");
    const Input meeting[] = {&target, &source};
    check_replicated(function, meeting);
    source = conform(function, source, target.shape(), target.map());
    start_recorded();
    bool temporary = source.node->handles <= handles + 1;
    const Node* spared[] = {temporary ? source.node.ref().get() : nullptr, operand};
    write(target, std::move(source), temporary, spared);
}

}  // namespace

void assign(const char* function, const Array& target, const Input& value, bool temporary) {
    if (!target.writeable)
        fail<ValueError>(function, ": this array is read-only; copy() gives one that is not");
    const Array* given = given_array(value);
    if (assign_small(function, target, value)) {
        // All is done.
    } else if (given) {
        assign_array(function, target, *given, temporary ? 1 : 0);
    } else {
        Scalar element = checked_scalar(function, std::get<Scalar>(value), target.dtype());
        assign_array(function, target, constant({}, element, nullptr), 0);
    }
    write_through(target);
}

void assign_where(const char* function, const Array& target, const Array& mask,
                  const Array& value) {
    if (!target.writeable)
        fail<ValueError>(function, ": this array is read-only; copy() gives one that is not");
    const Input chosen[] = {&mask, &value, &target};
    // The old value is nobody's, so all is one pass.
    assign_array(function, target, elementwise(Op::where, chosen), 0);
    if (std::optional<Array> marks = marks_for(target)) {
        assign(function, *marks, Input(&mask));
        write_through(target, &*marks);
    }
}

namespace {

// The real or the imaginary parts of stored complex elements, as an array that shows their memory.
Array part_of(const Array& x, bool imaginary) {
    Ref<Node> node(new Node);
    node->dtype = real_dtype(x.dtype());
    node->shape = Dims{2 * x.node->count()};
    node->buffer = x.node->buffer;
    Array part{Handle(std::move(node)), x.view, x.place};
    part.view.offset = 2 * x.view.offset + (imaginary ? 1 : 0);
    for (std::int64_t& stride : part.view.strides) stride *= 2;
    return part;
}

}  // namespace

void assign_part(const char* function, const Array& target, const Input& value, bool imaginary) {
    if (!target.writeable)
        fail<ValueError>(function, ": this array is read-only; copy() gives one that is not");
    DType dtype = real_dtype(target.dtype());
    const auto* scalar = std::get_if<Scalar>(&value);
    DType given = scalar ? scalar->dtype : std::get<const Array*>(value)->dtype();
    if (is_complex(given))
        fail<TypeError>(function,
                        ": complex values do not fit into one part of complex elements; "
                        "assign their real part");
    Array source = scalar ? constant({}, checked_scalar(function, *scalar, dtype), nullptr)
                          : *std::get<const Array*>(value);
    source = conform(function, source, target.shape(), target.map());
    start_recorded();
    await_arrivals(std::span(&source.node.ref(), 1));
    evaluate(target);
    before_write(*target.node);
    write(part_of(target, imaginary), std::move(source), false);
    write_through(target);
}

namespace {

// Slices of a whole dense array that choose what `view` names of it; nothing where the view is no such part.
std::optional<std::vector<IndexItem>> slices_of(const View& view, const View& whole) {
    std::vector<IndexItem> slices;
    std::int64_t offset = view.offset - whole.offset;
    std::vector<bool> named(view.shape.size());
    std::int64_t least = offset;
    for (int d = 0; d < view.dimensions(); ++d)
        if (view.strides[d] < 0) least += (view.shape[d] - 1) * view.strides[d];
    for (int axis = 0; axis < whole.dimensions(); ++axis) {
        std::int64_t stride = whole.strides[axis], length = whole.shape[axis];
        std::int64_t beyond = stride * length;
        if (length == 1) {
            slices.emplace_back(Slice{0, 1, 1});
            continue;
        }
        if (stride <= 0) return std::nullopt;
        std::int64_t first = least / stride, count = 1, step = 1;
        least %= stride;
        for (int d = 0; d < view.dimensions(); ++d) {
            std::int64_t far = std::abs(view.strides[d]);
            if (named[static_cast<std::size_t>(d)] || view.shape[d] == 1) continue;
            if (far < stride || far >= beyond || far % stride != 0) continue;
            if (count > 1) return std::nullopt;
            named[static_cast<std::size_t>(d)] = true;
            count = view.shape[d];
            step = far / stride;
        }
        if (first + (count - 1) * step >= length) return std::nullopt;
        slices.emplace_back(Slice{first, first + (count - 1) * step + 1, step});
    }
    for (int d = 0; d < view.dimensions(); ++d)
        if (!named[static_cast<std::size_t>(d)] && view.shape[d] != 1) return std::nullopt;
    return slices;
}

}  // namespace

void show_in(const Array& copy, const Array& elements, std::vector<int> axes) {
    if (!copy.node->pending() || copy.node.ref() == elements.node.ref() || !elements.writeable)
        return;
    set_origin(*copy.node, {{elements.node.ref(), elements.view},
                            elements.place,
                            copy.view,
                            copy.place,
                            std::move(axes)});
}

std::optional<Array> marks_for(const Array& x) {
    if (!x.node->origin()) return std::nullopt;
    Array marks = new_array(DType::bool_, x.node->shape);
    std::memset(marks.node->bytes(), 0, static_cast<std::size_t>(marks.view.count()));
    marks.view = x.view;
    marks.place = x.place;
    return marks;
}

void write_through(const Array& x, const Array* marks) {
    const Origin* origin = x.node->origin();
    if (!origin || element_count(x.shape()) == 0) return;
    // Of an array that nobody names any more, nobody would see it, but where it is a row itself.
    const Node& base = *origin->elements.node;
    if (base.handles == 0 && !base.origin()) return;
    Array elements{Handle(origin->elements.node), origin->elements.view, origin->place};
    auto rows_of = [&](const Handle& node) {
        Array row{node, origin->row, origin->row_place};
        for (int axis : origin->axes) row = expand_dims("assign", row, axis);
        return row;
    };
    Array row = rows_of(x.node);
    // Only what was written: another copy, or the array itself, may have got other values since.
    auto slices = marks || row.distributed() ? std::nullopt : slices_of(x.view, row.view);
    if (slices) {
        row = index(row, *slices);
        elements = index(elements, *slices, true);
        assign("assign", elements, Input(&row));
        return;
    }
    std::optional<Array> own;
    if (!marks) {
        own = marks_for(x);
        const Scalar yes = Scalar::of(true);
        assign("assign", *own, Input(yes));
        marks = &*own;
    }
    Array marked = rows_of(marks->node);
    if (row.distributed() && !origin->axes.empty()) {
        // The owners of the row hold what they have of the copy; the others nothing.
        if (elements.view.count() == 0) return;
        elements.place = row.place = marked.place = nullptr;
    }
    assign_where("assign", elements, marked, row);
}

Array complex_of(const char* function, const Array& real, const Array& imaginary) {
    DType dtype = promote(real.dtype(), imaginary.dtype());
    Array result = new_array(promote(dtype, DType::complex64), real.view.shape, real.place);
    assign_part(function, result, Input(&real), false);
    assign_part(function, result, Input(&imaginary), true);
    return result;
}

void check_same_kind(const char* function, DType from, DType to) {
    Kind result = kind_of(from), target = kind_of(to);
    bool signed_into_unsigned = result == Kind::signed_integer && target == Kind::unsigned_integer;
    bool unsigned_into_signed = result == Kind::unsigned_integer && target == Kind::signed_integer;
    if ((result > target && !unsigned_into_signed) || signed_into_unsigned)
        fail<TypeError>(function, ": a result of ", name_of(from),
                        " cannot be stored in place into ", name_of(to),
                        "; convert it with astype first");
}

Array assign_op(Op op, const Array& x, const Input& value, bool temporary) {
    const Input inputs[] = {&x, value};
    if (x.value) return apply_op(op, inputs);
    const char* name = row(op).name.data();
    if (!x.writeable)
        fail<ValueError>(name, ": this array is read-only; copy() gives one that is not");
    if (op == Op::pow) refuse_negative_powers(inputs);
    std::optional<SimplePower> power = simple_power(op, inputs);
    const Input base[] = {power ? &power->base : &x};
    if (power ? power->op && update_small(*power->op, x, base) : update_small(op, x, inputs))
        return x;
    Array result = !power      ? elementwise(op, inputs)
                   : power->op ? elementwise(*power->op, base)
                               : power->base;
    power.reset();
    if (result.shape() != x.shape())
        fail<ValueError>(name, ": the result has shape ", to_string(result.shape()),
                         ", which does not fit in place into shape ", to_string(x.shape()));
    check_same_kind(name, result.dtype(), x.dtype());
    const auto* given = std::get_if<const Array*>(&value);
    bool alone = temporary && given && (*given)->node->handles == 1;
    assign_array(name, x, std::move(result), 0, alone ? (*given)->node.ref().get() : nullptr);
    write_through(x);
    return x;
}

}  // namespace hpxpy
