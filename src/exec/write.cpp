// Writes: assignment through views and in-place operators, done at the call with their right side
// fused in.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "base/error.hpp"
#include "exec/evaluate.hpp"
#include "exec/exchange.hpp"

namespace hpxpy {

namespace {

bool may_overlap(const View& a, const View& b) {
    Extent x = extent(a), y = extent(b);
    return x.first < y.last && y.first < x.last;
}

// Whether the plan's writing step reads the target's memory through another view than it writes.
bool reads_elsewhere(const Plan& plan, const Array& target) {
    for (const Step& step : plan.steps)
        for (const Load& load : step.loads)
            if (load.node == target.node.ref() && load.view != target.view &&
                may_overlap(load.view, target.view))
                return true;
    return false;
}

void write(const Array& target, const Array& value) {
    Plan plan = make_assignment(target, value);
    if (reads_elsewhere(plan, target)) {
        Array temporary = copy(value);
        plan = make_assignment(target, temporary);
    }
    run_plan(plan);
}

}  // namespace

namespace {

// Of a temporary nobody asks for the old value, so its expression is fused into the write even where
// it reads the memory written; `handles` is how many arrays the caller holds it by.
void assign_array(const char* function, const Array& target, Array source, int handles) {
    if (is_complex(source.dtype()) && !is_complex(target.dtype()))
        fail<TypeError>(function, ": ", name_of(source.dtype()), " values do not fit into a ",
                        name_of(target.dtype()), " array; assign their real part");
    source = conform(function, source, target.shape(), target.map());
    start_recorded();
    evaluate(target);
    bool temporary = source.node->handles <= handles + 1;
    const Node* own = temporary ? source.node.ref().get() : nullptr;
    before_write(*target.node, own);
    write(target, source);
}

}  // namespace

void assign(const char* function, const Array& target, const Input& value, bool temporary) {
    if (!target.writeable)
        fail<ValueError>(function, ": this array is read-only; copy() gives one that is not");
    if (const auto* x = std::get_if<const Array*>(&value)) {
        assign_array(function, target, **x, temporary ? 1 : 0);
        return;
    }
    const Scalar& scalar = std::get<Scalar>(value);
    if (is_complex(scalar.dtype) && !is_complex(target.dtype()))
        fail<TypeError>(function, ": a complex number does not fit into a ",
                        name_of(target.dtype()), " array; assign its real part");
    assign_array(function, target,
                 constant({}, checked_scalar(function, scalar, target.dtype()), nullptr), 0);
}

Array assign_op(Op op, const Array& x, const Input& value) {
    const Input inputs[] = {&x, value};
    if (x.value) return deliver(elementwise(op, inputs));
    const char* name = row(op).name.data();
    if (!x.writeable)
        fail<ValueError>(name, ": this array is read-only; copy() gives one that is not");
    Array result = elementwise(op, inputs);
    if (result.shape() != x.shape())
        fail<ValueError>(name, ": the result has shape ", to_string(result.shape()),
                         ", which does not fit in place into shape ", to_string(x.shape()));
    bool same_kind = kind_of(result.dtype()) <= kind_of(x.dtype()) &&
                     !(kind_of(result.dtype()) == Kind::signed_integer &&
                       kind_of(x.dtype()) == Kind::unsigned_integer);
    bool signed_from_unsigned = kind_of(result.dtype()) == Kind::unsigned_integer &&
                                kind_of(x.dtype()) == Kind::signed_integer;
    if (!same_kind && !signed_from_unsigned)
        fail<TypeError>(name, ": a result of ", name_of(result.dtype()),
                        " cannot be stored in place into ", name_of(x.dtype()),
                        "; write x = x op y, or convert with astype");
    assign_array(name, x, std::move(result), 0);
    return x;
}

}  // namespace hpxpy
