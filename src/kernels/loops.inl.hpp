// The plain loops around functors, and the expansion of ops/table.def into a Table: each *.isa.cpp of
// elementwise operations fills one group of rows.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "kernels/elementwise.inl.hpp"
#include "kernels/functions.inl.hpp"
#include "kernels/mathematics.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

// `out` may be an input: element i is read before it is written, and no other element meets it. So the
// loops are free of dependences, which is what ivdep says.

template <class F, class T, class Out>
void unary_loop(void* out, const void* const* in, std::int64_t n) {
    // Compilers do not vectorise the opposite of a bool, but that of a byte.
    using Read = std::conditional_t<is_bool<T>, std::uint8_t, T>;
    const Read* a = static_cast<const Read*>(in[0]);
    Out* result = static_cast<Out*>(out);
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) {
        if constexpr (is_bool<T>)
            result[i] = F{}(a[i] != 0);
        else
            result[i] = F{}(a[i]);
    }
}

template <class F, class T, class Out, unsigned scalars>
void binary_loop(void* out, const void* const* in, std::int64_t n) {
    const T* a = static_cast<const T*>(in[0]);
    const T* b = static_cast<const T*>(in[1]);
    Out* result = static_cast<Out*>(out);
    if (n <= 0) return;
    const T first_a = a[0], first_b = b[0];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i)
        result[i] = F{}(scalars & 1 ? first_a : a[i], scalars & 2 ? first_b : b[i]);
}

// One whole exponent for all: products and squares of some lines at a time, in vectors.
template <class T>
void whole_power_loop(void* out, const void* const* in, std::int64_t n) {
    constexpr std::int64_t chunk = 512;
    using U = std::make_unsigned_t<T>;
    const T* a = static_cast<const T*>(in[0]);
    T* result = static_cast<T*>(out);
    if (n <= 0) return;
    const U exponent = static_cast<U>(*static_cast<const T*>(in[1]));
    U power[chunk], square[chunk];
    for (std::int64_t first = 0; first < n; first += chunk) {
        const std::int64_t count = n - first < chunk ? n - first : chunk;
        for (std::int64_t i = 0; i < count; ++i) {
            power[i] = 1;
            square[i] = static_cast<U>(a[first + i]);
        }
        for (U left = exponent; left != 0; left = static_cast<U>(left >> 1)) {
            if (left & 1)
                for (std::int64_t i = 0; i < count; ++i)
                    power[i] = functors::multiply{}(power[i], square[i]);
            if (left > 1)
                for (std::int64_t i = 0; i < count; ++i)
                    square[i] = functors::multiply{}(square[i], square[i]);
        }
        for (std::int64_t i = 0; i < count; ++i) result[first + i] = static_cast<T>(power[i]);
    }
}

template <class F, class T>
concept WithUsual = F::template has_usual<T>;

// Of functors that say which operands are usual: those are computed without a branch, wherever a few lines
// have no others.
template <class F, class T, unsigned scalars>
void usual_loop(void* out, const void* const* in, std::int64_t n) {
    constexpr std::int64_t chunk = 256;
    const T* a = static_cast<const T*>(in[0]);
    const T* b = static_cast<const T*>(in[1]);
    T* result = static_cast<T*>(out);
    if (n <= 0) return;
    const T first_a = a[0], first_b = b[0];
    for (std::int64_t first = 0; first < n; first += chunk) {
        std::int64_t last = n - first < chunk ? n : first + chunk;
        Bits<sizeof(T)> unusual = 0;
        for (std::int64_t i = first; i < last; ++i)
            unusual |= F::is_usual(scalars & 1 ? first_a : a[i], scalars & 2 ? first_b : b[i])
                           ? Bits<sizeof(T)>(0)
                           : Bits<sizeof(T)>(1);
        if (unusual) {
            for (std::int64_t i = first; i < last; ++i)
                result[i] = F{}(scalars & 1 ? first_a : a[i], scalars & 2 ? first_b : b[i]);
            continue;
        }
#pragma GCC ivdep
        for (std::int64_t i = first; i < last; ++i)
            result[i] = F::usual(scalars & 1 ? first_a : a[i], scalars & 2 ? first_b : b[i]);
    }
}

template <class F, class First, class T, unsigned scalars>
void ternary_loop(void* out, const void* const* in, std::int64_t n) {
    const First* a = static_cast<const First*>(in[0]);
    const T* b = static_cast<const T*>(in[1]);
    const T* c = static_cast<const T*>(in[2]);
    T* result = static_cast<T*>(out);
    if (n <= 0) return;
    const First first_a = a[0];
    const T first_b = b[0], first_c = c[0];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i)
        result[i] = F{}(scalars & 1 ? first_a : a[i], scalars & 2 ? first_b : b[i],
                        scalars & 4 ? first_c : c[i]);
}

// The loop of `where`. Where the result's memory is the last operand's, groups without a true condition are
// neither read nor written.
template <class F, class T, unsigned scalars>
void where_loop(void* out, const void* const* in, std::int64_t n) {
    constexpr std::int64_t group = 64;
    const auto* conditions = static_cast<const std::uint8_t*>(in[0]);
    T* result = static_cast<T*>(out);
    if (scalars & 4 || out != in[2]) return ternary_loop<F, std::uint8_t, T, scalars>(out, in, n);
    for (std::int64_t first = 0; first < n; first += group) {
        std::int64_t count = n - first < group ? n - first : group;
        std::uint8_t any = 0;
        for (std::int64_t i = first; i < first + count; ++i) any |= conditions[i];
        if (!any) continue;
        const void* part[3] = {conditions + first,
                               static_cast<const T*>(in[1]) + (scalars & 2 ? 0 : first),
                               result + first};
        ternary_loop<F, std::uint8_t, T, scalars>(result + first, part, count);
    }
}

// into = F(left, into), by the elementwise loop.
template <Block loop>
void join_loop(const void* left, void* into, std::int64_t items) {
    const void* in[2] = {left, into};
    loop(into, in, items);
}

// Logical joining keeps the dtype, where the elementwise operation gives booleans.
template <class F>
struct KeepingType {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        return from_truth<T>(F{}(a, b));
    }
};

enum class Group { arithmetic, comparisons, unary, functions, ternary };

constexpr Group group_of(const OpRow& row) {
    bool of_floats = row.accepts == Accepts::floating || row.accepts == Accepts::real_floating ||
                     row.accepts == Accepts::wide;
    if (row.arity == 3) return Group::ternary;
    if (of_floats) return Group::functions;
    if (row.arity == 1) return Group::unary;
    return row.result == Result::boolean ? Group::comparisons : Group::arithmetic;
}

/// Whether compute_dtype of the operation can be `dtype`.
constexpr bool takes(Op op, DType dtype) {
    Kind kind = kind_of(dtype);
    bool boolean = kind == Kind::boolean, complex = kind == Kind::complex_floating;
    bool floating = complex || kind == Kind::real_floating;
    if (row(op).is_pair) return kind == Kind::real_floating;
    switch (row(op).accepts) {
        case Accepts::any:
        case Accepts::logical:
            return true;
        case Accepts::real:
            return !complex;
        case Accepts::number:
        case Accepts::number_of_bool:
            return !boolean;
        case Accepts::real_of_bool:
            return !boolean && !complex;
        case Accepts::integer_of_bool:
            return !boolean && !floating;
        case Accepts::bits:
            return !floating;
        case Accepts::floating:
        case Accepts::divisible:
            return floating;
        case Accepts::real_floating:
            return kind == Kind::real_floating;
        case Accepts::wide:
            return dtype == DType::float64 || dtype == DType::complex128;
        case Accepts::mixed:
            return dtype == DType::uint64;
    }
    return false;
}

template <Op op, class T>
using OutputOf = std::conditional_t<row(op).result == Result::boolean, bool,
                                    std::conditional_t<row(op).result == Result::real, Real<T>, T>>;

template <class F, Op op, class T>
void fill_unary_loops(Block* blocks) {
    blocks[0] = vector_unary<F, T>();
    if (!blocks[0]) blocks[0] = unary_loop<F, T, OutputOf<op, T>>;
}

template <class F, Op op, class T>
void fill_binary_loops(Block* blocks) {
    using Out = OutputOf<op, T>;
    blocks[0] = vector_binary<F, T, 0>();
    if (blocks[0]) {
        blocks[1] = vector_binary<F, T, 1>();
        blocks[2] = vector_binary<F, T, 2>();
        return;
    }
    if constexpr (WithUsual<F, T>) {
        blocks[0] = usual_loop<F, T, 0>;
        blocks[1] = usual_loop<F, T, 1>;
        blocks[2] = usual_loop<F, T, 2>;
        return;
    }
    blocks[0] = binary_loop<F, T, Out, 0>;
    blocks[1] = binary_loop<F, T, Out, 1>;
    blocks[2] = binary_loop<F, T, Out, 2>;
    if constexpr (op == Op::pow && is_whole<T>) blocks[2] = whole_power_loop<T>;
}

template <class F, Op op, class T>
void fill_ternary_loops(Block* blocks) {
    if constexpr (op == Op::where) {
        // Only moved, never read: the size is all that counts.
        using Moved = std::conditional_t<is_complex<T>, T, Bits<sizeof(T)>>;
        blocks[0] = where_loop<F, Moved, 0>;
        blocks[2] = where_loop<F, Moved, 2>;
        blocks[4] = where_loop<F, Moved, 4>;
        blocks[6] = where_loop<F, Moved, 6>;
    } else {
        blocks[0] = ternary_loop<F, T, T, 0>;
        blocks[6] = ternary_loop<F, T, T, 6>;
        if constexpr (row(op).is_pair) {
            blocks[1] = ternary_loop<F, T, T, 1>;
            blocks[2] = ternary_loop<F, T, T, 2>;
            blocks[4] = ternary_loop<F, T, T, 4>;
        }
    }
}

template <class F, Op op, class T>
Join joining_loop() {
    if constexpr (op == Op::logical_and || op == Op::logical_or || op == Op::logical_xor)
        return join_loop<binary_loop<KeepingType<F>, T, T, 0>>;
    else if constexpr (op == Op::add || op == Op::multiply || op == Op::minimum ||
                       op == Op::maximum || op == Op::bitwise_and || op == Op::bitwise_or ||
                       op == Op::bitwise_xor)
        return join_loop<binary_loop<F, T, T, 0>>;
    else
        return nullptr;
}

template <class F, Op op, DType dtype, class Element>
void fill_dtype(Table& table) {
    if constexpr (takes(op, dtype)) {
        using T = typename LoopType<F, Stored<Element>>::type;
        constexpr int o = static_cast<int>(op), d = static_cast<int>(dtype);
        if constexpr (row(op).arity == 1) {
            fill_unary_loops<F, op, T>(table.elementwise[o][d]);
        } else if constexpr (row(op).arity == 2) {
            fill_binary_loops<F, op, T>(table.elementwise[o][d]);
            table.joining[o][d] = joining_loop<F, op, T>();
        } else {
            fill_ternary_loops<F, op, T>(table.elementwise[o][d]);
        }
    }
}

template <class F, Op op, Group group>
void fill_row(Table& table) {
    if constexpr (group_of(row(op)) == group) {
#define HPXPY_DTYPE(name, type, kind, letter) fill_dtype<F, op, DType::name, type>(table);
#include "base/dtype.def"
#undef HPXPY_DTYPE
    }
}

/// Fills the loops of one group of rows; a row without functor does not compile.
template <Group group>
void fill_group(Table& table) {
#define HPXPY_OP(name, ...) fill_row<functors::name, Op::name, group>(table);
#define HPXPY_PAIR(name, ...) fill_row<functors::name, Op::name, group>(table);
#include "ops/table.def"
}

}  // namespace hpxpy::kernels::HPXPY_ISA
