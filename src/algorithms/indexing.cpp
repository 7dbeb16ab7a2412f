// Indexing with arrays and masks: positions become offsets, which the kernels follow.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/indexing.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <optional>

#include "algorithms/parts.hpp"
#include "algorithms/routed_indexing.hpp"
#include "algorithms/selection.hpp"
#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "exec/stream.hpp"
#include "kernels/indexing.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t block_length = 1024;

template <class T>
T* elements_of(const Array& x) {
    return static_cast<T*>(static_cast<void*>(data_of(x)));
}

bool overlaps(const Array& a, const Array& b) {
    auto ends = [](const Array& x) {
        Extent reach = extent(x.view);
        std::int64_t size = itemsize(x.dtype());
        return std::pair<const char*, const char*>(x.node->bytes() + reach.first * size,
                                                   x.node->bytes() + reach.last * size);
    };
    auto [a_first, a_last] = ends(a);
    auto [b_first, b_last] = ends(b);
    return a_first < b_last && b_first < a_last;
}

void check_writeable(const char* function, const Array& x) {
    if (!x.writeable)
        fail<ValueError>(function, ": this array is read-only; copy() gives one that is not");
}

// Before memory of `x` is written.
void prepare_write(const char* function, const Array& x) {
    check_writeable(function, x);
    evaluate(x);
    before_write(*x.node);
}

void check_real(const char* function, DType from, DType to) {
    if (is_complex(from) && !is_complex(to))
        fail<TypeError>(function, ": ", name_of(from), " values do not fit into a ", name_of(to),
                        " array; assign their real part");
}

// Positions in a shape.
Array shaped_positions(const char* function, const Array& positions, const Dims& shape) {
    require_local(function, positions);
    Array x = within_int64(positions);
    return x.shape() == shape ? x : broadcast_to(x, shape);
}

// What is read while `x`, evaluated, is written: its own elements or a copy of them.
Array apart_from(const Array& x, const Array& read) {
    evaluate(read);
    return overlaps(read, x) ? copy(read) : read;
}

[[noreturn]] void fail_position(const char* function, std::int64_t position, int axis,
                                std::int64_t length) {
    fail<IndexError>(function, ": ", position, " is out of range for axis ", axis, " of length ",
                     length);
}

// The first position that is out of range, found by several threads.
class FirstWrong {
public:
    void note(std::int64_t i) {
        std::int64_t known = first_.load();
        while (i < known && !first_.compare_exchange_weak(known, i)) {
        }
    }
    bool any() const { return first_.load() != none; }
    std::int64_t value() const { return first_.load(); }

private:
    static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
    std::atomic<std::int64_t> first_{none};
};

// Position arrays of one shape, for axes of given lengths and strides.
class Positions {
public:
    Positions(const char* name, const Array& x, int first_axis, std::span<const Array> given,
              const Dims& shape, std::span<const int> names)
        : function_(name),
          axes_(names.begin(), names.end()),
          count_(element_count(shape)),
          wrong_(given.size()) {
        for (std::size_t k = 0; k < given.size(); ++k) {
            int at = first_axis + static_cast<int>(k);
            if (names.empty()) axes_.push_back(at);
            streams_.emplace_back(shaped_positions(name, given[k], shape), DType::int64);
            lengths_.push_back(x.view.shape[at]);
            strides_.push_back(x.view.strides[at]);
        }
    }

    std::int64_t count() const { return count_; }

    // All offsets from the first to behind the last.
    Extent reach() const {
        Extent reach{0, 1};
        for (std::size_t k = 0; k < lengths_.size(); ++k) {
            std::int64_t far = (lengths_[k] - 1) * strides_[k];
            (far < 0 ? reach.first : reach.last) += far;
        }
        return reach;
    }

    // What one thread needs to read.
    class Reader {
    public:
        explicit Reader(Positions& positions) : positions_(positions) {
            for (const Stream& stream : positions.streams_) readers_.emplace_back(stream);
        }
        // The offsets of n <= block_length positions from `first` on, there until the next call. Nothing where one is
        // out of range, which is noted.
        const std::int64_t* offsets(std::int64_t first, std::int64_t n) {
            const Positions& of = positions_;
            bool good = true;
            for (std::size_t k = 0; k < readers_.size(); ++k) {
                const auto* values = readers_[k].read_as<std::int64_t>(first, n);
                if (readers_.size() == 1 && of.strides_[0] == 1 &&
                    kernels::all_in_range(values, n, of.lengths_[0]))
                    return values;
                std::int64_t bad = kernels::add_offsets(offsets_, values, n, of.lengths_[k],
                                                        of.strides_[k], k == 0);
                if (bad < 0) continue;
                positions_.wrong_[k].note(first + bad);
                good = false;
            }
            return good ? offsets_ : nullptr;
        }

    private:
        Positions& positions_;
        std::deque<Stream::Reader> readers_;
        std::int64_t offsets_[block_length];
    };

    // Throws where one of those read was out of range.
    void check() const {
        for (std::size_t k = 0; k < streams_.size(); ++k) {
            if (!wrong_[k].any()) continue;
            Stream::Reader reader(streams_[k]);
            fail_position(function_, *reader.read_as<std::int64_t>(wrong_[k].value(), 1), axes_[k],
                          lengths_[k]);
        }
    }

    // Throws where any is out of range. Calls body(first, offsets, n) for all, in blocks.
    template <class Body>
    void check_all(const Body& body) {
        in_parts(part_count(count_), count_,
                 [&](std::int64_t, std::int64_t first, std::int64_t last) {
                     Reader reader(*this);
                     for (std::int64_t i = first; i < last; i += block_length) {
                         std::int64_t n = std::min(block_length, last - i);
                         if (const std::int64_t* offsets = reader.offsets(i, n))
                             body(i, offsets, n);
                     }
                 });
        check();
    }

private:
    const char* function_;
    std::vector<int> axes_;  // as errors name them
    std::deque<Stream> streams_;
    std::vector<std::int64_t> lengths_, strides_;
    std::int64_t count_ = 0;
    std::vector<FirstWrong> wrong_;
};

// The axes around those that positions name: `outer` ones in front of the run, and the run itself.
struct Around {
    Dims shape, strides;     ///< of x: the axes before, then those after but the run
    Dims dense_strides;      ///< of the dense result
    std::int64_t outer = 1;  ///< how many elements those axes have
    std::int64_t run = 1, run_stride = 1;
    std::int64_t position_stride = 1;  ///< of the result, from one position to the next

    Around(const View& view, int axis, int named, std::int64_t positions) {
        int after = view.dimensions();
        while (after > axis + named) {
            std::int64_t length = view.shape[after - 1], stride = view.strides[after - 1];
            if (run != 1 && length != 1 && stride != run * run_stride) break;
            if (length != 1 && run == 1) run_stride = stride;
            run *= length;
            --after;
        }
        std::int64_t dense = run;
        Dims reversed[3];
        auto push = [&](int i) {
            reversed[0].push_back(view.shape[i]);
            reversed[1].push_back(view.strides[i]);
            reversed[2].push_back(dense);
            dense *= view.shape[i];
            outer *= view.shape[i];
        };
        for (int i = after - 1; i >= axis + named; --i) push(i);
        position_stride = dense;
        dense *= positions;
        for (int i = axis - 1; i >= 0; --i) push(i);
        for (int i = reversed[0].size() - 1; i >= 0; --i) {
            shape.push_back(reversed[0][i]);
            strides.push_back(reversed[1][i]);
            dense_strides.push_back(reversed[2][i]);
        }
    }
    // Where element o of the outer axes begins, in x and in the dense result.
    std::pair<std::int64_t, std::int64_t> begin(std::int64_t o) const {
        std::int64_t in_x = 0, in_dense = 0;
        for (int i = shape.size() - 1; i >= 0; --i) {
            in_x += o % shape[i] * strides[i];
            in_dense += o % shape[i] * dense_strides[i];
            o /= shape[i];
        }
        return {in_x, in_dense};
    }
};

Dims taken_shape(const Array& x, int axis, int named, const Dims& positions) {
    Dims shape;
    for (int i = 0; i < axis; ++i) shape.push_back(x.view.shape[i]);
    for (std::int64_t length : positions) shape.push_back(length);
    for (int i = axis + named; i < x.dimensions(); ++i) shape.push_back(x.view.shape[i]);
    return shape;
}

// So many offsets are kept for all elements of the outer axes.
constexpr std::int64_t kept_offsets = 65536;

// All offsets, checked, where these are few enough to be kept.
std::vector<std::int64_t> offsets_kept(Positions& positions) {
    std::vector<std::int64_t> kept;
    if (positions.count() > kept_offsets) return kept;
    kept.resize(static_cast<std::size_t>(positions.count()));
    positions.check_all([&](std::int64_t first, const std::int64_t* offsets, std::int64_t n) {
        std::copy_n(offsets, n, kept.data() + first);
    });
    return kept;
}

// Positions of which a row has so few that the loop runs over rows.
constexpr std::int64_t few_positions = 32;

struct Fetched {
    const char* source;
    char* target;
    std::int64_t size;
};

// The elements at the same few offsets of every element of the outer axes.
void fetch_few_of_rows(const Around& around, std::int64_t count, const std::int64_t* offsets,
                       const kernels::Indexing& loops, const Fetched& fetched) {
    std::int64_t rows = around.shape.back(), size = fetched.size;
    in_parts(part_count(around.outer, count), around.outer,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 while (first < last) {
                     auto [in_x, in_dense] = around.begin(first);
                     std::int64_t n = std::min(last - first, rows - first % rows);
                     loops.fetch_rows(fetched.target + in_dense * size, around.dense_strides.back(),
                                      around.position_stride, fetched.source + in_x * size,
                                      around.strides.back(), n, offsets, count);
                     first += n;
                 }
             });
}

}  // namespace

void require_local(const char* function, const Array& x) {
    if (x.distributed())
        fail<TypeError>(function,
                        ": this array is distributed; redistribute(x, None) brings it together, "
                        "local_partition is this locality's part");
}

Array dense_values(const char* function, const Array& x, DType dtype) {
    require_local(function, x);
    Array result = x;
    if (x.dtype() != dtype || !x.view.is_contiguous()) result = convert_dense(x, dtype);
    evaluate(result);
    return result;
}

void put_back(const char* function, const Array& x, const Array& values) {
    Array back = deliver(redistribute(values, x.map()));
    Array target = part_of(x), source = part_of(back);
    evaluate(source);
    prepare_write(function, target);
    store(target, source);
}

Array within_int64(const Array& positions) {
    if (positions.dtype() != DType::uint64) return positions;
    Scalar most = Scalar::of(std::numeric_limits<std::int64_t>::max()).as_dtype(DType::uint64);
    const Input limited[] = {&positions, most};
    return elementwise(Op::minimum, limited);
}

Dims positions_shape(const char* function, std::span<const Array> positions) {
    Dims shape;
    for (const Array& array : positions) {
        try {
            shape = broadcast_shapes(function, shape, array.shape());
        } catch (const ValueError&) {
            std::string shapes;
            for (const Array& each : positions)
                shapes += (shapes.empty() ? "" : ", ") + to_string(each.shape());
            fail<IndexError>(function, ": index arrays of shapes ", shapes,
                             " do not broadcast to one shape");
        }
    }
    return shape;
}

Array take_at(const char* function, const Array& x, int axis, std::span<const Array> given,
              std::span<const int> names) {
    if (x.distributed() || any_distributed(given))
        return take_routed(function, x, axis, given, names);
    int named = static_cast<int>(given.size());
    Dims shape = positions_shape(function, given);
    Positions positions(function, x, axis, given, shape, names);
    evaluate(x);
    Array result = new_array(x.dtype(), taken_shape(x, axis, named, shape));
    std::int64_t count = positions.count();
    Around around(x.view, axis, named, count);
    const auto& loops = kernels::indexing(itemsize(x.dtype()));
    std::int64_t size = itemsize(x.dtype());
    const char* source = data_of(x);
    char* target = data_of(result);
    std::vector<std::int64_t> kept;
    if (around.outer != 1) kept = offsets_kept(positions);
    if (around.outer == 0)
        positions.check_all([](std::int64_t, const std::int64_t*, std::int64_t) {});
    if (around.outer > 1 && around.run == 1 && count <= few_positions) {
        fetch_few_of_rows(around, count, kept.data(), loops, {source, target, size});
        return result;
    }
    // Short rows go to one task together; a long one is cut.
    std::int64_t cuts = std::max<std::int64_t>(count / (4 * block_length), 1);
    std::int64_t units = around.outer * cuts;
    in_parts(part_count(units, count * around.run / cuts), units,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 Positions::Reader reader(positions);
                 for (std::int64_t unit = first; unit < last; ++unit) {
                     auto [in_x, in_dense] = around.begin(unit / cuts);
                     std::int64_t end = count * (unit % cuts + 1) / cuts;
                     for (std::int64_t i = count * (unit % cuts) / cuts; i < end;) {
                         std::int64_t n = std::min(block_length, end - i);
                         const std::int64_t* offsets =
                             kept.empty() ? reader.offsets(i, n) : kept.data() + i;
                         if (offsets)
                             loops.fetch(target + (in_dense + i * around.position_stride) * size,
                                         around.position_stride, source + in_x * size, offsets, n,
                                         around.run, around.run_stride);
                         i += n;
                     }
                 }
             });
    positions.check();
    return result;
}

void put_at(const char* function, const Array& x, int axis, std::span<const Array> given,
            const Array& given_value, std::span<const int> names) {
    check_writeable(function, x);
    if (x.distributed() || given_value.distributed() || any_distributed(given))
        return put_routed(function, x, axis, given, given_value, names);
    check_real(function, given_value.dtype(), x.dtype());
    int named = static_cast<int>(given.size());
    Dims shape = positions_shape(function, given);
    Dims full = taken_shape(x, axis, named, shape);
    bool single = given_value.view.count() == 1;
    Array value = conform(function, given_value, full, nullptr);
    if (single) value = reshape(function, given_value, Dims{});
    evaluate(x);
    value = apart_from(x, value);
    std::vector<Array> apart;
    for (const Array& each : given) apart.push_back(apart_from(x, each));
    Positions positions(function, x, axis, apart, shape, names);
    std::int64_t count = positions.count();
    Around around(x.view, axis, named, count);
    std::vector<std::int64_t> kept;
    if (around.outer != 1) kept = offsets_kept(positions);
    if (kept.empty()) positions.check_all([](std::int64_t, const std::int64_t*, std::int64_t) {});
    // Values that do not lie one behind the other are not read in pieces.
    if (around.position_stride != around.run) value = dense_values(function, value, x.dtype());
    Stream values(value, x.dtype());
    prepare_write(function, x);
    if (element_count(full) == 0) return;

    const auto& loops = kernels::indexing(itemsize(x.dtype()));
    std::int64_t size = itemsize(x.dtype());
    struct Readers {
        Positions::Reader positions;
        Stream::Reader values;
    };
    auto put = [&](Readers& readers, std::int64_t o, std::int64_t low, std::int64_t high) {
        auto [in_x, in_dense] = around.begin(o);
        for (std::int64_t i = 0; i < count; i += block_length) {
            std::int64_t n = std::min(block_length, count - i);
            const std::int64_t* offsets =
                kept.empty() ? readers.positions.offsets(i, n) : kept.data() + i;
            const char* from =
                single ? readers.values.read(0, 1)
                       : readers.values.read(in_dense + i * around.position_stride, n * around.run);
            loops.put(data_of(x) + in_x * size, offsets, n, around.run, around.run_stride, from,
                      single ? 0 : around.position_stride, single ? 0 : 1, low, high);
        }
    };
    constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    if (around.outer > 1) {
        in_parts(part_count(around.outer, count * around.run), around.outer,
                 [&](std::int64_t, std::int64_t first, std::int64_t last) {
                     Readers readers{Positions::Reader(positions), Stream::Reader(values)};
                     for (std::int64_t o = first; o < last; ++o) put(readers, o, lowest, highest);
                 });
        return;
    }
    // Each part owns a range of x, so that the order of positions decides which value stays.
    std::int64_t parts = part_count(count, around.run);
    if (parts > 1) parts = std::min<std::int64_t>(parts, pool().size());
    Extent reach = positions.reach();
    in_parts(parts, reach.last - reach.first,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 Readers readers{Positions::Reader(positions), Stream::Reader(values)};
                 if (parts == 1)
                     put(readers, 0, lowest, highest);
                 else
                     put(readers, 0, reach.first + first, reach.first + last);
             });
}

namespace {

// A view with `axis` moved to the end, and the steps of the others.
View axis_last(const View& view, int axis) {
    View moved = view;
    moved.shape.erase(axis);
    moved.strides.erase(axis);
    moved.shape.push_back(view.shape[axis]);
    moved.strides.push_back(view.strides[axis]);
    return moved;
}

Array moved_last(const Array& x, int axis) {
    Array result = x;
    result.view = axis_last(x.view, axis);
    result.value = false;
    return result;
}

Array moved_back(const Array& x, int axis) {
    Array result = x;
    int last = x.dimensions() - 1;
    std::int64_t length = x.view.shape[last], stride = x.view.strides[last];
    result.view.shape.erase(last);
    result.view.strides.erase(last);
    result.view.shape.insert(axis, length);
    result.view.strides.insert(axis, stride);
    return result;
}

struct Along {
    Array source;  ///< a view of x, axis last, the other axes as those of the positions
    Dims shape;    ///< of the positions, axis last
    std::optional<Stream> positions;
    std::int64_t rows, count, length, stride;

    Along(const char* function, const Array& x, const Array& given, int axis) {
        if (x.dimensions() != given.dimensions())
            fail<ValueError>(function, ": positions of shape ", to_string(given.shape()),
                             " for an array of shape ", to_string(x.shape()),
                             "; both need the same number of dimensions");
        source = moved_last(x, axis);
        Array last = moved_last(given, axis);
        Dims others = source.view.shape, own = last.view.shape;
        others.erase(others.size() - 1);
        own.erase(own.size() - 1);
        Dims common;
        try {
            common = broadcast_shapes(function, others, own);
        } catch (const ValueError&) {
            fail<IndexError>(function, ": positions of shape ", to_string(given.shape()),
                             " do not fit an array of shape ", to_string(x.shape()), " along axis ",
                             axis);
        }
        length = x.view.shape[axis];
        stride = x.view.strides[axis];
        count = given.view.shape[axis];
        rows = element_count(common);
        Dims wide = common, narrow = common;
        wide.push_back(length);
        narrow.push_back(count);
        shape = narrow;
        positions.emplace(shaped_positions(function, last, narrow), DType::int64);
        source.view = broadcast_view(source.view, wide);
    }
    std::int64_t row_offset(std::int64_t row) const {
        std::int64_t offset = 0;
        for (int i = source.dimensions() - 2; i >= 0; --i) {
            offset += row % source.view.shape[i] * source.view.strides[i];
            row /= source.view.shape[i];
        }
        return offset;
    }
    // Calls body(row, first, offsets, n) for every row, in blocks; throws where a position is out of range.
    template <class Body>
    void for_blocks(const char* function, int axis, const Body& body) const {
        FirstWrong wrong;
        in_parts(part_count(rows, count), rows,
                 [&](std::int64_t, std::int64_t first, std::int64_t last) {
                     std::int64_t offsets[block_length];
                     Stream::Reader reader(*positions);
                     for (std::int64_t row = first; row < last; ++row)
                         for (std::int64_t i = 0; i < count; i += block_length) {
                             std::int64_t n = std::min(block_length, count - i);
                             std::int64_t at = row * count + i;
                             std::int64_t bad =
                                 kernels::add_offsets(offsets, reader.read_as<std::int64_t>(at, n),
                                                      n, length, stride, true);
                             if (bad >= 0)
                                 wrong.note(at + bad);
                             else
                                 body(row, i, offsets, n);
                         }
                 });
        if (!wrong.any()) return;
        Stream::Reader reader(*positions);
        fail_position(function, *reader.read_as<std::int64_t>(wrong.value(), 1), axis, length);
    }
};

}  // namespace

Array take_along(const char* function, const Array& x, const Array& given, int axis) {
    if (x.distributed() || given.distributed()) return take_along_routed(function, x, given, axis);
    Along along(function, x, given, axis);
    evaluate(x);
    Array result = new_array(x.dtype(), along.shape);
    const auto& loops = kernels::indexing(itemsize(x.dtype()));
    std::int64_t size = itemsize(x.dtype());
    along.for_blocks(
        function, axis,
        [&](std::int64_t row, std::int64_t first, const std::int64_t* offsets, std::int64_t n) {
            loops.fetch(data_of(result) + (row * along.count + first) * size, 1,
                        data_of(along.source) + along.row_offset(row) * size, offsets, n, 1, 1);
        });
    return axis == x.dimensions() - 1 ? result : copy(moved_back(result, axis));
}

void put_along(const char* function, const Array& x, const Array& given, const Array& given_value,
               int axis) {
    check_writeable(function, x);
    if (x.distributed() || given.distributed() || given_value.distributed())
        return put_along_routed(function, x, given, given_value, axis);
    check_real(function, given_value.dtype(), x.dtype());
    evaluate(x);
    Along along(function, x, apart_from(x, given), axis);
    Dims shape = along.shape;
    shape.erase(shape.size() - 1);
    shape.insert(axis, along.count);
    Array value = conform(function, given_value, shape, nullptr);
    value = dense_values(function, moved_last(value, axis), x.dtype());
    along.for_blocks(function, axis,
                     [](std::int64_t, std::int64_t, const std::int64_t*, std::int64_t) {});
    prepare_write(function, x);
    if (overlaps(value, x)) value = copy(value);
    const auto& loops = kernels::indexing(itemsize(x.dtype()));
    std::int64_t size = itemsize(x.dtype());
    constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    along.for_blocks(
        function, axis,
        [&](std::int64_t row, std::int64_t first, const std::int64_t* offsets, std::int64_t n) {
            loops.put(data_of(along.source) + along.row_offset(row) * size, offsets, n, 1, 1,
                      data_of(value) + (row * along.count + first) * size, 1, 1, lowest, highest);
        });
}

namespace {

// A dense mask cut into parts, and how many true values come before each.
struct Counted {
    Array mask;
    std::int64_t length, parts;
    std::vector<std::int64_t> before;

    Counted(const char* function, const Array& given)
        : mask(dense_values(function, given, DType::bool_)) {
        length = mask.view.count();
        parts = part_count(length);
        before.resize(static_cast<std::size_t>(parts) + 1);
        in_parts(parts, length, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
            before[static_cast<std::size_t>(part) + 1] =
                kernels::count_true(values() + first, last - first);
        });
        for (std::size_t i = 1; i < before.size(); ++i) before[i] += before[i - 1];
    }
    const bool* values() const { return elements_of<bool>(mask); }
    std::int64_t count() const { return before.back(); }
    // Calls body(first, last, before, own) for each part: the elements, and its true ones.
    template <class Body>
    void for_parts(const Body& body) const {
        in_parts(parts, length, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
            auto p = static_cast<std::size_t>(part);
            body(first, last, before[p], before[p + 1] - before[p]);
        });
    }
};

}  // namespace

Array take_true(const Array& x, const Array& given) {
    if (x.distributed() || given.distributed()) return take_true_distributed(x, given);
    Array source = dense_values("index", x, x.dtype());
    Counted mask("index", given);
    Array result = new_array(x.dtype(), Dims{mask.count()});
    const auto& loops = kernels::indexing(itemsize(x.dtype()));
    std::int64_t size = itemsize(x.dtype());
    mask.for_parts([&](std::int64_t first, std::int64_t, std::int64_t before, std::int64_t own) {
        loops.compress(data_of(result) + before * size, data_of(source) + first * size, 1,
                       mask.values() + first, own);
    });
    return result;
}

void put_true(const char* function, const Array& x, const Array& given, const Array& given_value) {
    check_writeable(function, x);
    if (x.distributed() || given.distributed() || given_value.distributed())
        return put_true_distributed(function, x, given, given_value);
    check_real(function, given_value.dtype(), x.dtype());
    Counted mask(function, given);
    std::int64_t count = given_value.view.count();
    if (count != 1 && count != mask.count())
        fail<ValueError>(function, ": ", count, " values for the ", mask.count(),
                         " elements where the mask is true");
    Array value = dense_values(function, given_value, x.dtype());
    prepare_write(function, x);
    if (overlaps(value, x)) value = copy(value);
    if (overlaps(mask.mask, x)) mask.mask = copy(mask.mask);
    std::int64_t size = itemsize(x.dtype());
    const auto& loops = kernels::indexing(size);
    std::int64_t step = count == 1 ? 0 : 1;
    Array target = x;
    bool dense = x.view.is_contiguous();
    if (!dense) target = copy(x);
    mask.for_parts([&](std::int64_t first, std::int64_t last, std::int64_t before, std::int64_t) {
        loops.expand(data_of(target) + first * size, 1, data_of(value) + before * step * size, step,
                     mask.values() + first, last - first);
    });
    if (!dense) store(x, target);
}

Array flat_nonzero(const char* function, const Array& x) {
    if (x.distributed()) return flat_nonzero_distributed(function, x);
    Counted mask(function, x);
    Array result = new_array(DType::int64, Dims{mask.count()});
    mask.for_parts([&](std::int64_t first, std::int64_t, std::int64_t before, std::int64_t own) {
        kernels::true_positions(elements_of<std::int64_t>(result) + before, mask.values() + first,
                                first, own);
    });
    return result;
}

std::vector<Array> nonzero(const char* function, const Array& x) {
    if (x.dimensions() == 0)
        fail<ValueError>(function, ": a 0-d array has no axes; reshape it to (1,) first");
    if (x.distributed()) return nonzero_distributed(function, x);
    Array flat = flat_nonzero(function, x);
    std::vector<Array> result(static_cast<std::size_t>(x.dimensions()));
    for (int axis = x.dimensions() - 1; axis > 0; --axis) {
        Array last = new_array(DType::int64, flat.view.shape);
        in_parts(part_count(flat.view.count()), flat.view.count(),
                 [&](std::int64_t, std::int64_t first, std::int64_t end) {
                     kernels::split_positions(elements_of<std::int64_t>(flat) + first,
                                              elements_of<std::int64_t>(last) + first, end - first,
                                              x.view.shape[axis]);
                 });
        result[static_cast<std::size_t>(axis)] = std::move(last);
    }
    result[0] = std::move(flat);
    return result;
}

Array repeated_positions(const char* function, const Array& given) {
    Array counts = dense_values(function, given, DType::int64);
    const std::int64_t* values = elements_of<std::int64_t>(counts);
    std::int64_t length = counts.view.count(), parts = part_count(length);
    std::vector<std::int64_t> before(static_cast<std::size_t>(parts) + 1);
    FirstWrong wrong;
    in_parts(parts, length, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        std::int64_t sum = 0;
        for (std::int64_t i = first; i < last; ++i) {
            if (values[i] < 0) wrong.note(i);
            sum += values[i];
        }
        before[static_cast<std::size_t>(part) + 1] = sum;
    });
    if (wrong.any())
        fail<ValueError>(function, ": count ", values[wrong.value()],
                         " is negative; give 0 or more");
    for (std::size_t i = 1; i < before.size(); ++i) before[i] += before[i - 1];
    Array result = new_array(DType::int64, Dims{before.back()});
    in_parts(parts, length, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        kernels::repeat_positions(
            elements_of<std::int64_t>(result) + before[static_cast<std::size_t>(part)],
            values + first, last - first, first);
    });
    return result;
}

}  // namespace hpxpy
