// Loops of counting, selection and interpolation.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "base/error.hpp"

namespace hpxpy::kernels {

void count_positions(std::int64_t* counts, const std::int64_t* positions, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) ++counts[positions[i]];
}

void add_weights(double* sums, const std::int64_t* positions, const double* weights,
                 std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) sums[positions[i]] += weights[i];
}

namespace {

// The last of the rising points that is not above x; x lies between the first and the last one.
std::int64_t interval(const double* xp, std::int64_t points, double x) {
    const double* first = xp;
    while (points > 1) {
        std::int64_t half = points / 2;
        first = first[half] <= x ? first + half : first;
        points -= half;
    }
    return first - xp;
}

// The same where x is often in the interval of the one before, `guess`, or in the next one.
std::int64_t interval_near(const double* xp, std::int64_t points, double x, std::int64_t guess) {
    if (xp[guess] <= x) {
        if (guess + 1 == points || x < xp[guess + 1]) return guess;
        if (guess + 2 == points || x < xp[guess + 2]) return guess + 1;
    }
    return interval(xp, points, x);
}

double between(double x, const double* xp, const double* fp, std::int64_t points, std::int64_t k) {
    if (k == points - 1 || xp[k] == x) return fp[k];
    double slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k]);
    double value = slope * (x - xp[k]) + fp[k];
    if (value == value) return value;
    // From the other end where an infinity is at this one; and nothing rises between equal values.
    value = slope * (x - xp[k + 1]) + fp[k + 1];
    return value != value && fp[k] == fp[k + 1] ? fp[k] : value;
}

}  // namespace

void interpolate(double* out, const double* x, std::int64_t n, const double* xp, const double* fp,
                 std::int64_t points, double left, double right) {
    std::int64_t k = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        if (x[i] < xp[0])
            out[i] = left;
        else if (x[i] > xp[points - 1])
            out[i] = right;
        else if (x[i] != x[i])
            out[i] = points == 1 ? fp[0] : x[i];
        else {
            k = interval_near(xp, points, x[i], k);
            out[i] = between(x[i], xp, fp, points, k);
        }
    }
}

namespace {

template <class T>
bool is_before(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
        return a < b || (b != b && a == a);
    else
        return a < b;
}

constexpr std::int64_t sample_size = 4096;

// Floyd and Rivest: Expected time bounds for selection, 1975. The margin of five deviations of a
// sample's rank is missed once in a million times, and then the caller looks again.
template <class T>
void bounds(void* low, void* high, const void* in, std::int64_t n, std::int64_t first,
            std::int64_t last) {
    const T* from = static_cast<const T*>(in);
    std::int64_t size = std::min(n, sample_size);
    std::vector<T> sample(static_cast<std::size_t>(size));
    // Places without a period of their own, so that no pattern in the data meets them.
    std::uint64_t state = 0x9E3779B97F4A7C15u;
    for (T& x : sample) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        x = from[state % static_cast<std::uint64_t>(n)];
    }
    std::sort(sample.begin(), sample.end(), is_before<T>);
    auto place = [&](std::int64_t rank, double margin) {
        double at = static_cast<double>(rank) / static_cast<double>(n) * static_cast<double>(size);
        auto k = static_cast<std::int64_t>(at + margin * std::sqrt(static_cast<double>(size)) / 2);
        return static_cast<std::size_t>(std::clamp<std::int64_t>(k, 0, size - 1));
    };
    *static_cast<T*>(low) = sample[place(first, -5)];
    *static_cast<T*>(high) = sample[place(last, 5)];
}

// Without branches: every element is written where the next one inside belongs.
template <class T, class Below, class Inside, class Low, class High>
Split split_by(T* to, const T* from, std::int64_t n, const Below& is_below, const Inside& is_inside,
               const Low& is_low, const High& is_high) {
    Split result;
    for (std::int64_t i = 0; i < n; ++i) {
        T x = from[i];
        to[result.inside] = x;
        result.inside += is_inside(x);
        result.below += is_below(x);
        result.at_low += is_low(x);
        result.at_high += is_high(x);
    }
    return result;
}

template <class T>
Split split(void* inside, const void* in, std::int64_t n, const void* low, const void* high) {
    const T* from = static_cast<const T*>(in);
    T* to = static_cast<T*>(inside);
    const T least = *static_cast<const T*>(low), most = *static_cast<const T*>(high);
    const bool wide = is_before(least, most);
    if (least == least && most == most)
        return split_by(
            to, from, n, [=](T x) { return x < least; },
            [=](T x) { return (least < x) & (x < most); }, [=](T x) { return x == least; },
            [=](T x) { return wide & (x == most); });
    return split_by(
        to, from, n, [=](T x) { return is_before(x, least); },
        [=](T x) { return is_before(least, x) && is_before(x, most); },
        [=](T x) { return !is_before(x, least) && !is_before(least, x); },
        [=](T x) { return wide && !is_before(x, most) && !is_before(most, x); });
}

template <class T>
void select(void* out, void* data, std::int64_t n, const std::int64_t* ranks, std::int64_t count) {
    T* values = static_cast<T*>(data);
    T* to = static_cast<T*>(out);
    std::int64_t done = 0;
    for (std::int64_t k = 0; k < count; ++k) {
        // Everything from `done` on is at least as large as what lies before.
        if (ranks[k] >= done)
            std::nth_element(values + done, values + ranks[k], values + n, is_before<T>);
        to[k] = values[ranks[k]];
        done = std::max(done, ranks[k] + 1);
    }
}

template <class T>
constexpr Selection loops_of = {bounds<T>, split<T>, select<T>};

}  // namespace

const Selection& selection(DType dtype) {
    return visit(dtype, [&]<class T>() -> const Selection& {
        if constexpr (is_complex_type<T>)
            fail<TypeError>("selection: complex numbers have no order");
        else
            return loops_of<std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>>;
    });
}

}  // namespace hpxpy::kernels
