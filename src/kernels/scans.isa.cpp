// Running sums and products for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/elementwise.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

// One column: the running value stays in a register.
template <class F, class T>
void scan_one(T* out, const T* in, const T* before, std::int64_t rows, std::int64_t in_stride,
              std::int64_t out_stride) {
    T running = in[0];
    out[0] = before ? F{}(*before, running) : running;
    for (std::int64_t r = 1; r < rows; ++r) {
        running = F{}(running, in[r * in_stride]);
        out[r * out_stride] = before ? F{}(*before, running) : running;
    }
}

// Some columns side by side, row after row.
template <class F, class T, std::int64_t tile>
void scan_tile(T* out, const T* in, const T* before, std::int64_t rows, std::int64_t columns,
               std::int64_t in_stride, std::int64_t out_stride) {
    T running[tile];
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* from = in + r * in_stride;
        T* to = out + r * out_stride;
        if (r == 0)
            for (std::int64_t c = 0; c < columns; ++c) running[c] = from[c];
        else
            for (std::int64_t c = 0; c < columns; ++c) running[c] = F{}(running[c], from[c]);
        if (before)
            for (std::int64_t c = 0; c < columns; ++c) to[c] = F{}(before[c], running[c]);
        else
            for (std::int64_t c = 0; c < columns; ++c) to[c] = running[c];
    }
}

template <class F, class T>
void scan(void* out, const void* in, const void* before, std::int64_t rows, std::int64_t columns,
          std::int64_t in_stride, std::int64_t out_stride) {
    constexpr std::int64_t tile = 64;
    T* to = static_cast<T*>(out);
    const T* from = static_cast<const T*>(in);
    const T* joined = static_cast<const T*>(before);
    if (rows <= 0) return;
    if (columns == 1) return scan_one<F>(to, from, joined, rows, in_stride, out_stride);
    for (std::int64_t c = 0; c < columns; c += tile)
        scan_tile<F, T, tile>(to + c, from + c, joined ? joined + c : nullptr, rows,
                              columns - c < tile ? columns - c : tile, in_stride, out_stride);
}

// Calls body.operator()<width>(first) for all lanes, as many side by side as there are.
template <class Body>
void in_widths(int lanes, const Body& body) {
    int first = 0;
    for (; lanes - first >= 8; first += 8) body.template operator()<8>(first);
    if (lanes - first >= 4) {
        body.template operator()<4>(first);
        first += 4;
    }
    if (lanes - first >= 2) {
        body.template operator()<2>(first);
        first += 2;
    }
    if (lanes - first >= 1) body.template operator()<1>(first);
}

template <class F, class T>
void total_lanes(void* totals, const void* in, int lanes, std::int64_t n, std::int64_t stride) {
    in_widths(lanes, [&]<int width>(int first) {
        const T* from = static_cast<const T*>(in) + first * stride;
        T running[width];
        for (int l = 0; l < width; ++l) running[l] = from[l * stride];
        for (std::int64_t i = 1; i < n; ++i)
            for (int l = 0; l < width; ++l) running[l] = F{}(running[l], from[l * stride + i]);
        for (int l = 0; l < width; ++l) static_cast<T*>(totals)[first + l] = running[l];
    });
}

template <class F, class T, int width, bool joins>
void scan_lanes(T* out, const T* in, const T* before, T* totals, std::int64_t first, std::int64_t n,
                std::int64_t in_stride, std::int64_t out_stride) {
    T running[width];
    for (int l = 0; l < width; ++l) running[l] = totals[l];
    for (std::int64_t i = first; i < n; ++i)
        for (int l = 0; l < width; ++l) {
            running[l] = F{}(running[l], in[l * in_stride + i]);
            out[l * out_stride + i] = joins ? F{}(before[l], running[l]) : running[l];
        }
    for (int l = 0; l < width; ++l) totals[l] = running[l];
}

template <class F, class T>
void run_lanes(void* out, const void* in, const void* before, void* totals, bool fresh, int lanes,
               std::int64_t n, std::int64_t in_stride, std::int64_t out_stride) {
    in_widths(lanes, [&]<int width>(int first) {
        T* to = static_cast<T*>(out) + first * out_stride;
        T* running = static_cast<T*>(totals) + first;
        const T* from = static_cast<const T*>(in) + first * in_stride;
        const T* joined = before ? static_cast<const T*>(before) + first : nullptr;
        if (fresh)
            for (int l = 0; l < width; ++l) {
                running[l] = from[l * in_stride];
                to[l * out_stride] = joined ? F{}(joined[l], running[l]) : running[l];
            }
        if (joined)
            scan_lanes<F, T, width, true>(to, from, joined, running, fresh, n, in_stride,
                                          out_stride);
        else
            scan_lanes<F, T, width, false>(to, from, joined, running, fresh, n, in_stride,
                                           out_stride);
    });
}

constexpr bool is_scanned(Reduction reduction) {
    for (const ScanRow& scan : scan_rows)
        if (scan.reduction == reduction) return true;
    return false;
}

template <class F, Reduction reduction>
void fill_row(Table& table) {
    if constexpr (is_scanned(reduction)) {
#define HPXPY_DTYPE(name, type, kind, letter)                                       \
    if constexpr (DType::name == DType::int64 || DType::name == DType::uint64 ||    \
                  is_floating(DType::name) || hpxpy::is_complex(DType::name))       \
        table.scans[static_cast<int>(reduction)][static_cast<int>(DType::name)] = { \
            scan<F, Stored<type>>, total_lanes<F, Stored<type>>, run_lanes<F, Stored<type>>};
#include "base/dtype.def"
#undef HPXPY_DTYPE
    }
}

}  // namespace

void fill_scans(Table& table) {
#define HPXPY_REDUCTION(name, joining, ...) fill_row<functors::joining, Reduction::name>(table);
#include "ops/table.def"
}

}  // namespace hpxpy::kernels::HPXPY_ISA
