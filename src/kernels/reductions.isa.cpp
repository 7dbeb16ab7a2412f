// Reductions whose state is the element itself, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/reductions.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

/// Whether compute_dtype of the reduction can be `dtype`.
constexpr bool takes(const ReductionRow& row, DType dtype) {
    if (row.result == Result::boolean) return dtype == DType::bool_;
    if (row.result == Result::widen)
        return dtype == DType::int64 || dtype == DType::uint64 || is_floating(dtype) ||
               hpxpy::is_complex(dtype);
    if (row.accepts == Accepts::bits) return dtype == DType::bool_ || is_integer(dtype);
    return true;
}

template <class F, class T>
constexpr ReductionLoops loops_of = {sizeof(T), reduce_rows<F, T>, accumulate_rows<F, T>,
                                     join_states<F, T>, nullptr};

template <class F, Reduction reduction, DType dtype, class Element>
void fill_dtype(Table& table) {
    if constexpr (takes(row(reduction), dtype)) {
        using T = typename LoopType<F, Stored<Element>>::type;
        table.reductions[static_cast<int>(reduction)][static_cast<int>(dtype)] = loops_of<F, T>;
    }
}

template <class F, Reduction reduction>
void fill_row(Table& table) {
    if constexpr (row(reduction).result != Result::index &&
                  row(reduction).result != Result::moments) {
#define HPXPY_DTYPE(name, type, kind, letter) fill_dtype<F, reduction, DType::name, type>(table);
#include "base/dtype.def"
#undef HPXPY_DTYPE
    }
}

}  // namespace

void fill_reductions(Table& table) {
#define HPXPY_REDUCTION(name, joining, ...) fill_row<functors::joining, Reduction::name>(table);
#include "ops/table.def"
}

}  // namespace hpxpy::kernels::HPXPY_ISA
