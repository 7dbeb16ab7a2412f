// Conversions between element types, and counting, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "base/cast.hpp"
#include "kernels/scalar.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

template <class To, class From>
HPXPY_INLINE To converted(From x) {
    if constexpr (is_complex<From> && is_complex<To>)
        return {static_cast<Real<To>>(x.re), static_cast<Real<To>>(x.im)};
    else if constexpr (is_complex<From> && is_bool<To>)
        return truth(x);
    else if constexpr (is_complex<From>)
        return cast<To>(x.re);
    else if constexpr (is_complex<To>)
        return {static_cast<Real<To>>(x), 0};
    else
        return cast<To>(x);
}

// flatten: base/cast.hpp is shared inline code, and no copy of it may leave this file.
template <class From, class To>
[[gnu::flatten]] void convert_loop(void* out, const void* const* in, std::int64_t n) {
    // Loops that read bool itself are not vectorised.
    using Read = std::conditional_t<is_bool<From>, std::uint8_t, From>;
    const Read* a = static_cast<const Read*>(in[0]);
    To* result = static_cast<To*>(out);
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) {
        if constexpr (is_bool<From>)
            result[i] = a[i] != 0 ? converted<To>(std::uint8_t(1)) : converted<To>(std::uint8_t(0));
        else
            result[i] = converted<To>(a[i]);
    }
}

template <class T>
void count_up_loop(void* out, std::int64_t first, std::int64_t n) {
    T* result = static_cast<T*>(out);
    for (std::int64_t i = 0; i < n; ++i)
        result[i] =
            static_cast<T>(static_cast<std::int64_t>(std::uint64_t(first) + std::uint64_t(i)));
}

template <class From, class To>
void fill_pair(Table& table) {
    if constexpr (!std::is_same_v<From, To>)
        table.convert[static_cast<int>(dtype_of<From>)][static_cast<int>(dtype_of<To>)] =
            convert_loop<Stored<From>, Stored<To>>;
}

template <class From>
void fill_from(Table& table) {
#define HPXPY_DTYPE(name, type, kind, letter) fill_pair<From, type>(table);
#include "base/dtype.def"
#undef HPXPY_DTYPE
}

}  // namespace

void fill_conversions(Table& table) {
#define HPXPY_DTYPE(name, type, kind, letter) fill_from<type>(table);
#include "base/dtype.def"
#undef HPXPY_DTYPE
    table.count_up_int64 = count_up_loop<std::int64_t>;
    table.count_up_float64 = count_up_loop<double>;
}

}  // namespace hpxpy::kernels::HPXPY_ISA
