// Sorting and searching: rows go to the threads, and a long row is sorted by all of them, each pass
// with a count of digits a thread.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/sorting.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "algorithms/lines.hpp"
#include "algorithms/rows.hpp"
#include "algorithms/sorting_distributed.hpp"
#include "base/error.hpp"
#include "exec/stream.hpp"
#include "kernels/indexing.hpp"
#include "kernels/sorting.hpp"

namespace hpxpy {

namespace {

// So many keys with their copies and positions fit into a core's cache.
constexpr std::int64_t group_keys = 8192;

// Keys, and positions where they are wanted, that wander between two places with each pass.
struct Row {
    char* keys;
    char* other_keys;
    char* positions = nullptr;
    char* other_positions = nullptr;
    std::int64_t key_size;
    bool wide = false;  ///< positions of 64 bits
    std::int64_t n;

    std::int64_t position_size() const { return wide ? 8 : 4; }
    void swap() {
        std::swap(keys, other_keys);
        std::swap(positions, other_positions);
    }
    template <class Position>
    Position* at(char* place, std::int64_t first = 0) const {
        return static_cast<Position*>(static_cast<void*>(place)) + first;
    }
    void move(const kernels::Digits& digits, std::int64_t first, std::int64_t count, int pass,
              std::int64_t* next) const {
        const char* from = keys + first * key_size;
        if (!positions)
            digits.move(other_keys, from, count, pass, next);
        else if (wide)
            digits.move_both64(other_keys, at<std::int64_t>(other_positions), from,
                               at<std::int64_t>(positions, first), count, pass, next);
        else
            digits.move_both32(other_keys, at<std::uint32_t>(other_positions), from,
                               at<std::uint32_t>(positions, first), count, pass, next);
    }
};

bool sort_few(const kernels::Digits& digits, const Row& row) {
    if (row.n > digits.few) return false;
    if (!row.positions)
        digits.sort_few(row.keys, row.other_keys, row.n);
    else if (row.wide)
        digits.sort_few_both64(row.keys, row.other_keys, row.at<std::int64_t>(row.positions),
                               row.at<std::int64_t>(row.other_positions), row.n);
    else
        digits.sort_few_both32(row.keys, row.other_keys, row.at<std::uint32_t>(row.positions),
                               row.at<std::uint32_t>(row.other_positions), row.n);
    return true;
}

// One pass; with several parts each counts and moves its own keys. A digit that all keys share moves
// nothing.
void sort_pass(const kernels::Digits& digits, Row& row, int pass, std::int64_t parts) {
    int values = 1 << digits.bits;
    std::vector<std::int64_t> next(static_cast<std::size_t>(parts * values));
    auto own = [&](std::int64_t part) { return next.data() + part * values; };
    in_parts(parts, row.n, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        digits.count(own(part), row.keys + first * row.key_size, last - first, pass);
    });
    std::int64_t sum = 0;
    for (int value = 0; value < values; ++value) {
        std::int64_t begin = sum;
        for (std::int64_t part = 0; part < parts; ++part) {
            std::int64_t count = own(part)[value];
            own(part)[value] = sum;
            sum += count;
        }
        if (sum - begin == row.n) return;
    }
    in_parts(parts, row.n, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        row.move(digits, first, last - first, pass, own(part));
    });
    row.swap();
}

// Neighbouring tops of keys joined to groups that stay in a core's cache.
struct Groups {
    std::vector<std::uint16_t> of_top = std::vector<std::uint16_t>(kernels::top_count);
    std::vector<std::int64_t> sizes;
    std::int64_t largest = 0;

    Groups(const std::vector<std::uint32_t>& counts, std::int64_t parts, std::int64_t n) {
        std::int64_t wanted = std::max(n / 1000, group_keys), size = 0;
        for (std::size_t top = 0; top < kernels::top_count; ++top) {
            std::int64_t count = 0;
            for (std::int64_t part = 0; part < parts; ++part)
                count += counts[static_cast<std::size_t>(part) * kernels::top_count + top];
            if (size > 0 && size + count > wanted) {
                sizes.push_back(size);
                size = 0;
            }
            of_top[top] = static_cast<std::uint16_t>(sizes.size());
            size += count;
        }
        sizes.push_back(size);
        largest = *std::max_element(sizes.begin(), sizes.end());
    }
};

void sort_digits(const kernels::Digits& digits, Row& row, std::int64_t parts);

// Sorts group `first .. first + n` of a row whose keys were moved to their groups.
void sort_group(const kernels::Digits& digits, const Row& row, std::int64_t first, std::int64_t n) {
    auto shift = [&](char* place, std::int64_t size) {
        return place ? place + first * size : place;
    };
    Row group = row;
    group.n = n;
    group.keys = shift(row.keys, row.key_size);
    group.other_keys = shift(row.other_keys, row.key_size);
    group.positions = shift(row.positions, row.position_size());
    group.other_positions = shift(row.other_positions, row.position_size());
    char* keys = group.keys;
    char* positions = group.positions;
    sort_digits(digits, group, 1);
    if (group.keys == keys) return;
    // What was sorted belongs to where the other groups are; of positions the keys are needed no more.
    if (positions)
        std::memcpy(positions, group.positions, static_cast<std::size_t>(n * row.position_size()));
    else
        std::memcpy(keys, group.keys, static_cast<std::size_t>(n * row.key_size));
}

// A long row of wide keys: its groups first, in one pass through memory, then each in the cache. False, and
// nothing done, if too many keys have one top.
bool sort_groups(const kernels::Digits& digits, Row& row, std::int64_t parts) {
    if (row.key_size < 8 || row.n < 32 * group_keys) return false;
    std::vector<std::uint64_t> differing(static_cast<std::size_t>(parts));
    in_parts(parts, row.n, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        // One key of the part before ties the parts together.
        std::int64_t from = std::max<std::int64_t>(first - 1, 0);
        differing[static_cast<std::size_t>(part)] =
            digits.differing(row.keys + from * row.key_size, last - from);
    });
    std::uint64_t bits = 0;
    for (std::uint64_t each : differing) bits |= each;
    int shift = std::max(static_cast<int>(std::bit_width(bits)) - 16, 0);
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(parts) * kernels::top_count);
    auto own = [&](std::int64_t part) { return counts.data() + part * kernels::top_count; };
    in_parts(parts, row.n, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        digits.count_tops(own(part), row.keys + first * row.key_size, last - first, shift);
    });
    Groups groups(counts, parts, row.n);
    if (groups.largest > row.n / 8) return false;
    auto count = static_cast<std::int64_t>(groups.sizes.size());
    std::vector<std::int64_t> next(static_cast<std::size_t>(parts * count));
    for (std::int64_t part = 0; part < parts; ++part)
        for (std::size_t top = 0; top < kernels::top_count; ++top)
            next[static_cast<std::size_t>(part * count + groups.of_top[top])] += own(part)[top];
    std::vector<std::int64_t> begins;
    std::int64_t sum = 0;
    for (std::int64_t group = 0; group < count; ++group) {
        begins.push_back(sum);
        for (std::int64_t part = 0; part < parts; ++part)
            sum += std::exchange(next[static_cast<std::size_t>(part * count + group)], sum);
    }
    std::int64_t position_size = row.positions ? row.position_size() : 0;
    in_parts(parts, row.n, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        digits.move_groups(row.other_keys, row.other_positions, row.keys + first * row.key_size,
                           row.positions ? row.positions + first * position_size : nullptr,
                           position_size, last - first, shift, groups.of_top.data(),
                           next.data() + part * count);
    });
    row.swap();
    in_parts(parts == 1 ? 1 : std::min(count, 8 * parts), count,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i) {
                     auto group = static_cast<std::size_t>(i);
                     sort_group(digits, row, begins[group], groups.sizes[group]);
                 }
             });
    return true;
}

void sort_row(Row& row, std::int64_t parts) {
    const kernels::Digits& digits = kernels::digits_of(row.key_size);
    if (!sort_groups(digits, row, parts)) sort_digits(digits, row, parts);
}

void sort_digits(const kernels::Digits& digits, Row& row, std::int64_t parts) {
    if (sort_few(digits, row)) return;
    for (int pass = 0; pass < digits.passes; ++pass) sort_pass(digits, row, pass, parts);
}

// What sorting one row at a time needs.
struct Scratch {
    Ref<Buffer> keys, other_keys, positions, other_positions;
};

// The positions that sort rows by keys of real dtypes, the least significant first.
struct KeyRows {
    DType dtype;
    const char* data;
    std::int64_t stride;  ///< elements from one to the next
    std::int64_t row;     ///< elements from one row to the next
    bool turns = true;    ///< with the order
};

// Elements first to last of the row's keys become those of `from` at its positions.
void fetch_keys(const Row& row, std::int64_t first, std::int64_t last, const char* from) {
    auto fetch = [&]<class Key>(const Key* keys) {
        Key* to = row.at<Key>(row.keys);
        for (std::int64_t i = first; i < last; ++i)
            to[i] = keys[row.wide ? row.at<std::int64_t>(row.positions)[i]
                                  : row.at<std::uint32_t>(row.positions)[i]];
    };
    const auto* keys = static_cast<const void*>(from);
    switch (row.key_size) {
        case 1:
            return fetch(static_cast<const std::uint8_t*>(keys));
        case 2:
            return fetch(static_cast<const std::uint16_t*>(keys));
        case 4:
            return fetch(static_cast<const std::uint32_t*>(keys));
        default:
            return fetch(static_cast<const std::uint64_t*>(keys));
    }
}

// The keys of the row in the order of its positions so far.
void load_keys(const Row& row, const KeyRows& keys, const char* data, bool descending, bool first,
               std::int64_t parts) {
    const kernels::Keys& maker = kernels::keys_of(keys.dtype);
    char* made = first ? row.keys : row.other_keys;
    in_parts(parts, row.n, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        maker.make(made + begin * maker.size, data + begin * keys.stride * maker.size, keys.stride,
                   end - begin, descending);
    });
    if (first) return;
    in_parts(parts, row.n, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        fetch_keys(row, begin, end, made);
    });
}

void write_positions(std::int64_t* out, const Row& row, std::int64_t parts) {
    auto write = [&]<class Position>(const Position* positions) {
        in_parts(parts, row.n, [&](std::int64_t, std::int64_t first, std::int64_t last) {
            std::copy(positions + first, positions + last, out + first);
        });
    };
    if (row.wide)
        write(row.at<std::int64_t>(row.positions));
    else
        write(row.at<std::uint32_t>(row.positions));
}

// Where elements of a row that was sorted by its first keys have equal ones, they are sorted by the second.
void sort_equal(const Row& row, const KeyRows& second, const char* data, bool descending) {
    const kernels::Digits& digits = kernels::digits_of(row.key_size);
    Ref<Buffer> made;
    std::int64_t end = 0;
    while (true) {
        std::int64_t first = digits.find_equal(row.keys, end, row.n, &end);
        if (first == row.n) return;
        if (!made) {
            made = row_memory(row.n, row.key_size);
            kernels::keys_of(second.dtype)
                .make(made->data(), data, second.stride, row.n, descending);
        }
        fetch_keys(row, first, end, bytes_of(made));
        sort_group(digits, row, first, end - first);
    }
}

void count_up(const Row& row) {
    if (row.wide)
        std::iota(row.at<std::int64_t>(row.positions), row.at<std::int64_t>(row.positions) + row.n,
                  0);
    else
        std::iota(row.at<std::uint32_t>(row.positions),
                  row.at<std::uint32_t>(row.positions) + row.n, 0);
}

// The positions that sort one row, `i`, by the keys.
void order_row(std::int64_t* out, Row row, std::span<const KeyRows> keys, std::int64_t i,
               bool descending, std::int64_t parts) {
    auto load = [&](const KeyRows& key, bool first) {
        row.key_size = kernels::keys_of(key.dtype).size;
        load_keys(row, key, key.data + i * key.row * row.key_size, descending && key.turns, first,
                  parts);
    };
    bool equal_later = keys.size() == 2 && parts == 1 && keys[0].dtype == keys[1].dtype;
    load(keys[equal_later], true);
    if (keys.size() == 1 && kernels::digits_of(row.key_size).order_few(out, row.keys, row.n))
        return;
    count_up(row);
    sort_row(row, parts);
    if (equal_later)
        sort_equal(row, keys[0], keys[0].data + i * keys[0].row * row.key_size, descending);
    else
        for (const KeyRows& key : keys.subspan(1)) {
            load(key, false);
            sort_row(row, parts);
        }
    write_positions(out, row, parts);
}

Array sorting_positions(const Rows& rows, std::span<const KeyRows> keys, bool descending) {
    Array result = rows.result(DType::int64);
    std::int64_t n = rows.length, size = 0;
    for (const KeyRows& each : keys) size = std::max(size, kernels::keys_of(each.dtype).size);
    rows.tell_work(size + static_cast<std::int64_t>(sizeof(std::int64_t)));
    bool wide = n > std::numeric_limits<std::uint32_t>::max();
    std::int64_t position_size = wide ? 8 : 4;
    auto* out = static_cast<std::int64_t*>(result.node->buffer->data());
    std::vector<Scratch> scratch;
    for (std::int64_t i = 0; i < rows.parts(); ++i)
        scratch.push_back({row_memory(n, size), row_memory(n, size), row_memory(n, position_size),
                           row_memory(n, position_size)});
    rows.for_parts(
        [&](std::size_t part, std::int64_t first, std::int64_t last, std::int64_t parts) {
            const Scratch& own = scratch[part];
            Row row{bytes_of(own.keys),
                    bytes_of(own.other_keys),
                    bytes_of(own.positions),
                    bytes_of(own.other_positions),
                    size,
                    wide,
                    n};
            for (std::int64_t i = first; i < last; ++i)
                order_row(out + i * n, row, keys, i, descending, parts);
        });
    return result;
}

kernels::Oddities oddities_of(const Rows& rows) {
    DType dtype = rows.dense.dtype();
    const char* data = rows.row(0, itemsize(dtype));
    std::int64_t count = rows.dense.view.count();
    std::vector<kernels::Oddities> found(static_cast<std::size_t>(part_count(count)));
    in_parts(part_count(count), count, [&](std::int64_t k, std::int64_t first, std::int64_t last) {
        found[static_cast<std::size_t>(k)] =
            kernels::oddities_of(dtype, data + first * itemsize(dtype), last - first);
    });
    kernels::Oddities all;
    for (const kernels::Oddities& each : found) {
        all.nan |= each.nan;
        all.negative_zero |= each.negative_zero;
    }
    return all;
}

// The keys of arrays: of a complex one both parts, in one key if they fit; where there is nan, the imaginary
// parts, then the real ones, then where they are nan.
struct KeyList {
    std::vector<KeyRows> keys;
    std::vector<Ref<Buffer>> places;

    void push(const Rows& rows) {
        DType dtype = rows.dense.dtype();
        const char* data = rows.row(0, itemsize(dtype));
        if (!is_complex(dtype)) {
            keys.push_back({dtype, data, 1, rows.length});
            return;
        }
        bool nan = oddities_of(rows).nan;
        if (dtype == DType::complex64 && !nan) {
            keys.push_back({dtype, data, 1, rows.length});
            return;
        }
        DType part = real_dtype(dtype);
        keys.push_back({part, data + itemsize(part), 2, 2 * rows.length});
        keys.push_back({part, data, 2, 2 * rows.length});
        if (!nan) return;
        std::int64_t count = rows.dense.view.count();
        Ref<Buffer> made = row_memory(count, 1);
        in_parts(part_count(count), count,
                 [&](std::int64_t, std::int64_t first, std::int64_t last) {
                     kernels::nan_places(dtype, static_cast<std::uint8_t*>(made->data()) + first,
                                         data + first * itemsize(dtype), last - first);
                 });
        keys.push_back({DType::uint8, bytes_of(made), 1, rows.length, false});
        places.push_back(std::move(made));
    }
};

// Whether the sorted elements can be had from sorted keys alone.
bool keys_suffice(const Rows& rows) {
    if (!is_complex(rows.dense.dtype())) return true;
    if (rows.dense.dtype() == DType::complex128) return false;
    kernels::Oddities oddities = oddities_of(rows);
    return !oddities.nan && !oddities.negative_zero;
}

Array sorted_by_positions(const Rows& rows, bool descending) {
    KeyList list;
    list.push(rows);
    Array positions = sorting_positions(rows, list.keys, descending);
    const auto* offsets = static_cast<const std::int64_t*>(positions.node->buffer->data());
    Array result = rows.result(rows.dense.dtype());
    std::int64_t n = rows.length, size = itemsize(rows.dense.dtype());
    const auto& loops = kernels::indexing(size);
    rows.for_parts([&](std::size_t, std::int64_t first, std::int64_t last, std::int64_t parts) {
        for (std::int64_t i = first; i < last; ++i)
            in_parts(parts, n, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
                loops.fetch(result.node->bytes() + (i * n + begin) * size, 1, rows.row(i, size),
                            offsets + i * n + begin, end - begin, 1, 1);
            });
    });
    return result;
}

// Rows up to so long are worth less than what is done once for each of them.
constexpr std::int64_t short_row = 512;

// Rows first to last, as many at once as stay in a core's cache.
void sort_short_rows(char* out, const Rows& rows, std::int64_t first, std::int64_t last,
                     char* scratch, bool descending) {
    const kernels::Keys& keys = kernels::keys_of(rows.dense.dtype());
    const kernels::Digits& digits = kernels::digits_of(keys.size);
    std::int64_t n = rows.length,
                 together = std::max<std::int64_t>(2048 / std::max<std::int64_t>(n, 1), 1);
    for (std::int64_t i = first; i < last; i += together) {
        std::int64_t count = std::min(together, last - i);
        char* target = out + i * n * keys.size;
        bool zeros = keys.make(target, rows.row(i, keys.size), 1, count * n, descending);
        digits.sort_rows(target, scratch, count, n);
        keys.restore(target, target, count * n, descending);
        if (!zeros) continue;
        for (std::int64_t row = 0; row < count; ++row)
            keys.restore_zeros(target + row * n * keys.size, rows.row(i + row, keys.size), n);
    }
}

}  // namespace

Array sort(const char* function, const Array& x, int axis, bool descending) {
    if (x.distributed()) {
        if (crosses_lines(x, axis) && !has_other_lines(x, axis))
            return sort_line(function, x, descending);
        return in_lines(
            x, axis, [&](const Array& lines) { return sort(function, lines, axis, descending); });
    }
    Rows rows(x, axis);
    if (!keys_suffice(rows)) return axis_back(sorted_by_positions(rows, descending), axis);
    Array result = rows.result(x.dtype());
    const kernels::Keys& keys = kernels::keys_of(x.dtype());
    std::int64_t n = rows.length;
    rows.tell_work(keys.size);
    char* out = result.node->bytes();
    std::vector<Ref<Buffer>> scratch;
    for (std::int64_t i = 0; i < rows.parts(); ++i) scratch.push_back(row_memory(n, keys.size));
    rows.for_parts(
        [&](std::size_t part, std::int64_t first, std::int64_t last, std::int64_t parts) {
            if (n <= short_row) {
                sort_short_rows(out, rows, first, last, bytes_of(scratch[part]), descending);
                return;
            }
            for (std::int64_t i = first; i < last; ++i) {
                char* target = out + i * n * keys.size;
                const char* source = rows.row(i, keys.size);
                Row row{target, bytes_of(scratch[part]), nullptr, nullptr, keys.size, false, n};
                std::vector<unsigned char> zeros(static_cast<std::size_t>(parts));
                in_parts(parts, n, [&](std::int64_t k, std::int64_t begin, std::int64_t end) {
                    zeros[static_cast<std::size_t>(k)] =
                        keys.make(target + begin * keys.size, source + begin * keys.size, 1,
                                  end - begin, descending);
                });
                sort_row(row, parts);
                in_parts(parts, n, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
                    keys.restore(target + begin * keys.size, row.keys + begin * keys.size,
                                 end - begin, descending);
                });
                if (std::find(zeros.begin(), zeros.end(), 1) != zeros.end())
                    keys.restore_zeros(target, source, n);
            }
        });
    return axis_back(result, axis);
}

Array argsort(const char* function, const Array& x, int axis, bool descending) {
    if (x.distributed()) {
        if (crosses_lines(x, axis) && !has_other_lines(x, axis))
            return argsort_line(function, x, descending);
        return in_lines(x, axis, [&](const Array& lines) {
            return argsort(function, lines, axis, descending);
        });
    }
    Rows rows(x, axis);
    KeyList list;
    list.push(rows);
    return axis_back(sorting_positions(rows, list.keys, descending), axis);
}

Array lexsort(std::span<const Array> arrays, int axis) {
    std::vector<Rows> rows;
    KeyList list;
    for (const Array& each : arrays) {
        require_local("lexsort", each);
        if (each.shape() != arrays[0].shape())
            fail<ValueError>("lexsort: keys of shapes ", to_string(arrays[0].shape()), " and ",
                             to_string(each.shape()), "; all need the same");
        rows.emplace_back(each, axis);
    }
    for (const Rows& each : rows) list.push(each);
    return axis_back(sorting_positions(rows[0], list.keys, false), axis);
}

Array search_sorted(const Array& given, const Array& wanted, bool right) {
    if (given.dimensions() != 1)
        fail<ValueError>("searchsorted: the sorted array has shape ", to_string(given.shape()),
                         "; it must have one dimension");
    if (given.distributed() && wanted.distributed())
        return search_line("searchsorted", given, wanted, right);
    require_local("searchsorted", given);
    if (wanted.distributed()) {
        Array result = search_sorted(given, part_of(wanted), right);
        result.place = wanted.place;
        return result;
    }
    DType dtype = promote(given.dtype(), wanted.dtype());
    bool mixed = is_floating(dtype) && is_integer(given.dtype()) && is_integer(wanted.dtype());
    if (mixed) dtype = given.dtype() == DType::uint64 ? DType::uint64 : DType::int64;
    Array sorted = dense_values("searchsorted", given, dtype);
    Stream values(wanted, dtype);
    Array result = new_array(DType::int64, wanted.view.shape);
    auto* out = static_cast<std::int64_t*>(result.node->buffer->data());
    std::int64_t size = itemsize(dtype), count = values.count();
    kernels::Search loop = kernels::search(dtype);
    in_parts(part_count(count, 16), count,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 // What the other signedness does not hold has the highest bit set.
                 std::int64_t outside = dtype == DType::uint64 ? 0 : sorted.view.count();
                 Stream::Reader reader(values);
                 in_pieces(values, first, last, [&](std::int64_t begin, std::int64_t n) {
                     const char* in = reader.read(begin, n);
                     loop(out + begin, sorted.node->bytes() + sorted.view.offset * size,
                          sorted.view.count(), in, n, right);
                     if (!mixed) return;
                     const auto* bits = reinterpret_cast<const std::int64_t*>(in);
                     for (std::int64_t i = 0; i < n; ++i)
                         if (bits[i] < 0) out[begin + i] = outside;
                 });
             });
    return result;
}

}  // namespace hpxpy
