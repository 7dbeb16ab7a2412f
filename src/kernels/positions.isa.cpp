// argmin and argmax for one instruction set: a state is a value with its position; the first of equal
// values wins, and the first nan over every number.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/reductions.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

template <class T>
struct Positioned {
    T value;
    std::int64_t position;
};

// Whether `x` takes the place of an earlier `best`.
template <class Before, class T>
HPXPY_INLINE bool replaces(T x, T best) {
    return (Before{}(x, best) | is_nan(x)) & !is_nan(best);
}

template <class Before, class T>
HPXPY_INLINE bool same_extreme(T x, T extreme) {
    if (is_nan(extreme)) return is_nan(x);
    return functors::equal{}(x, extreme);
}

// The value first, with the lanes of min and max, then where it is.
template <class Before, class Extreme, class T>
Positioned<T> find_in_row(const T* in, std::int64_t n) {
    constexpr std::int64_t chunk = 64;
    if (n < 2 * lane_count<T>) {
        Positioned<T> best{in[0], 0};
        for (std::int64_t i = 1; i < n; ++i)
            if (replaces<Before>(in[i], best.value)) best = {in[i], i};
        return best;
    }
    T extreme = reduce_long_row<Extreme>(in, n);
    std::int64_t i = 0;
    for (; i + chunk <= n; i += chunk) {
        unsigned char found = 0;
        for (std::int64_t k = 0; k < chunk; ++k)
            found |= static_cast<unsigned char>(same_extreme<Before>(in[i + k], extreme));
        if (found) break;
    }
    while (!same_extreme<Before>(in[i], extreme)) ++i;
    return {in[i], i};
}

// Many short rows side by side, without a branch that depends on values.
template <class Before, class T>
void find_in_short_rows(Positioned<T>* to, const T* in, std::int64_t rows, std::int64_t n,
                        std::int64_t position) {
    constexpr std::int64_t tile = 64;
    T value[tile];
    std::int64_t place[tile];
    for (std::int64_t first = 0; first < rows; first += tile) {
        std::int64_t count = rows - first < tile ? rows - first : tile;
        const T* from = in + first * n;
        for (std::int64_t r = 0; r < count; ++r) value[r] = from[r * n];
        for (std::int64_t r = 0; r < count; ++r) place[r] = 0;
        for (std::int64_t i = 1; i < n; ++i)
            for (std::int64_t r = 0; r < count; ++r) {
                T x = from[r * n + i];
                bool better = replaces<Before>(x, value[r]);
                value[r] = better ? x : value[r];
                place[r] = better ? i : place[r];
            }
        for (std::int64_t r = 0; r < count; ++r) to[first + r] = {value[r], place[r] + position};
    }
}

template <class Before, class Extreme, class T>
void reduce_positions(void* states, const void* in, std::int64_t rows, std::int64_t n,
                      std::int64_t position) {
    auto* to = static_cast<Positioned<T>*>(states);
    const T* from = static_cast<const T*>(in);
    if (rows >= 8 && n < lane_count<T>)
        return find_in_short_rows<Before>(to, from, rows, n, position);
    for (std::int64_t r = 0; r < rows; ++r) {
        Positioned<T> best = find_in_row<Before, Extreme>(from + r * n, n);
        to[r] = {best.value, best.position + position};
    }
}

template <class Before, class T>
void accumulate_positions(void* states, const void* in, std::int64_t rows, std::int64_t columns,
                          std::int64_t position, bool fresh) {
    constexpr std::int64_t tile = 64;
    auto* to = static_cast<Positioned<T>*>(states);
    const T* from = static_cast<const T*>(in);
    if (rows <= 0) return;
    T value[tile];
    std::int64_t place[tile];
    for (std::int64_t first = 0; first < columns; first += tile) {
        std::int64_t count = columns - first < tile ? columns - first : tile;
        for (std::int64_t c = 0; c < count; ++c) {
            value[c] = fresh ? from[first + c] : to[first + c].value;
            place[c] = fresh ? position : to[first + c].position;
        }
        for (std::int64_t r = fresh ? 1 : 0; r < rows; ++r) {
            const T* row = from + r * columns + first;
            for (std::int64_t c = 0; c < count; ++c) {
                bool better = replaces<Before>(row[c], value[c]);
                value[c] = better ? row[c] : value[c];
                place[c] = better ? position + r : place[c];
            }
        }
        for (std::int64_t c = 0; c < count; ++c) to[first + c] = {value[c], place[c]};
    }
}

template <class Before, class T>
void join_positions(const void* left, void* into, std::int64_t items) {
    auto* a = static_cast<const Positioned<T>*>(left);
    auto* b = static_cast<Positioned<T>*>(into);
    for (std::int64_t i = 0; i < items; ++i) {
        bool later = replaces<Before>(b[i].value, a[i].value);
        // The state of no element has the last of all positions.
        bool first = same_extreme<Before>(b[i].value, a[i].value) && b[i].position < a[i].position;
        if (!later && !first) b[i] = a[i];
    }
}

template <class T>
void finish_positions(void* out, const void* states, std::int64_t items) {
    auto* from = static_cast<const Positioned<T>*>(states);
    auto* to = static_cast<std::int64_t*>(out);
    for (std::int64_t i = 0; i < items; ++i) to[i] = from[i].position;
}

template <class Before, class Extreme, class T>
constexpr ReductionLoops position_loops = {
    sizeof(Positioned<T>), reduce_positions<Before, Extreme, T>, accumulate_positions<Before, T>,
    join_positions<Before, T>, finish_positions<T>};

template <class Before, Reduction reduction>
void fill_row(Table& table) {
    if constexpr (row(reduction).result == Result::index) {
        using Extreme = std::conditional_t<std::is_same_v<Before, functors::less>,
                                           functors::minimum, functors::maximum>;
#define HPXPY_DTYPE(name, type, kind, letter)                                      \
    table.reductions[static_cast<int>(reduction)][static_cast<int>(DType::name)] = \
        position_loops<Before, Extreme, Stored<type>>;
#include "base/dtype.def"
#undef HPXPY_DTYPE
    }
}

}  // namespace

void fill_positions(Table& table) {
#define HPXPY_REDUCTION(name, joining, ...) fill_row<functors::joining, Reduction::name>(table);
#include "ops/table.def"
}

}  // namespace hpxpy::kernels::HPXPY_ISA
