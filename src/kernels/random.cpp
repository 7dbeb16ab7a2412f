// Elements of the streams from their blocks, a buffer at a time.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/random.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace hpxpy::kernels {

#define HPXPY_DECLARE_RANDOM(isa)                                                               \
    namespace isa {                                                                             \
    void philox(std::uint32_t* out, std::uint64_t key, std::uint64_t call, std::uint64_t first, \
                std::int64_t blocks);                                                           \
    void uniform_of(double* out, const std::uint32_t* words, std::int64_t n);                   \
    void uniform_of(float* out, const std::uint32_t* words, std::int64_t n);                    \
    }
HPXPY_DECLARE_RANDOM(baseline)
#ifdef HPXPY_HAVE_AVX2
HPXPY_DECLARE_RANDOM(avx2)
#endif
#ifdef HPXPY_HAVE_AVX512
HPXPY_DECLARE_RANDOM(avx512)
#endif
#undef HPXPY_DECLARE_RANDOM

namespace {

struct Loops {
    void (*philox)(std::uint32_t*, std::uint64_t, std::uint64_t, std::uint64_t, std::int64_t);
    void (*uniform64)(double*, const std::uint32_t*, std::int64_t);
    void (*uniform32)(float*, const std::uint32_t*, std::int64_t);
};

Loops loops() {
#ifdef HPXPY_HAVE_AVX512
    if (instruction_set() == "avx512")
        return {avx512::philox, avx512::uniform_of, avx512::uniform_of};
#endif
#ifdef HPXPY_HAVE_AVX2
    if (instruction_set() == "avx2") return {avx2::philox, avx2::uniform_of, avx2::uniform_of};
#endif
    return {baseline::philox, baseline::uniform_of, baseline::uniform_of};
}

constexpr std::int64_t buffer_blocks = 512;

// Calls make(out, words, count) for elements that take `words` words each, whose blocks stay in cache.
template <std::int64_t words, class T, class Make>
void each_element(T* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                  const Make& make) {
    constexpr std::int64_t per_block = 4 / words;
    alignas(64) std::uint32_t buffer[4 * buffer_blocks];
    while (n > 0) {
        std::int64_t skipped = first % per_block;
        std::int64_t count = std::min(n, buffer_blocks * per_block - skipped);
        std::int64_t blocks = (skipped + count + per_block - 1) / per_block;
        philox(buffer, stream, static_cast<std::uint64_t>(first / per_block), blocks);
        make(out, buffer + skipped * words, count);
        out += count;
        first += count;
        n -= count;
    }
}

std::uint64_t joined(const std::uint32_t* words) {
    return words[0] | std::uint64_t{words[1]} << 32;
}

}  // namespace

void philox(std::uint32_t* out, const RandomStream& stream, std::uint64_t first,
            std::int64_t blocks) {
    loops().philox(out, stream.key, stream.call, first, blocks);
}

void philox_block(std::uint32_t* out, const RandomStream& stream, std::uint64_t position) {
    auto word = [](std::uint64_t value, int which) {
        return static_cast<std::uint32_t>(value >> (32 * which));
    };
    std::uint32_t c[] = {word(position, 0), word(position, 1), word(stream.call, 0),
                         word(stream.call, 1)};
    std::uint32_t k0 = word(stream.key, 0), k1 = word(stream.key, 1);
    for (int round = 0; round < 10; ++round) {
        std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0], p1 = std::uint64_t{0xCD9E8D57} * c[2];
        c[0] = word(p1, 1) ^ c[1] ^ k0;
        c[1] = word(p1, 0);
        c[2] = word(p0, 1) ^ c[3] ^ k1;
        c[3] = word(p0, 0);
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    std::copy(c, c + 4, out);
}

void random_bits(std::uint64_t* out, const RandomStream& stream, std::int64_t first,
                 std::int64_t n) {
    each_element<2>(out, stream, first, n,
                    [](std::uint64_t* to, const std::uint32_t* words, std::int64_t count) {
                        for (std::int64_t i = 0; i < count; ++i) to[i] = joined(words + 2 * i);
                    });
}

void random_uniform(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n) {
    each_element<2>(out, stream, first, n, loops().uniform64);
}

void random_uniform(float* out, const RandomStream& stream, std::int64_t first, std::int64_t n) {
    each_element<1>(out, stream, first, n, loops().uniform32);
}

void random_integers(std::uint64_t* out, const RandomStream& stream, std::int64_t first,
                     std::int64_t n, WholeRanges ranges) {
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t* begin = out;
    each_element<4>(
        out, stream, first, n,
        [=](std::uint64_t* to, const std::uint32_t* words, std::int64_t elements) {
            std::int64_t done = to - begin;
            for (std::int64_t i = 0; i < elements; ++i) {
                std::uint64_t low = ranges.low[(done + i) * ranges.low_step];
                std::uint64_t count = ranges.count[(done + i) * ranges.count_step];
                std::uint64_t lower = joined(words + 4 * i);
                std::uint64_t upper = joined(words + 4 * i + 2);
                if (count == 0) {
                    to[i] = low + upper;
                    continue;
                }
                // The upper part of (upper * 2^64 + lower) * count / 2^128.
                Wide carried = (Wide{lower} * count) >> 64;
                to[i] = low + static_cast<std::uint64_t>((Wide{upper} * count + carried) >> 64);
            }
        });
}

}  // namespace hpxpy::kernels
