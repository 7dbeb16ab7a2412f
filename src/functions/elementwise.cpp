// Elementwise functions whose rules are more than a row's.
// SPDX-License-Identifier: BSL-1.0
#include "functions/elementwise.hpp"

#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "functions/apply.hpp"
#include "functions/write.hpp"

namespace hpxpy {

Array apply_as(const char* function, Op op, std::span<const Input> given, DType dtype,
               const Array* where) {
    std::vector<Input> inputs(given.begin(), given.end());
    std::vector<Array> converted;
    converted.reserve(inputs.size());
    for (Input& input : inputs)
        if (const Array* x = given_array(input)) {
            check_same_kind(function, x->dtype(), dtype);
            converted.push_back(convert(*x, dtype));
            input = &converted.back();
        }
    Array result = apply_op(op, inputs, where);
    if (row(op).result == Result::same && result.dtype() != dtype)
        fail<TypeError>(function, ": dtype ", name_of(dtype),
                        " cannot hold its results, which are ", name_of(result.dtype()),
                        "; choose that or leave dtype out");
    return result;
}

bool sets_no_limit(DType dtype, const Scalar& limit, bool lower) {
    bool below = limit.as<double>() < 0;
    return is_integer(dtype) && below == lower &&
           (is_floating(limit.dtype) || !holds(dtype, limit));
}

Array clip(const Array& x, const Input* low, const Input* high) {
    if (!low && !high) return copy(x);
    if (low && high) {
        const Input inputs[] = {&x, *low, *high};
        return apply_op(Op::clip, inputs);
    }
    const Input inputs[] = {&x, low ? *low : *high};
    return apply_op(low ? Op::maximum : Op::minimum, inputs);
}

Array round_to(const Array& x, std::int64_t decimals) {
    bool whole = !is_floating(x.dtype()) && !is_complex(x.dtype());
    // Whole numbers have no digits after the point, and stay whole numbers.
    if (decimals == 0 || (whole && decimals > 0)) {
        const Input inputs[] = {&x};
        return apply_op(Op::round, inputs);
    }
    double scale = std::pow(10.0, static_cast<double>(std::abs(decimals)));
    const Input inputs[] = {&x, Scalar::of(decimals > 0 ? scale : -scale)};
    Array rounded = apply_op(Op::_round_to, inputs);
    return whole ? deliver(convert(rounded, x.dtype())) : rounded;
}

Array choose(const Input& condition, const Input& x1, const Input& x2) {
    Input inputs[] = {condition, x1, x2};
    Array made;
    if (const auto* scalar = std::get_if<Scalar>(&condition)) {
        made = constant({}, scalar->as_dtype(DType::bool_), nullptr);
        inputs[0] = &made;
    }
    DType common = common_dtype(std::span(inputs).subspan(1));
    for (Input& input : std::span(inputs).subspan(1))
        if (auto* scalar = std::get_if<Scalar>(&input); scalar && is_integer(common))
            *scalar = scalar->as_dtype(common);
    return apply_op(Op::where, inputs);
}

}  // namespace hpxpy
