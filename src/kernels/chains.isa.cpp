// Chains of operations whose value stays in registers, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <utility>

#include "kernels/elementwise.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

template <class T, int lanes>
struct Lanes {
    typedef T type __attribute__((vector_size(lanes * sizeof(T))));
};
template <class T>
struct Lanes<T, 1> {
    using type = T;
};

template <class V>
HPXPY_INLINE V load(const void* from) {
    V value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

// All lanes are x: what x - 0 is also of -0 and nan.
template <class V, class T>
HPXPY_INLINE V every(T x) {
    return x - V{};
}

template <class V>
HPXPY_INLINE void store_past_caches(void* to, V value) {
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64)
        return _mm512_stream_si512(static_cast<__m512i*>(to), (__m512i)value);
#elif defined(__AVX__)
    if constexpr (sizeof(V) == 32)
        return _mm256_stream_si256(static_cast<__m256i*>(to), (__m256i)value);
#elif defined(__x86_64__)
    if constexpr (sizeof(V) == 16)
        return _mm_stream_si128(static_cast<__m128i*>(to), (__m128i)value);
#endif
    __builtin_memcpy(to, &value, sizeof value);
}

// All links for elements [i, i + lanes * sizeof...(k)), in as many vectors.
template <class T, int lanes, int... k>
HPXPY_INLINE void run_links(const Link* link, const Link* end, std::int64_t i,
                            std::integer_sequence<int, k...>) {
    using V = typename Lanes<T, lanes>::type;
    V value[] = {load<V>(static_cast<const T*>(link->data) + i + k * lanes)...};
    for (++link; link != end; ++link) {
        T* data = static_cast<T*>(link->data);
        switch (link->action) {
            case Action::store:
                (__builtin_memcpy(data + i + k * lanes, &value[k], sizeof(V)), ...);
                break;
            case Action::stream:
                (store_past_caches(data + i + k * lanes, value[k]), ...);
                break;
            case Action::negative:
                ((value[k] = -value[k]), ...);
                break;
            case Action::square:
                ((value[k] = value[k] * value[k]), ...);
                break;
#define HPXPY_CHAIN_CASES(op)                                                        \
    case Action::op##_dense:                                                         \
        ((value[k] = functors::op{}(value[k], load<V>(data + i + k * lanes))), ...); \
        break;                                                                       \
    case Action::op##_single: {                                                      \
        V operand = every<V>(*data);                                                 \
        ((value[k] = functors::op{}(value[k], operand)), ...);                       \
        break;                                                                       \
    }                                                                                \
    case Action::op##_from_dense:                                                    \
        ((value[k] = functors::op{}(load<V>(data + i + k * lanes), value[k])), ...); \
        break;                                                                       \
    case Action::op##_from_single: {                                                 \
        V operand = every<V>(*data);                                                 \
        ((value[k] = functors::op{}(operand, value[k])), ...);                       \
        break;                                                                       \
    }
                HPXPY_CHAIN_OPS(HPXPY_CHAIN_CASES)
#undef HPXPY_CHAIN_CASES
            case Action::start:
            case Action::start_from_memory:
                break;
        }
    }
}

// The elements from `i` on that fill so many vectors, then the rest in half as many, down to one element.
template <class T, int lanes, int vectors>
HPXPY_INLINE void run_rest(const Link* links, const Link* end, std::int64_t i, std::int64_t n) {
    if (n - i >= lanes * vectors) {
        run_links<T, lanes>(links, end, i, std::make_integer_sequence<int, vectors>());
        i += lanes * vectors;
    }
    if constexpr (vectors > 1)
        run_rest<T, lanes, vectors / 2>(links, end, i, n);
    else if constexpr (lanes > 1)
        run_rest<T, lanes / 2, 1>(links, end, i, n);
}

// Elements from the first on, by so many vectors at once; gives the position of what is left.
template <class T, int vectors>
HPXPY_INLINE std::int64_t run_pieces(const Link* links, const Link* end, std::int64_t n) {
    constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));
    std::int64_t i = 0;
    for (; n - i >= lanes * vectors; i += lanes * vectors)
        run_links<T, lanes>(links, end, i, std::make_integer_sequence<int, vectors>());
    return i;
}

// Eight vectors hide the latency of an operation, and leave registers free where there are sixteen. Short
// chains wait for memory: with fewer at once, what one operand waits for overlaps with the others' loads
// and with stores.
template <class T>
void run_chain(const Link* links, std::int64_t count, std::int64_t n) {
    constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T)), short_chain = 8,
                  shortest_chain = 5;
    const Link* end = links + count;
    std::int64_t i;
    if (count <= shortest_chain && links->action == Action::start_from_memory)
        i = run_pieces<T, 1>(links, end, n);
    else if (count <= short_chain && links[count - 1].action == Action::stream)
        i = run_pieces<T, 4>(links, end, n);
    else
        i = run_pieces<T, 8>(links, end, n);
    run_rest<T, lanes, 4>(links, end, i, n);
}

}  // namespace

void fill_chains(Table& table) {
    table.chains[static_cast<int>(DType::float32)] = run_chain<float>;
    table.chains[static_cast<int>(DType::float64)] = run_chain<double>;
}

}  // namespace hpxpy::kernels::HPXPY_ISA
