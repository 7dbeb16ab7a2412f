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

constexpr int segments = 8;  ///< of a block

// A whole block, its segments side by side; their totals.
template <class F, class T, bool writes>
void begin_segments(T* out, const T* in, T* totals) {
    constexpr std::int64_t segment = scan_segment(sizeof(T));
    constexpr int width = segments;
    T running[width];
    for (int l = 0; l < width; ++l) {
        running[l] = in[l * segment];
        if constexpr (writes) out[l * segment] = running[l];
    }
    for (std::int64_t i = 1; i < segment; ++i) {
        // Processors that see some places of a page read in turn do not fetch ahead.
        constexpr std::int64_t line = 64 / sizeof(T);
        for (std::int64_t at = 0; at < width; at += line)
            __builtin_prefetch(in + (segment + i) * width + at);
        for (int l = 0; l < width; ++l) {
            running[l] = F{}(running[l], in[l * segment + i]);
            if constexpr (writes) out[l * segment + i] = running[l];
        }
    }
    for (int l = 0; l < width; ++l) totals[l] = running[l];
}

// As memcpy, which is slow here where source and target lie differently in their lines.
template <class T>
void copy_elements(T* to, const T* from, std::int64_t n) {
    constexpr std::int64_t line = 64 / sizeof(T);
    std::int64_t i = 0;
    for (; i + line <= n; i += line) {
        for (std::int64_t k = 0; k < line; ++k) to[i + k] = from[i + k];
        // So that the compiler does not make it a call of memcpy.
        asm volatile("" ::: "memory");
    }
    for (; i < n; ++i) to[i] = from[i];
}

template <class F, class T>
T joined_from_left(const T* totals, std::int64_t count) {
    T joined = totals[0];
    for (std::int64_t s = 1; s < count; ++s) joined = F{}(joined, totals[s]);
    return joined;
}

template <class F, class T, bool writes>
void begin_block(T* to, const T* from, std::int64_t n, T* total) {
    constexpr std::int64_t segment = scan_segment(sizeof(T)), most = segments * segment;
    if (n <= segment) {
        T running = from[0];
        if constexpr (writes) to[0] = running;
        for (std::int64_t i = 1; i < n; ++i) {
            running = F{}(running, from[i]);
            if constexpr (writes) to[i] = running;
        }
        *total = running;
        return;
    }
    T totals[segments];
    if (n == most) {
        begin_segments<F, T, writes>(to, from, totals);
        *total = joined_from_left<F>(totals, segments);
        return;
    }
    // Fewer lanes would take as long, so those that lack are made up.
    alignas(64) T padded[most];
    std::int64_t count = (n + segment - 1) / segment, last = n - 1;
    copy_elements(padded, from, n);
    for (std::int64_t i = n; i < most; ++i) padded[i] = T{};
    begin_segments<F, T, true>(padded, padded, totals);
    if constexpr (writes) copy_elements(to, padded, n);
    totals[count - 1] = padded[last];
    *total = joined_from_left<F>(totals, count);
}

template <class F, class T>
void begin_block(void* out, const void* in, std::int64_t n, void* total) {
    begin_block<F, T, true>(static_cast<T*>(out), static_cast<const T*>(in), n,
                            static_cast<T*>(total));
}

template <class F, class T>
void total_block(const void* in, std::int64_t n, void* total) {
    begin_block<F, T, false>(nullptr, static_cast<const T*>(in), n, static_cast<T*>(total));
}

// The elements of one segment, behind `count` others.
template <class F, class T, int count>
void end_segment(T* to, const T* from, std::int64_t n, const T* before) {
    T known[count + 1];
    for (int k = 0; k < count; ++k) known[k] = before[k];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) {
        T value = from[i];
#pragma GCC unroll 4
        for (int k = 0; k < count; ++k) value = F{}(known[k], value);
        to[i] = value;
    }
}

template <class F, class T>
void end_segment(T* to, const T* from, std::int64_t n, const T* before, int count) {
    constexpr int most = 4;
    for (; count > most; count -= most, before += most, from = to)
        end_segment<F, T, most>(to, from, n, before);
    switch (count) {
        case 0:
            return end_segment<F, T, 0>(to, from, n, before);
        case 1:
            return end_segment<F, T, 1>(to, from, n, before);
        case 2:
            return end_segment<F, T, 2>(to, from, n, before);
        case 3:
            return end_segment<F, T, 3>(to, from, n, before);
        default:
            return end_segment<F, T, 4>(to, from, n, before);
    }
}

template <class F, class T>
void end_block(void* out, const void* begun, std::int64_t n, const void* const* before, int count) {
    constexpr std::int64_t segment = scan_segment(sizeof(T));
    constexpr int most = 16;
    T* to = static_cast<T*>(out);
    const T* from = static_cast<const T*>(begun);
    // The first one is what comes before the segment in the block.
    T known[most];
    for (int k = 0; k < count; ++k) known[k + 1] = *static_cast<const T*>(before[k]);
    for (std::int64_t first = 0; first < n; first += segment) {
        std::int64_t taken = n - first < segment ? n - first : segment;
        T last = from[first + taken - 1];
        if (first == 0)
            end_segment<F, T>(to, from, taken, known + 1, count);
        else
            end_segment<F, T>(to + first, from + first, taken, known, count + 1);
        known[0] = first == 0 ? last : F{}(known[0], last);
    }
}

template <class F, class T, int width, int joins>
void scan_lanes(T* out, const T* in, const T* const* before, T* totals, std::int64_t n,
                std::int64_t in_stride, std::int64_t out_stride) {
    T running[width], known[joins + 1][width];
    for (int k = 0; k < joins; ++k)
        for (int l = 0; l < width; ++l) known[k][l] = before[k][l];
    auto place = [&](int l, std::int64_t i) {
        T value = running[l];
        for (int k = 0; k < joins; ++k) value = F{}(known[k][l], value);
        out[l * out_stride + i] = value;
    };
    for (int l = 0; l < width; ++l) {
        running[l] = in[l * in_stride];
        place(l, 0);
    }
    for (std::int64_t i = 1; i < n; ++i)
        for (int l = 0; l < width; ++l) {
            running[l] = F{}(running[l], in[l * in_stride + i]);
            place(l, i);
        }
    for (int l = 0; l < width; ++l) totals[l] = running[l];
}

template <class F, class T>
void run_lanes(void* out, const void* in, const void* const* before, int count, void* totals,
               int lanes, std::int64_t n, std::int64_t in_stride, std::int64_t out_stride) {
    in_widths(lanes, [&]<int width>(int first) {
        T* to = static_cast<T*>(out) + first * out_stride;
        T* running = static_cast<T*>(totals) + first;
        const T* from = static_cast<const T*>(in) + first * in_stride;
        const T* known[2];
        for (int k = 0; k < count; ++k) known[k] = static_cast<const T*>(before[k]) + first;
        if (count == 0)
            scan_lanes<F, T, width, 0>(to, from, known, running, n, in_stride, out_stride);
        else if (count == 1)
            scan_lanes<F, T, width, 1>(to, from, known, running, n, in_stride, out_stride);
        else
            scan_lanes<F, T, width, 2>(to, from, known, running, n, in_stride, out_stride);
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
#define HPXPY_DTYPE(name, type, kind, letter)                                                  \
    if constexpr (DType::name == DType::int64 || DType::name == DType::uint64 ||               \
                  is_floating(DType::name) || hpxpy::is_complex(DType::name))                  \
        table.scans[static_cast<int>(reduction)][static_cast<int>(DType::name)] = {            \
            scan<F, Stored<type>>, begin_block<F, Stored<type>>, total_block<F, Stored<type>>, \
            end_block<F, Stored<type>>, run_lanes<F, Stored<type>>};
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
