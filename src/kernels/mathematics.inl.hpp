// Loops over libmvec's vector functions, called on whole vectors; what is left at the end is padded and
// goes through the same entry, so a value never depends on its position.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "kernels/elementwise.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
constexpr char vector_letter = 'e';
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
constexpr char vector_letter = 'd';
#elif defined(__aarch64__)
constexpr int vector_bytes = 16;
constexpr char vector_letter = 'n';
#else
constexpr int vector_bytes = 16;
constexpr char vector_letter = 'b';
#endif

template <class F>
concept LibmFunctor = requires {
    F::libm;
};

// The ABI of libmvec on aarch64 wants an attribute that this code does not give.
#if defined(__x86_64__)
constexpr bool has_vector_functions = true;
#else
constexpr bool has_vector_functions = false;
#endif

template <class F, class T>
inline constexpr bool may_be_vector = has_vector_functions&& is_real<T>&& LibmFunctor<F>;

template <class T>
struct VectorOf {
    typedef T type __attribute__((vector_size(vector_bytes)));
    using Unary = type (*)(type);
    using Binary = type (*)(type, type);
    static constexpr std::int64_t lanes = vector_bytes / sizeof(T);
};

/// The entry of F for T, set when the table is filled.
template <class F, class T>
inline void* entry = nullptr;

// "_ZGVbN2v_exp" for two lanes of exp. Written by hand, as std::string is shared inline code.
template <class F, class T>
void find_entry(const char* parameters) {
    char name[48] = "_ZGV";
    int length = 4;
    auto append = [&](const char* text) {
        while (*text) name[length++] = *text++;
    };
    name[length++] = vector_letter;
    name[length++] = 'N';
    if (VectorOf<T>::lanes >= 10) name[length++] = '1';
    name[length++] = static_cast<char>('0' + VectorOf<T>::lanes % 10);
    append(parameters);
    name[length++] = '_';
    append(F::libm);
    if (sizeof(T) == 4) name[length++] = 'f';
    entry<F, T> = vector_function(name);
}

template <class V>
HPXPY_INLINE V load(const void* from) {
    V vector;
    __builtin_memcpy(&vector, from, sizeof(V));
    return vector;
}

template <class V, class T>
HPXPY_INLINE V repeat(T x) {
    T values[sizeof(V) / sizeof(T)];
    for (T& value : values) value = x;
    return load<V>(values);
}

// The first `n` elements, and ones after them.
template <class V, class T>
HPXPY_INLINE V load_padded(const T* from, std::int64_t n) {
    T padded[sizeof(V) / sizeof(T)];
    for (T& x : padded) x = T(1);
    for (std::int64_t i = 0; i < n; ++i) padded[i] = from[i];
    return load<V>(padded);
}

template <class V, class T>
HPXPY_INLINE void store_part(T* to, V vector, std::int64_t n) {
    T padded[sizeof(V) / sizeof(T)];
    __builtin_memcpy(padded, &vector, sizeof(V));
    for (std::int64_t i = 0; i < n; ++i) to[i] = padded[i];
}

template <class F, class T>
void vector_unary_loop(void* out, const void* const* in, std::int64_t n) {
    using V = typename VectorOf<T>::type;
    constexpr std::int64_t lanes = VectorOf<T>::lanes;
    auto function = reinterpret_cast<typename VectorOf<T>::Unary>(entry<F, T>);
    const T* a = static_cast<const T*>(in[0]);
    T* result = static_cast<T*>(out);
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        V vector = function(load<V>(a + i));
        __builtin_memcpy(result + i, &vector, sizeof(V));
    }
    if (i < n) store_part(result + i, function(load_padded<V>(a + i, n - i)), n - i);
}

template <class F, class T, unsigned scalars>
void vector_binary_loop(void* out, const void* const* in, std::int64_t n) {
    using V = typename VectorOf<T>::type;
    constexpr std::int64_t lanes = VectorOf<T>::lanes;
    auto function = reinterpret_cast<typename VectorOf<T>::Binary>(entry<F, T>);
    const T* a = static_cast<const T*>(in[0]);
    const T* b = static_cast<const T*>(in[1]);
    T* result = static_cast<T*>(out);
    if (n <= 0) return;
    const V all_a = repeat<V>(a[0]), all_b = repeat<V>(b[0]);
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        V vector =
            function(scalars & 1 ? all_a : load<V>(a + i), scalars & 2 ? all_b : load<V>(b + i));
        __builtin_memcpy(result + i, &vector, sizeof(V));
    }
    if (i == n) return;
    V last_a = scalars & 1 ? all_a : load_padded<V>(a + i, n - i);
    V last_b = scalars & 2 ? all_b : load_padded<V>(b + i, n - i);
    store_part(result + i, function(last_a, last_b), n - i);
}

/// The loop over libmvec's function, nullptr where there is none.
template <class F, class T>
Block vector_unary() {
    if constexpr (may_be_vector<F, T>) {
        find_entry<F, T>("v");
        if (entry<F, T>) return vector_unary_loop<F, T>;
    }
    return nullptr;
}

template <class F, class T, unsigned scalars>
Block vector_binary() {
    if constexpr (may_be_vector<F, T>) {
        find_entry<F, T>("vv");
        if (entry<F, T>) return vector_binary_loop<F, T, scalars>;
    }
    return nullptr;
}

}  // namespace hpxpy::kernels::HPXPY_ISA
