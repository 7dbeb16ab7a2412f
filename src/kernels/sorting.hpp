// Loops of sorting and searching. Elements become unsigned keys of the same order (-0.0 equals 0.0,
// nan comes last), which are sorted by their digits, the least significant first: stable, and alike for
// every dtype (D. E. Knuth, The Art of Computer Programming 3, 5.2.5). Called by algorithms/sorting.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

#include "base/dtype.hpp"

namespace hpxpy::kernels {

/// All dtypes have keys but complex128, of which each part has. Those of complex64 are for elements without
/// nan.
struct Keys {
    /// Bytes of a key: those of the element.
    std::int64_t size;
    /// keys[i] = the key of in[i*stride]; with `descending` in the opposite order, nan still last. Returns
    /// whether there is a -0.0, whose key is that of 0.0.
    bool (*make)(void* keys, const void* in, std::int64_t stride, std::int64_t n, bool descending);
    /// out[i] = the element of keys[i]; `out` may be `keys`.
    void (*restore)(void* out, const void* keys, std::int64_t n, bool descending);
    /// Gives zeros in sorted[0..n) the signs that they have in `in`, in that order.
    void (*restore_zeros)(void* sorted, const void* in, std::int64_t n);
};
const Keys& keys_of(DType dtype);

/// What is among complex elements that keys do not tell.
struct Oddities {
    bool nan = false;
    bool negative_zero = false;
};
Oddities oddities_of(DType dtype, const void* in, std::int64_t n);

/// places[i] = 0 for a complex in[i] without nan, 1 if its imaginary part is nan, 2 if its real part is, 3 if
/// both are: those that have fewer come first.
void nan_places(DType dtype, std::uint8_t* places, const void* in, std::int64_t n);

/// Digits of keys. Positions are 32-bit where they fit, else 64-bit.
struct Digits {
    int passes;
    int bits;  ///< of one digit
    /// counts[d] = how many of the keys have digit d in pass `pass`.
    void (*count)(std::int64_t* counts, const void* keys, std::int64_t n, int pass);
    /// to[next[digit]++] = each key, in order.
    void (*move)(void* to, const void* keys, std::int64_t n, int pass, std::int64_t* next);
    /// The same for keys and their positions.
    void (*move_both32)(void* to, std::uint32_t* to_positions, const void* keys,
                        const std::uint32_t* positions, std::int64_t n, int pass,
                        std::int64_t* next);
    void (*move_both64)(void* to, std::int64_t* to_positions, const void* keys,
                        const std::int64_t* positions, std::int64_t n, int pass,
                        std::int64_t* next);
    /// The bits in which some of the keys differ from the first.
    std::uint64_t (*differing)(const void* keys, std::int64_t n);
    /// counts[t] += how many of the keys have t in their 16 bits from `shift` on.
    void (*count_tops)(std::uint32_t* counts, const void* keys, std::int64_t n, int shift);
    /// to[next[groups[those bits]]++] = each key, in order, and its position of `position_size` bytes
    /// (0: there are none).
    void (*move_groups)(void* to, void* to_positions, const void* keys, const void* positions,
                        std::int64_t position_size, std::int64_t n, int shift,
                        const std::uint16_t* groups, std::int64_t* next);
    /// The first of the n sorted keys, from `first` on, that equals the next one, and in `end` where those equal
    /// to it end; n if there is none.
    std::int64_t (*find_equal)(const void* keys, std::int64_t first, std::int64_t n,
                               std::int64_t* end);
    /// Sorts a few keys, or keys with their positions; equal keys stay in their order. The others are room
    /// for n.
    void (*sort_few)(void* keys, void* other_keys, std::int64_t n);
    /// The same for each of `rows` rows of n keys, one behind the other.
    void (*sort_rows)(void* keys, void* other_keys, std::int64_t rows, std::int64_t n);
    void (*sort_few_both32)(void* keys, void* other_keys, std::uint32_t* positions,
                            std::uint32_t* other_positions, std::int64_t n);
    void (*sort_few_both64)(void* keys, void* other_keys, std::int64_t* positions,
                            std::int64_t* other_positions, std::int64_t n);
    /// out = the positions that sort the keys, equal ones in their order; false, and nothing done, where that
    /// is no faster.
    bool (*order_few)(std::int64_t* out, const void* keys, std::int64_t n);
    std::int64_t few;  ///< the most keys that those take
};
const Digits& digits_of(std::int64_t key_size);

constexpr int top_count = 65536;

/// Loops over elements of one dtype in their order (nan last, complex numbers by nan_places, real part, then
/// imaginary) around one of them, the pivot.
struct Parting {
    /// out = the element of rank `rank` of the n at `data`, which are put in another order.
    void (*select)(void* out, void* data, std::int64_t n, std::int64_t rank);
    /// counts[0] and [1] = how many elements are before the pivot, and equal to it.
    void (*count)(std::int64_t counts[2], const void* in, std::int64_t n, const void* pivot);
    /// to[next[k]++] = each element, in order; k is 0 before the pivot, 1 where equal, 2 behind. The same for
    /// `positions`, unless to_positions is null; without them the positions are first, first + 1, ...
    void (*move)(void* to, std::int64_t* to_positions, const void* in,
                 const std::int64_t* positions, std::int64_t first, std::int64_t n,
                 const void* pivot, std::int64_t next[3]);
};
const Parting& parting(DType dtype);

/// Two sorted runs become one, in which equal elements of the first run come first.
struct Merging {
    /// How many of the first `rank` elements are of the first run.
    std::int64_t (*split)(const void* first, std::int64_t n_first, const void* second,
                          std::int64_t n_second, std::int64_t rank);
    /// to = the elements of both, and to_positions their positions, unless it is null.
    void (*move)(void* to, std::int64_t* to_positions, const void* first,
                 const std::int64_t* first_positions, std::int64_t n_first, const void* second,
                 const std::int64_t* second_positions, std::int64_t n_second);
};
const Merging& merging(DType dtype);

/// out[i] = where values[i] would be inserted into the n sorted elements: before those equal to it, or
/// with `right` behind them. nan comes last, complex numbers go by their nan_places, real part, then imaginary.
using Search = void (*)(std::int64_t* out, const void* sorted, std::int64_t n, const void* values,
                        std::int64_t count, bool right);
Search search(DType dtype);

}  // namespace hpxpy::kernels
