// Numbers of distributions that take several uniform ones each, by rejection: how many depends on the element
// alone, whose blocks are told apart by the upper bits of the call.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/variates.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hpxpy::kernels {

namespace {

constexpr double two_pi = 6.283185307179586476925286766559;
constexpr std::int64_t buffered = 512;
// Calls are counted in the lower bits.
constexpr int attempt_bits = 40;

std::uint64_t call_of(const RandomStream& stream, std::uint64_t number) {
    return stream.call + (number << attempt_bits);
}

struct Pair {
    double first, second;
};

// Two numbers of [0, 1), multiples of 2^-53.
Pair uniform_pair(const std::uint32_t* words) {
    auto number = [&](int i) {
        std::uint64_t bits = words[i] | std::uint64_t{words[i + 1]} << 32;
        return static_cast<double>(bits >> 11) * 0x1p-53;
    };
    return {number(0), number(2)};
}

// The pairs of one element: those of blocks 0, 1, 2, ... in turn. The first come from a buffer.
class Draws {
public:
    Draws(const RandomStream& stream, std::uint64_t position, const std::uint32_t* ready,
          std::uint64_t ready_blocks)
        : stream_(stream), position_(position), ready_(ready), ready_blocks_(ready_blocks) {}

    Pair next() {
        std::uint64_t number = number_++;
        if (number < ready_blocks_) return uniform_pair(ready_ + number * 4 * buffered);
        std::uint32_t words[4];
        philox_block(words, {stream_.key, call_of(stream_, number)}, position_);
        return uniform_pair(words);
    }

private:
    const RandomStream& stream_;
    std::uint64_t position_;
    const std::uint32_t* ready_;
    std::uint64_t ready_blocks_;
    std::uint64_t number_ = 0;
};

// Calls make(draws, i) for n elements; the first `ready` blocks of each are made side by side.
template <int ready, class Make>
void each(const RandomStream& stream, std::int64_t first, std::int64_t n, const Make& make) {
    alignas(64) std::uint32_t words[4 * buffered * ready];
    for (std::int64_t done = 0; done < n; done += buffered) {
        std::int64_t count = std::min(buffered, n - done);
        auto position = static_cast<std::uint64_t>(first + done);
        for (int b = 0; b < ready; ++b)
            philox(words + 4 * buffered * b, {stream.key, call_of(stream, b)}, position, count);
        for (std::int64_t i = 0; i < count; ++i) {
            Draws draws(stream, position + static_cast<std::uint64_t>(i), words + 4 * i, ready);
            make(draws, done + i);
        }
    }
}

// log k! less Stirling's formula, for k > 0.
double stirling_error(double k) {
    static const std::array<double, 16> small = [] {
        std::array<double, 16> errors{};
        double logarithm = 0;
        for (std::size_t i = 1; i < errors.size(); ++i) {
            auto x = static_cast<double>(i);
            logarithm += std::log(x);
            errors[i] = logarithm - (0.5 * std::log(two_pi * x) + x * std::log(x) - x);
        }
        return errors;
    }();
    if (k < 16) return small[static_cast<std::size_t>(k)];
    double square = k * k;
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / k;
}

// x log(x / m) + m - x, exact to the last places of m - x, for x > 0.
double deviance(double x, double m) {
    double t = (m - x) / x;
    return x * (t - std::log1p(t));
}

// Logarithms of the probabilities of k (Loader: Fast and accurate computation of binomial probabilities, 2000).
double log_poisson(double k, double mean) {
    if (k == 0) return -mean;
    return -stirling_error(k) - deviance(k, mean) - 0.5 * std::log(two_pi * k);
}

double log_binomial(double k, double n, double p) {
    if (k == 0) return n * std::log1p(-p);
    if (k == n) return n * std::log(p);
    double rest = n - k;
    return stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k, n * p) -
           deviance(rest, n * (1 - p)) + 0.5 * std::log(n / (two_pi * k * rest));
}

double poisson(double mean, Draws& draws) {
    if (mean < 10) {
        // Inversion: how many probabilities a uniform number outweighs.
        double u = draws.next().first, p = std::exp(-mean), k = 0;
        while (u >= p && p > 0) {
            u -= p;
            p *= mean / ++k;
        }
        return k;
    }
    // PTRS (Hörmann: The transformed rejection method for generating Poisson random variables, 1993).
    double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
    double sure = 0.9277 - 3.6224 / (b - 2), scale = 1.1239 + 1.1328 / (b - 3.4);
    for (;;) {
        Pair pair = draws.next();
        double u = pair.first - 0.5, v = 1 - pair.second, edge = 0.5 - std::abs(u);
        double k = std::floor((2 * a / edge + b) * u + mean + 0.43);
        if (edge >= 0.07 && v <= sure) return k;
        if (k < 0 || (edge < 0.013 && v > edge)) continue;
        if (std::log(v * scale / (a / (edge * edge) + b)) <= log_poisson(k, mean)) return k;
    }
}

// For p up to a half.
double small_binomial(double n, double p, Draws& draws) {
    double mean = n * p;
    if (mean < 10) {
        double u = draws.next().first, q = 1 - p, share = std::exp(n * std::log1p(-p)), k = 0;
        while (u >= share && k < n) {
            u -= share;
            ++k;
            share *= (n - k + 1) * p / (k * q);
        }
        return k;
    }
    // BTRS (Hörmann: The generation of binomial random variates, 1993).
    double deviation = std::sqrt(mean * (1 - p)), b = 1.15 + 2.53 * deviation;
    double a = -0.0873 + 0.0248 * b + 0.01 * p, sure = 0.92 - 4.2 / b;
    double scale = (2.83 + 5.1 / b) * deviation;
    double most = log_binomial(std::floor((n + 1) * p), n, p);
    for (;;) {
        Pair pair = draws.next();
        double u = pair.first - 0.5, v = 1 - pair.second, edge = 0.5 - std::abs(u);
        double k = std::floor((2 * a / edge + b) * u + mean + 0.5);
        if (edge >= 0.07 && v <= sure) return k;
        if (k < 0 || k > n) continue;
        if (std::log(v * scale / (a / (edge * edge) + b)) <= log_binomial(k, n, p) - most) return k;
    }
}

double binomial(double n, double p, Draws& draws) {
    return p <= 0.5 ? small_binomial(n, p, draws) : n - small_binomial(n, 1 - p, draws);
}

// The logarithm of the number, as for small shapes the number itself may be too small for a double.
// Marsaglia, Tsang: A simple method for generating gamma variables, 2000.
struct Gamma {
    double value;      ///< of shape + 1 if shape is below 1, else of shape
    double logarithm;  ///< divided by the shape, what the logarithm of `value` still lacks
    double lacking(double shape) const { return logarithm == 0 ? 0 : logarithm / shape; }
};

Gamma gamma(double shape, Draws& draws) {
    double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
        Pair normal = draws.next(), other = draws.next();
        double x = std::sqrt(-2 * std::log1p(-normal.first)) * std::cos(two_pi * normal.second);
        double v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        double u = 1 - other.first, square = x * x;
        bool taken = u < 1 - 0.0331 * square * square ||
                     std::log(u) < 0.5 * square + d * (1 - v + std::log(v));
        if (taken) return {d * v, shape < 1 ? std::log1p(-other.second) : 0};
    }
}

}  // namespace

void random_poisson(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                    std::int64_t n, Parameter mean) {
    each<1>(stream, first, n, [&](Draws& draws, std::int64_t i) {
        out[i] = static_cast<std::int64_t>(poisson(mean[i], draws));
    });
}

void random_binomial(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                     std::int64_t n, Parameter trials, Parameter probability) {
    each<1>(stream, first, n, [&](Draws& draws, std::int64_t i) {
        out[i] = static_cast<std::int64_t>(binomial(trials[i], probability[i], draws));
    });
}

void random_gamma(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                  Parameter shape) {
    each<2>(stream, first, n, [&](Draws& draws, std::int64_t i) {
        out[i] = 0;
        if (shape[i] == 0) return;
        Gamma drawn = gamma(shape[i], draws);
        out[i] = drawn.value * std::exp(drawn.lacking(shape[i]));
    });
}

void random_beta(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                 Parameter a, Parameter b) {
    each<4>(stream, first, n, [&](Draws& draws, std::int64_t i) {
        Gamma x = gamma(a[i], draws), y = gamma(b[i], draws);
        // x / (x + y), of which both may be 0 as doubles.
        double lead = y.lacking(b[i]) - x.lacking(a[i]);
        if (std::isnan(lead)) lead = y.logarithm * a[i] < x.logarithm * b[i] ? -HUGE_VAL : HUGE_VAL;
        double ratio = std::log(y.value / x.value) + lead;
        out[i] = 1 / (1 + std::exp(ratio));
    });
}

}  // namespace hpxpy::kernels
