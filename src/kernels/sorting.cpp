// Loops of sorting and searching.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/sorting.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include "kernels/sorting_few.hpp"
#include "kernels/sorting_rows.hpp"

namespace hpxpy::kernels {

namespace {

template <std::size_t size>
using Unsigned = std::conditional_t<
    size == 1, std::uint8_t,
    std::conditional_t<size == 2, std::uint16_t,
                       std::conditional_t<size == 4, std::uint32_t, std::uint64_t>>>;

template <class T>
using KeyOf = Unsigned<sizeof(T)>;

template <class T>
constexpr KeyOf<T> top_bit = static_cast<KeyOf<T>>(KeyOf<T>(1) << (8 * sizeof(T) - 1));

template <class T>
KeyOf<T> key_of(T value, bool descending) {
    using Key = KeyOf<T>;
    if constexpr (std::is_floating_point_v<T>) {
        if (value != value) return std::numeric_limits<Key>::max();
        value = value == T(0) ? T(0) : value;
        Key bits = std::bit_cast<Key>(value);
        bits = (bits & top_bit<T>) ? ~bits : bits | top_bit<T>;
        return descending ? ~bits : bits;
    } else {
        Key bits = static_cast<Key>(value);
        if constexpr (std::is_signed_v<T>) bits = static_cast<Key>(bits ^ top_bit<T>);
        return descending ? static_cast<Key>(~bits) : bits;
    }
}

template <class T>
T value_of(KeyOf<T> key, bool descending) {
    using Key = KeyOf<T>;
    if constexpr (std::is_floating_point_v<T>) {
        if (key == std::numeric_limits<Key>::max()) return std::numeric_limits<T>::quiet_NaN();
        if (descending) key = ~key;
        return std::bit_cast<T>((key & top_bit<T>) ? key ^ top_bit<T> : ~key);
    } else {
        if (descending) key = static_cast<Key>(~key);
        if constexpr (std::is_signed_v<T>) key = static_cast<Key>(key ^ top_bit<T>);
        return static_cast<T>(key);
    }
}

template <class T>
bool make(void* keys, const void* in, std::int64_t stride, std::int64_t n, bool descending) {
    auto* to = static_cast<KeyOf<T>*>(keys);
    const T* from = static_cast<const T*>(in);
    bool negative_zero = false;
    for (std::int64_t i = 0; i < n; ++i) {
        T value = from[i * stride];
        if constexpr (std::is_floating_point_v<T>)
            negative_zero |= std::bit_cast<KeyOf<T>>(value) == top_bit<T>;
        to[i] = key_of(value, descending);
    }
    return negative_zero;
}

template <class T>
void restore(void* out, const void* keys, std::int64_t n, bool descending) {
    for (std::int64_t i = 0; i < n; ++i) {
        KeyOf<T> key;
        std::memcpy(&key, static_cast<const char*>(keys) + i * sizeof key, sizeof key);
        T value = value_of<T>(key, descending);
        std::memcpy(static_cast<char*>(out) + i * sizeof value, &value, sizeof value);
    }
}

template <class T>
void restore_zeros(void* sorted, const void* in, std::int64_t n) {
    if constexpr (std::is_floating_point_v<T>) {
        T* to = static_cast<T*>(sorted);
        const T* from = static_cast<const T*>(in);
        T* zero = std::find(to, to + n, T(0));
        for (std::int64_t i = 0; i < n; ++i)
            if (from[i] == T(0)) *zero++ = from[i];
    }
}

template <class T>
constexpr Keys keys = {sizeof(T), make<T>, restore<T>, restore_zeros<T>};

// The real part above the imaginary one.
bool make_pairs(void* keys, const void* in, std::int64_t stride, std::int64_t n, bool descending) {
    auto* to = static_cast<std::uint64_t*>(keys);
    const float* from = static_cast<const float*>(in);
    bool negative_zero = false;
    for (std::int64_t i = 0; i < n; ++i) {
        float parts[] = {from[2 * i * stride], from[2 * i * stride + 1]};
        std::uint64_t real = key_of(parts[0], descending);
        to[i] = real << 32 | key_of(parts[1], descending);
        for (float part : parts)
            negative_zero |= std::bit_cast<std::uint32_t>(part) == top_bit<float>;
    }
    return negative_zero;
}

void restore_pairs(void* out, const void* keys, std::int64_t n, bool descending) {
    for (std::int64_t i = 0; i < n; ++i) {
        std::uint64_t key;
        std::memcpy(&key, static_cast<const char*>(keys) + i * sizeof key, sizeof key);
        float value[] = {value_of<float>(static_cast<std::uint32_t>(key >> 32), descending),
                         value_of<float>(static_cast<std::uint32_t>(key), descending)};
        std::memcpy(static_cast<char*>(out) + i * sizeof value, value, sizeof value);
    }
}

template <class Key>
struct Radix {
    // Wide keys in few passes; narrow ones with as little to count as they need.
    static constexpr int bits = sizeof(Key) <= 2 ? 8 : 11;
    static constexpr int passes = (8 * sizeof(Key) + bits - 1) / bits;

    static std::size_t digit(Key key, int pass) {
        return static_cast<std::size_t>(key >> (pass * bits)) & ((1u << bits) - 1);
    }
    static void count(std::int64_t* counts, const void* keys, std::int64_t n, int pass) {
        const Key* from = static_cast<const Key*>(keys);
        std::fill(counts, counts + (1 << bits), 0);
        for (std::int64_t i = 0; i < n; ++i) ++counts[digit(from[i], pass)];
    }
    static void move(void* to, const void* keys, std::int64_t n, int pass, std::int64_t* next) {
        const Key* from = static_cast<const Key*>(keys);
        Key* out = static_cast<Key*>(to);
        for (std::int64_t i = 0; i < n; ++i) out[next[digit(from[i], pass)]++] = from[i];
    }
    template <class Position>
    static void move_both(void* to, Position* to_positions, const void* keys,
                          const Position* positions, std::int64_t n, int pass, std::int64_t* next) {
        const Key* from = static_cast<const Key*>(keys);
        Key* out = static_cast<Key*>(to);
        for (std::int64_t i = 0; i < n; ++i) {
            std::int64_t at = next[digit(from[i], pass)]++;
            out[at] = from[i];
            to_positions[at] = positions[i];
        }
    }
    static std::uint64_t differing(const void* keys, std::int64_t n) {
        const Key* from = static_cast<const Key*>(keys);
        Key bits = 0;
        for (std::int64_t i = 0; i < n; ++i) bits = static_cast<Key>(bits | (from[i] ^ from[0]));
        return bits;
    }
    static std::size_t top(Key key, int shift) {
        return static_cast<std::size_t>(key >> shift) & (top_count - 1);
    }
    static void count_tops(std::uint32_t* counts, const void* keys, std::int64_t n, int shift) {
        const Key* from = static_cast<const Key*>(keys);
        for (std::int64_t i = 0; i < n; ++i) ++counts[top(from[i], shift)];
    }
    template <class Position>
    static void move_groups_both(Key* to, Position* to_positions, const Key* keys,
                                 const Position* positions, std::int64_t n, int shift,
                                 const std::uint16_t* groups, std::int64_t* next) {
        for (std::int64_t i = 0; i < n; ++i) {
            std::int64_t at = next[groups[top(keys[i], shift)]]++;
            to[at] = keys[i];
            to_positions[at] = positions[i];
        }
    }
    static void move_groups(void* to, void* to_positions, const void* keys, const void* positions,
                            std::int64_t position_size, std::int64_t n, int shift,
                            const std::uint16_t* groups, std::int64_t* next) {
        const Key* from = static_cast<const Key*>(keys);
        Key* out = static_cast<Key*>(to);
        if (position_size == 4)
            move_groups_both(out, static_cast<std::uint32_t*>(to_positions), from,
                             static_cast<const std::uint32_t*>(positions), n, shift, groups, next);
        else if (position_size == 8)
            move_groups_both(out, static_cast<std::int64_t*>(to_positions), from,
                             static_cast<const std::int64_t*>(positions), n, shift, groups, next);
        else
            for (std::int64_t i = 0; i < n; ++i) out[next[groups[top(from[i], shift)]]++] = from[i];
    }
    static std::int64_t find_equal(const void* keys, std::int64_t first, std::int64_t n,
                                   std::int64_t* end) {
        const Key* from = static_cast<const Key*>(keys);
        const Key* found = std::adjacent_find(from + first, from + n);
        const Key* last = found;
        while (last < from + n && *last == *found) ++last;
        *end = last - from;
        return found - from;
    }
    static void sort_few(void* keys, void* other_keys, std::int64_t n) {
        kernels::sort_few(static_cast<Key*>(keys), static_cast<Key*>(other_keys), n);
    }
    static void sort_rows(void* keys, void* other_keys, std::int64_t rows, std::int64_t n) {
        kernels::sort_rows(static_cast<Key*>(keys), static_cast<Key*>(other_keys), rows, n);
    }
    static bool order_few(std::int64_t* out, const void* keys, std::int64_t n) {
        return kernels::order_few(out, static_cast<const Key*>(keys), n);
    }
    template <class Position>
    static void sort_few_both(void* keys, void* other_keys, Position* positions,
                              Position* other_positions, std::int64_t n) {
        kernels::sort_few(static_cast<Key*>(keys), static_cast<Key*>(other_keys), positions,
                          other_positions, n);
    }
};

template <class Key>
constexpr Digits digits = {Radix<Key>::passes,
                           Radix<Key>::bits,
                           Radix<Key>::count,
                           Radix<Key>::move,
                           Radix<Key>::template move_both<std::uint32_t>,
                           Radix<Key>::template move_both<std::int64_t>,
                           Radix<Key>::differing,
                           Radix<Key>::count_tops,
                           Radix<Key>::move_groups,
                           Radix<Key>::find_equal,
                           Radix<Key>::sort_few,
                           Radix<Key>::sort_rows,
                           Radix<Key>::template sort_few_both<std::uint32_t>,
                           Radix<Key>::template sort_few_both<std::int64_t>,
                           Radix<Key>::order_few,
                           few_keys};

template <class T>
std::uint8_t nan_place(std::complex<T> z) {
    return static_cast<std::uint8_t>((z.real() != z.real() ? 2 : 0) + (z.imag() != z.imag()));
}

template <class T>
bool before(T a, T b) {
    if constexpr (is_complex_type<T>) {
        std::uint8_t place_a = nan_place(a), place_b = nan_place(b);
        if (place_a != place_b) return place_a < place_b;
        if (before(a.real(), b.real())) return true;
        if (before(b.real(), a.real())) return false;
        return before(a.imag(), b.imag());
    } else if constexpr (std::is_floating_point_v<T>) {
        return (a < b) | ((b != b) & (a == a));
    } else {
        return a < b;
    }
}

template <class T>
void select_one(void* out, void* data, std::int64_t n, std::int64_t rank) {
    T* values = static_cast<T*>(data);
    std::nth_element(values, values + rank, values + n, before<T>);
    std::memcpy(out, values + rank, sizeof(T));
}

// Calls body(is_before, is_behind) with what tells whether an element is before the pivot, or behind it.
template <class T, class Body>
void around(const void* pivot, const Body& body) {
    T middle;
    std::memcpy(&middle, pivot, sizeof middle);
    if constexpr (is_complex_type<T>)
        body([=](T x) { return before(x, middle); }, [=](T x) { return before(middle, x); });
    else if (middle != middle)
        body([](T x) { return x == x; }, [](T) { return false; });
    else
        body([=](T x) { return x < middle; }, [=](T x) { return !(x <= middle); });
}

template <class T>
void count_around(std::int64_t counts[2], const void* in, std::int64_t n, const void* pivot) {
    const T* from = static_cast<const T*>(in);
    around<T>(pivot, [&](const auto& is_before, const auto& is_behind) {
        std::int64_t below = 0, above = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            below += is_before(from[i]);
            above += is_behind(from[i]);
        }
        counts[0] = below;
        counts[1] = n - below - above;
    });
}

template <class T>
void move_around(void* to, std::int64_t* to_positions, const void* in,
                 const std::int64_t* positions, std::int64_t first, std::int64_t n,
                 const void* pivot, std::int64_t next[3]) {
    T* out = static_cast<T*>(to);
    const T* from = static_cast<const T*>(in);
    around<T>(pivot, [&](const auto& is_before, const auto& is_behind) {
        for (std::int64_t i = 0; i < n; ++i) {
            int place = 1 - is_before(from[i]) + is_behind(from[i]);
            std::int64_t at = next[place]++;
            out[at] = from[i];
            if (to_positions) to_positions[at] = positions ? positions[i] : first + i;
        }
    });
}

template <class T>
std::int64_t split_runs(const void* first, std::int64_t n_first, const void* second,
                        std::int64_t n_second, std::int64_t rank) {
    const T* a = static_cast<const T*>(first);
    const T* b = static_cast<const T*>(second);
    std::int64_t low = std::max<std::int64_t>(0, rank - n_second), high = std::min(rank, n_first);
    while (low < high) {
        std::int64_t middle = low + (high - low) / 2;
        if (before(b[rank - middle - 1], a[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

// No branch to be guessed wrong.
template <class T, bool with_positions>
void merge_runs(T* to, std::int64_t* to_positions, const T* a, const std::int64_t* a_positions,
                std::int64_t n_a, const T* b, const std::int64_t* b_positions, std::int64_t n_b) {
    std::int64_t i = 0, j = 0;
    while (i < n_a && j < n_b) {
        bool second = before(b[j], a[i]);
        const T* from = second ? b + j : a + i;
        to[i + j] = *from;
        if constexpr (with_positions)
            to_positions[i + j] = *(second ? b_positions + j : a_positions + i);
        i += !second;
        j += second;
    }
    std::copy(a + i, a + n_a, to + i + j);
    std::copy(b + j, b + n_b, to + n_a + j);
    if constexpr (with_positions) {
        std::copy(a_positions + i, a_positions + n_a, to_positions + i + j);
        std::copy(b_positions + j, b_positions + n_b, to_positions + n_a + j);
    }
}

template <class T>
void merge_both(void* to, std::int64_t* to_positions, const void* first,
                const std::int64_t* first_positions, std::int64_t n_first, const void* second,
                const std::int64_t* second_positions, std::int64_t n_second) {
    auto merge = to_positions ? merge_runs<T, true> : merge_runs<T, false>;
    merge(static_cast<T*>(to), to_positions, static_cast<const T*>(first), first_positions, n_first,
          static_cast<const T*>(second), second_positions, n_second);
}

// Several searches side by side, so that their loads wait together; no branch to be guessed wrong.
template <int together, class T>
void search_some(std::int64_t* out, const T* in, std::int64_t n, const T* wanted, bool right) {
    const T* base[together];
    std::fill(base, base + together, in);
    auto stands_behind = [&](T element, T value) {
        return right ? !before(value, element) : before(element, value);
    };
    std::int64_t rest = n;
    while (rest > 1) {
        std::int64_t half = rest / 2;
        for (int k = 0; k < together; ++k)
            base[k] +=
                half & -static_cast<std::int64_t>(stands_behind(base[k][half - 1], wanted[k]));
        rest -= half;
    }
    for (int k = 0; k < together; ++k)
        out[k] = base[k] - in + (rest == 1 && stands_behind(*base[k], wanted[k]) ? 1 : 0);
}

template <class T>
void search_all(std::int64_t* out, const void* sorted, std::int64_t n, const void* values,
                std::int64_t count, bool right) {
    constexpr int together = 8;
    const T* in = static_cast<const T*>(sorted);
    const T* wanted = static_cast<const T*>(values);
    std::int64_t i = 0;
    for (; i + together <= count; i += together)
        search_some<together>(out + i, in, n, wanted + i, right);
    for (; i < count; ++i) search_some<1>(out + i, in, n, wanted + i, right);
}

}  // namespace

const Keys& keys_of(DType dtype) {
    return *visit(dtype, []<class T>() -> const Keys* {
        if constexpr (is_complex_type<T>) {
            // No zero is restored: who sorts elements with negative zeros sorts their positions.
            static constexpr Keys pairs = {8, make_pairs, restore_pairs, nullptr};
            return &pairs;
        } else {
            return &keys<T>;
        }
    });
}

Oddities oddities_of(DType dtype, const void* in, std::int64_t n) {
    return visit(dtype, [&]<class T>() -> Oddities {
        if constexpr (is_complex_type<T>) {
            using Part = typename T::value_type;
            const Part* parts = static_cast<const Part*>(in);
            // Masks of comparisons alone, which vectors have for every size.
            KeyOf<Part> nan = 0, zeros = 0;
            for (std::int64_t i = 0; i < 2 * n; ++i) {
                auto bits = std::bit_cast<KeyOf<Part>>(parts[i]);
                nan |= parts[i] != parts[i] ? KeyOf<Part>(1) : KeyOf<Part>(0);
                zeros |= parts[i] == Part(0) ? bits : KeyOf<Part>(0);
            }
            return {nan != 0, zeros != 0};
        }
        return {};
    });
}

void nan_places(DType dtype, std::uint8_t* places, const void* in, std::int64_t n) {
    visit(dtype, [&]<class T>() {
        if constexpr (is_complex_type<T>)
            for (std::int64_t i = 0; i < n; ++i)
                places[i] = nan_place(static_cast<const T*>(in)[i]);
    });
}

const Digits& digits_of(std::int64_t key_size) {
    switch (key_size) {
        case 1:
            return digits<std::uint8_t>;
        case 2:
            return digits<std::uint16_t>;
        case 4:
            return digits<std::uint32_t>;
        default:
            return digits<std::uint64_t>;
    }
}

const Parting& parting(DType dtype) {
    return *visit(dtype, []<class T>() -> const Parting* {
        static constexpr Parting loops = {select_one<T>, count_around<T>, move_around<T>};
        return &loops;
    });
}

const Merging& merging(DType dtype) {
    return *visit(dtype, []<class T>() -> const Merging* {
        static constexpr Merging loops = {split_runs<T>, merge_both<T>};
        return &loops;
    });
}

Search search(DType dtype) {
    return visit(dtype, []<class T>() -> Search { return search_all<T>; });
}

}  // namespace hpxpy::kernels
