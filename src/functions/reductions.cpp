// Reductions with what NumPy lets them take beside axes.
// SPDX-License-Identifier: BSL-1.0
#include "functions/reductions.hpp"

#include "base/error.hpp"
#include "exec/evaluate.hpp"

namespace hpxpy {

namespace {

// As NumPy has it, what holds positions is what fits into int64.
void check_holds_positions(const char* name, DType out) {
    if (promote(out, DType::int64) != DType::int64)
        fail<TypeError>(name, ": positions are not stored into ", name_of(out),
                        "; give an array of int64 as out=");
}

// Elements that are left out count as `initial`, or as the reduction's identity.
Array masked(Reduction reduction, const Array& x, const Array& where,
             const std::optional<Scalar>& initial) {
    bool chooses = row(reduction).identity == Identity::none;
    if (chooses && !initial)
        fail<ValueError>(row(reduction).name,
                         ": where= needs initial=, as there is no element to begin with");
    DType compute = compute_dtype(reduction, x.dtype());
    Array source = convert(x, compute);
    Array filler = constant({}, chooses ? *initial : neutral_element(reduction, compute), nullptr);
    const Input inputs[] = {&where, &source, &filler};
    return elementwise(Op::where, inputs);
}

}  // namespace

DType reduced_dtype(Reduction reduction, DType dtype, const ReduceOptions& options) {
    Result result = row(reduction).result;
    if (options.dtype) return *options.dtype;
    if (options.out && result == Result::widen) return promote(*options.out, dtype);
    if (options.out && result == Result::same) dtype = promote(*options.out, dtype);
    return result_dtype(reduction, compute_dtype(reduction, dtype));
}

Array reduce_where(Reduction reduction, const Array& given, const ReduceOptions& options,
                   const Array* where, const std::optional<Scalar>& initial) {
    const ReductionRow& r = row(reduction);
    ReduceOptions inner{options.axes, options.keepdims, options.dtype};
    Array x = given;
    if (options.out) {
        if (r.result == Result::index) check_holds_positions(r.name.data(), *options.out);
        if (r.result == Result::same) x = convert(x, promote(*options.out, x.dtype()));
        if (r.result == Result::widen) inner.dtype = reduced_dtype(reduction, x.dtype(), options);
    }
    if (where) x = masked(reduction, x, *where, initial);
    if (!initial) return reduce(reduction, x, inner);
    if (r.identity == Identity::none && element_count(x.shape()) == 0) {
        // Nothing but the initial value is chosen from.
        Array shaped = reduce(Reduction::sum, x, inner);
        return constant(shaped.shape(), *initial, shaped.place);
    }
    Array result = reduce(reduction, x, inner);
    const Input joined[] = {&result, *initial};
    return elementwise(r.joining, joined);
}

namespace {

// The variance around means that are known.
Array variance_around(const char* function, const Array& given, const Array& means,
                      const Array* where, const ReduceOptions& options, double correction) {
    DType own = given.dtype();
    bool whole = own == DType::bool_ || is_integer(own);
    Array x = convert(given, options.dtype.value_or(whole ? DType::float64 : own));
    Array center = convert(means, x.dtype());
    const Input pair[] = {&x, &center};
    Array distance = elementwise(Op::subtract, pair);
    if (distance.shape() != x.shape())
        fail<ValueError>(function, ": mean= has shape ", to_string(means.shape()),
                         ", which does not broadcast to the array's shape ", to_string(x.shape()));
    const Input single[] = {&distance};
    if (is_complex(x.dtype())) distance = elementwise(Op::abs, single);
    Array squares = elementwise(Op::square, single);
    // The mean of the squares has another divisor: the number of elements.
    Array chosen = where ? *where : constant({}, Scalar::of(true), nullptr);
    ReduceOptions inner{options.axes, options.keepdims, {}}, counted = inner;
    counted.dtype = DType::float64;
    Array average = mean_where(squares, chosen, inner);
    Array count = reduce(Reduction::sum, broadcast_to(chosen, x.shape()), counted);
    const Input fewer[] = {&count, Scalar::of(correction)};
    Array left = elementwise(Op::subtract, fewer);
    const Input bounded[] = {&left, Scalar::of(0.0)};
    left = elementwise(Op::maximum, bounded);
    const Input share[] = {&count, &left};
    Array factor = elementwise(Op::divide, share);
    const Input product[] = {&average, &factor};
    return convert(elementwise(Op::multiply, product), average.dtype());
}

}  // namespace

Array var(const char* function, const Array& x, const ReduceOptions& options, double correction,
          const Array* where, const Array* means) {
    if (means) return variance_around(function, x, *means, where, options, correction);
    return where ? variance_where(x, *where, options, correction)
                 : variance(x, options, correction);
}

Array standard_deviation(const char* function, const Array& x, const ReduceOptions& options,
                         double correction, const Array* where, const Array* means) {
    Array squares = var(function, x, options, correction, where, means);
    const Input inputs[] = {&squares};
    return elementwise(Op::sqrt, inputs);
}

}  // namespace hpxpy
