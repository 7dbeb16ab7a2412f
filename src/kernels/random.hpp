// Random numbers by counting: each is a function of a key, a call and its position, so any range of them can be
// made anywhere. Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC 2011).
// Called by algorithms/random.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace hpxpy::kernels {

/// Which sequence: the generator's key, and the number of the call, the upper half of the counter.
struct RandomStream {
    std::uint64_t key = 0;
    std::uint64_t call = 0;
};

/// out[4 * b ... 4 * b + 3] = the words of counter (first + b, call) for b < blocks.
void philox(std::uint32_t* out, const RandomStream& stream, std::uint64_t first,
            std::int64_t blocks);

/// The same of one counter alone, (position, call).
void philox_block(std::uint32_t* out, const RandomStream& stream, std::uint64_t position);

/// out[i] = element first + i of the stream, for i < n: 64 random bits.
void random_bits(std::uint64_t* out, const RandomStream& stream, std::int64_t first,
                 std::int64_t n);
/// The same in [0, 1): multiples of 2^-53 from 64 bits, and of 2^-24 from 32.
void random_uniform(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n);
void random_uniform(float* out, const RandomStream& stream, std::int64_t first, std::int64_t n);

/// Whole numbers low, low + 1, ..., `count` of them (0 stands for 2^64), modulo 2^64. Element i has
/// low[i * low_step] and count[i * count_step]; a step of 0 means one number for all.
struct WholeRanges {
    const std::uint64_t* low;
    std::int64_t low_step;
    const std::uint64_t* count;
    std::int64_t count_step;
};
/// From 128 bits: each is as probable as the others but for 2^-64 of itself.
void random_integers(std::uint64_t* out, const RandomStream& stream, std::int64_t first,
                     std::int64_t n, WholeRanges ranges);

}  // namespace hpxpy::kernels
