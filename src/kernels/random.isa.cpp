// Blocks of Philox 4x32-10 and floats of their bits, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include <cstdint>

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

// More than the compiler would unroll instead of using vectors.
constexpr int lanes = 32;

// The blocks of counters `first` to first + lanes - 1, side by side.
void philox_lanes(std::uint32_t* out, std::uint64_t key, std::uint64_t call, std::uint64_t first) {
    std::uint32_t c0[lanes], c1[lanes], c2[lanes], c3[lanes];
    for (int l = 0; l < lanes; ++l) {
        std::uint64_t counter = first + static_cast<std::uint64_t>(l);
        c0[l] = static_cast<std::uint32_t>(counter);
        c1[l] = static_cast<std::uint32_t>(counter >> 32);
        c2[l] = static_cast<std::uint32_t>(call);
        c3[l] = static_cast<std::uint32_t>(call >> 32);
    }
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        for (int l = 0; l < lanes; ++l) {
            std::uint64_t p0 = std::uint64_t{0xD2511F53} * c0[l];
            std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c2[l];
            c0[l] = static_cast<std::uint32_t>(p1 >> 32) ^ c1[l] ^ k0;
            c1[l] = static_cast<std::uint32_t>(p1);
            c2[l] = static_cast<std::uint32_t>(p0 >> 32) ^ c3[l] ^ k1;
            c3[l] = static_cast<std::uint32_t>(p0);
        }
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    for (int l = 0; l < lanes; ++l) {
        out[4 * l] = c0[l];
        out[4 * l + 1] = c1[l];
        out[4 * l + 2] = c2[l];
        out[4 * l + 3] = c3[l];
    }
}

}  // namespace

void philox(std::uint32_t* out, std::uint64_t key, std::uint64_t call, std::uint64_t first,
            std::int64_t blocks) {
    std::int64_t b = 0;
    for (; b + lanes <= blocks; b += lanes)
        philox_lanes(out + 4 * b, key, call, first + static_cast<std::uint64_t>(b));
    if (b == blocks) return;
    std::uint32_t rest[4 * lanes];
    philox_lanes(rest, key, call, first + static_cast<std::uint64_t>(b));
    __builtin_memcpy(out + 4 * b, rest, static_cast<std::size_t>(blocks - b) * 16);
}

void uniform_of(double* out, const std::uint32_t* words, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
        std::uint64_t bits = (words[2 * i] | std::uint64_t{words[2 * i + 1]} << 32) >> 11;
        // As floats of the exponents that make the bits' places their values; both sums are exact.
        std::uint64_t high = (bits >> 32) | 0x4530000000000000, low = 0;
        low = (bits & 0xFFFFFFFF) | 0x4330000000000000;
        double upper = 0, lower = 0;
        __builtin_memcpy(&upper, &high, 8);
        __builtin_memcpy(&lower, &low, 8);
        out[i] = ((upper - 0x1.00000001p84) + lower) * 0x1p-53;
    }
}

void uniform_of(float* out, const std::uint32_t* words, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i)
        out[i] = static_cast<float>(static_cast<std::int32_t>(words[i] >> 8)) * 0x1p-24F;
}

}  // namespace hpxpy::kernels::HPXPY_ISA
