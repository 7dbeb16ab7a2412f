// Numbers of distributions that take several uniform ones each, by rejection: how many depends on the element
// alone, whose blocks are told apart by the upper bits of the call.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/variates.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/kernels.hpp"

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

// The pairs of one element, one from each of its blocks. The first of them come from a buffer.
class Draws {
public:
    Draws(const RandomStream& stream, std::uint64_t position, const std::uint32_t* ready,
          std::uint64_t ready_blocks)
        : stream_(stream), position_(position), ready_(ready), number_(ready_blocks) {}

    /// That of block `number`, which is in the buffer.
    Pair ready(int number) const { return uniform_pair(ready_ + number * 4 * buffered); }
    /// That of the next block behind those.
    Pair next() {
        std::uint64_t number = number_++;
        std::uint32_t words[4];
        philox_block(words, {stream_.key, call_of(stream_, number)}, position_);
        return uniform_pair(words);
    }

private:
    const RandomStream& stream_;
    std::uint64_t position_;
    const std::uint32_t* ready_;
    std::uint64_t number_;
};

// Calls make(draws, i, k) for n elements; the first `ready` blocks of each are made side by side. Element i is
// number k in the buffer that prepare(words, count) was called with.
template <int ready, class Prepare, class Make>
void each(const RandomStream& stream, std::int64_t first, std::int64_t n, const Prepare& prepare,
          const Make& make) {
    alignas(64) std::uint32_t words[4 * buffered * ready];
    for (std::int64_t done = 0; done < n; done += buffered) {
        std::int64_t count = std::min(buffered, n - done);
        auto position = static_cast<std::uint64_t>(first + done);
        for (int b = 0; b < ready; ++b)
            philox(words + 4 * buffered * b, {stream.key, call_of(stream, b)}, position, count);
        prepare(words, count);
        for (std::int64_t k = 0; k < count; ++k) {
            Draws draws(stream, position + static_cast<std::uint64_t>(k), words + 4 * k, ready);
            make(draws, done + k, k);
        }
    }
}

// Standard normal numbers of pairs (Box, Muller: A note on the generation of random normal deviates, 1958).
double normal_of(Pair pair) {
    return std::sqrt(-2 * std::log1p(-pair.first)) * std::cos(two_pi * pair.second);
}

void normals_of(double* out, const std::uint32_t* words, std::int64_t count) {
    static const Block log1p = elementwise(Op::log1p, DType::float64, 0);
    static const Block cosine = elementwise(Op::cos, DType::float64, 0);
    double angles[buffered];
    for (std::int64_t i = 0; i < count; ++i) {
        Pair pair = uniform_pair(words + 4 * i);
        out[i] = -pair.first;
        angles[i] = two_pi * pair.second;
    }
    const void* in = out;
    log1p(out, &in, count);
    in = angles;
    cosine(angles, &in, count);
    for (std::int64_t i = 0; i < count; ++i) out[i] = std::sqrt(-2 * out[i]) * angles[i];
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

// PTRS (Hörmann: The transformed rejection method for generating Poisson random variables, 1993); small means by
// inversion. What depends on the mean alone is kept for the elements that follow.
class Poisson {
public:
    double draw(double mean, Draws& draws) {
        if (mean != mean_) set(mean);
        if (mean < 10) return inverted(draws.ready(0).first);
        for (Pair pair = draws.ready(0);; pair = draws.next()) {
            double u = pair.first - 0.5, v = 1 - pair.second, edge = 0.5 - std::abs(u);
            double k = std::floor((2 * a_ / edge + b_) * u + mean + 0.43);
            if (edge >= 0.07 && v <= sure_) return k;
            if (k < 0 || (edge < 0.013 && v > edge)) continue;
            if (std::log(v * scale_ / (a_ / (edge * edge) + b_)) <= log_poisson(k, mean)) return k;
        }
    }

private:
    void set(double mean) {
        mean_ = mean;
        none_ = std::exp(-mean);
        b_ = 0.931 + 2.53 * std::sqrt(mean);
        a_ = -0.059 + 0.02483 * b_;
        sure_ = 0.9277 - 3.6224 / (b_ - 2);
        scale_ = 1.1239 + 1.1328 / (b_ - 3.4);
    }
    // How many probabilities a uniform number outweighs.
    double inverted(double u) const {
        double p = none_, k = 0;
        while (u >= p && p > 0) {
            u -= p;
            p *= mean_ / ++k;
        }
        return k;
    }

    double mean_ = -1, none_ = 0, a_ = 0, b_ = 0, sure_ = 0, scale_ = 0;
};

// BTRS (Hörmann: The generation of binomial random variates, 1993), small means by inversion, for probabilities up
// to a half; what is more is counted from the other end.
class Binomial {
public:
    double draw(double trials, double probability, Draws& draws) {
        if (trials != trials_ || probability != probability_) set(trials, probability);
        double k = mean_ < 10 ? inverted(draws.ready(0).first) : rejected(draws);
        return probability <= 0.5 ? k : trials - k;
    }

private:
    void set(double trials, double probability) {
        trials_ = trials;
        probability_ = probability;
        p_ = probability <= 0.5 ? probability : 1 - probability;
        mean_ = trials * p_;
        none_ = std::exp(trials * std::log1p(-p_));
        double deviation = std::sqrt(mean_ * (1 - p_));
        b_ = 1.15 + 2.53 * deviation;
        a_ = -0.0873 + 0.0248 * b_ + 0.01 * p_;
        sure_ = 0.92 - 4.2 / b_;
        scale_ = (2.83 + 5.1 / b_) * deviation;
        if (mean_ >= 10) most_ = log_binomial(std::floor((trials + 1) * p_), trials, p_);
    }
    double inverted(double u) const {
        double odds = p_ / (1 - p_), share = none_, k = 0;
        while (u >= share && k < trials_) {
            u -= share;
            ++k;
            share *= odds * (trials_ - k + 1) / k;
        }
        return k;
    }
    double rejected(Draws& draws) const {
        for (Pair pair = draws.ready(0);; pair = draws.next()) {
            double u = pair.first - 0.5, v = 1 - pair.second, edge = 0.5 - std::abs(u);
            double k = std::floor((2 * a_ / edge + b_) * u + mean_ + 0.5);
            if (edge >= 0.07 && v <= sure_) return k;
            if (k < 0 || k > trials_) continue;
            double least = std::log(v * scale_ / (a_ / (edge * edge) + b_));
            if (least <= log_binomial(k, trials_, p_) - most_) return k;
        }
    }

    double trials_ = -1, probability_ = 0, p_ = 0, mean_ = 0, none_ = 0;
    double a_ = 0, b_ = 0, sure_ = 0, scale_ = 0, most_ = 0;
};

// The logarithm of the number, as for small shapes the number itself may be too small for a double.
// Marsaglia, Tsang: A simple method for generating gamma variables, 2000.
struct Gamma {
    double value;      ///< of shape + 1 if shape is below 1, else of shape
    double logarithm;  ///< divided by the shape, what the logarithm of `value` still lacks
    double lacking(double shape) const { return logarithm == 0 ? 0 : logarithm / shape; }
};

Gamma gamma(double shape, double normal, Pair other, Draws& draws) {
    double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
        double v = 1 + c * normal;
        if (v > 0) {
            v = v * v * v;
            double u = 1 - other.first, square = normal * normal;
            bool taken = u < 1 - 0.0331 * square * square ||
                         std::log(u) < 0.5 * square + d * (1 - v + std::log(v));
            if (taken) return {d * v, shape < 1 ? std::log1p(-other.second) : 0};
        }
        normal = normal_of(draws.next());
        other = draws.next();
    }
}

// Best, Fisher: Efficient simulation of the von Mises distribution, 1979. Below 1e-8 the angle is uniform, above 1e6
// normal, to the last places.
class VonMises {
public:
    double draw(double concentration, Draws& draws) {
        if (concentration != concentration_) set(concentration);
        Pair other = draws.ready(1);
        if (concentration < 1e-8) return pi * (2 * other.first - 1);
        if (concentration > 1e6)
            return std::remainder(normal_of(other) / std::sqrt(concentration), two_pi);
        for (Pair pair = draws.ready(0);; pair = draws.next()) {
            double z = std::cos(pi * pair.first), w = (1 + s_ * z) / (s_ + z);
            double y = concentration * (s_ - w), v = 1 - pair.second;
            if (y * (2 - y) - v >= 0 || std::log(y / v) + 1 - y >= 0)
                return std::copysign(std::acos(std::clamp(w, -1.0, 1.0)), other.first - 0.5);
        }
    }

private:
    static constexpr double pi = two_pi / 2;
    void set(double k) {
        concentration_ = k;
        double r = 1 + std::sqrt(1 + 4 * k * k), rho = (r - std::sqrt(2 * r)) / (2 * k);
        s_ = k < 1e-5 ? 1 / k + k : (1 + rho * rho) / (2 * rho);
    }

    double concentration_ = -1, s_ = 0;
};

// Devroye: Non-uniform random variate generation, 1986, X.6.
double zipf(double power, Draws& draws) {
    constexpr double most = 9.2233720368547e18;
    double less = power - 1, b = std::exp2(less);
    if (power >= 1025) return 1;  // 2^-power is no double
    for (Pair pair = draws.ready(0);; pair = draws.next()) {
        double x = std::floor(std::pow(1 - pair.first, -1 / less));
        if (!(x >= 1 && x <= most)) continue;
        double t = std::pow(1 + 1 / x, less);
        if (pair.second * x * (t - 1) / (b - 1) <= t / b) return x;
    }
}

// HRUA (Stadlober: The ratio of uniforms approach for generating discrete random variates, 1990), few draws by
// inversion. Fewer than half are drawn of which the rarer ones are counted; the rest follows.
class Hypergeometric {
public:
    double draw(double good, double bad, double drawn, Draws& draws) {
        if (good != good_ || bad != bad_ || drawn != drawn_) set(good, bad, drawn);
        double k = few_ < 10 ? inverted(draws.ready(0).first) : rejected(draws);
        if (good > bad) k = few_ - k;
        return few_ < drawn ? good - k : k;
    }

private:
    void set(double good, double bad, double drawn) {
        good_ = good;
        bad_ = bad;
        drawn_ = drawn;
        double all = good + bad;
        few_ = std::min(drawn, all - drawn);
        rare_ = std::min(good, bad);
        rest_ = std::max(good, bad);
        none_ = 1;
        if (few_ < 10) {
            for (double i = 0; i < few_; ++i) none_ *= (rest_ - i) / (all - i);
            return;
        }
        double p = rare_ / all, variance = (all - few_) * few_ * p * (1 - p) / (all - 1);
        double width = std::sqrt(variance + 0.5);
        middle_ = few_ * p + 0.5;
        spread_ = 1.7155277699214135 * width + 0.8989161620588988;
        double mode = std::floor((few_ + 1) * (rare_ + 1) / (all + 2));
        most_ = logarithm(mode);
        end_ = std::min(std::min(few_, rare_) + 1, std::floor(middle_ + 16 * width));
    }
    double inverted(double u) const {
        double share = none_, k = 0, least = std::min(few_, rare_);
        while (u >= share && k < least) {
            u -= share;
            share *= (rare_ - k) * (few_ - k) / ((k + 1) * (rest_ - few_ + k + 1));
            ++k;
        }
        return k;
    }
    double rejected(Draws& draws) const {
        for (Pair pair = draws.ready(0);; pair = draws.next()) {
            double u = 1 - pair.first, x = middle_ + spread_ * (pair.second - 0.5) / u;
            if (!(x >= 0 && x < end_)) continue;
            double k = std::floor(x), t = most_ - logarithm(k);
            if (u * (4 - u) - 3 <= t || (u * (u - t) < 1 && 2 * std::log(u) <= t)) return k;
        }
    }
    // Of the ways that k of the rare ones are drawn: the logarithm of what they are divided by.
    double logarithm(double k) const {
        return log_factorial(k) + log_factorial(rare_ - k) + log_factorial(few_ - k) +
               log_factorial(rest_ - few_ + k);
    }
    static double log_factorial(double k) {
        return k < 1 ? 0 : stirling_error(k) + 0.5 * std::log(two_pi * k) + k * std::log(k) - k;
    }

    double good_ = -1, bad_ = 0, drawn_ = 0, few_ = 0, rare_ = 0, rest_ = 0;
    double none_ = 0, middle_ = 0, spread_ = 0, most_ = 0, end_ = 0;
};

constexpr auto nothing_before = [](const std::uint32_t*, std::int64_t) {};

}  // namespace

void random_poisson(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                    std::int64_t n, Parameter mean) {
    Poisson distribution;
    each<1>(stream, first, n, nothing_before, [&](Draws& draws, std::int64_t i, std::int64_t) {
        out[i] = static_cast<std::int64_t>(distribution.draw(mean[i], draws));
    });
}

void random_binomial(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                     std::int64_t n, Parameter trials, Parameter probability) {
    Binomial distribution;
    each<1>(stream, first, n, nothing_before, [&](Draws& draws, std::int64_t i, std::int64_t) {
        out[i] = static_cast<std::int64_t>(distribution.draw(trials[i], probability[i], draws));
    });
}

void random_gamma(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                  Parameter shape) {
    double normals[buffered];
    each<2>(
        stream, first, n,
        [&](const std::uint32_t* words, std::int64_t count) { normals_of(normals, words, count); },
        [&](Draws& draws, std::int64_t i, std::int64_t k) {
            out[i] = 0;
            if (shape[i] == 0) return;
            Gamma drawn = gamma(shape[i], normals[k], draws.ready(1), draws);
            double lacking = drawn.lacking(shape[i]);
            out[i] = lacking == 0 ? drawn.value : drawn.value * std::exp(lacking);
        });
}

void random_beta(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                 Parameter a, Parameter b) {
    double normals[2][buffered];
    each<4>(
        stream, first, n,
        [&](const std::uint32_t* words, std::int64_t count) {
            normals_of(normals[0], words, count);
            normals_of(normals[1], words + 8 * buffered, count);
        },
        [&](Draws& draws, std::int64_t i, std::int64_t k) {
            Gamma x = gamma(a[i], normals[0][k], draws.ready(1), draws);
            Gamma y = gamma(b[i], normals[1][k], draws.ready(3), draws);
            if (x.logarithm == 0 && y.logarithm == 0) {
                out[i] = x.value / (x.value + y.value);
                return;
            }
            // By logarithms, as both numbers may be 0 as doubles.
            double lead = y.lacking(b[i]) - x.lacking(a[i]);
            if (std::isnan(lead))
                lead = y.logarithm * a[i] < x.logarithm * b[i] ? -HUGE_VAL : HUGE_VAL;
            out[i] = 1 / (1 + std::exp(std::log(y.value / x.value) + lead));
        });
}

void random_vonmises(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                     Parameter concentration) {
    VonMises distribution;
    each<2>(stream, first, n, nothing_before, [&](Draws& draws, std::int64_t i, std::int64_t) {
        out[i] = distribution.draw(concentration[i], draws);
    });
}

void random_zipf(std::int64_t* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                 Parameter power) {
    each<1>(stream, first, n, nothing_before, [&](Draws& draws, std::int64_t i, std::int64_t) {
        out[i] = static_cast<std::int64_t>(zipf(power[i], draws));
    });
}

void random_hypergeometric(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                           std::int64_t n, Parameter good, Parameter bad, Parameter drawn) {
    Hypergeometric distribution;
    each<1>(stream, first, n, nothing_before, [&](Draws& draws, std::int64_t i, std::int64_t) {
        out[i] = static_cast<std::int64_t>(distribution.draw(good[i], bad[i], drawn[i], draws));
    });
}

}  // namespace hpxpy::kernels
