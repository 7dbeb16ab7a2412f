// Localities sort what they have, find together where each of the result's blocks begins among it, send each block what is
// its, and merge what came. Bounds are elements, found exactly by selection over all sorted parts at once (Saukas and Song, A
// note on parallel selection on coarse-grained multicomputers, 1999), of one that was drawn by its locality's number of
// elements in question; equal elements are dealt out in the order of localities, so all blocks are even.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/sorting_distributed.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "algorithms/indexing.hpp"
#include "algorithms/parts.hpp"
#include "algorithms/sorting.hpp"
#include "base/hash.hpp"
#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/route.hpp"
#include "exec/evaluate.hpp"
#include "kernels/sorting.hpp"
#include "plan/step.hpp"
#include "runtime/parallel.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

using Counts = std::vector<std::int64_t>;

/// So many runs are merged; more are sorted again.
constexpr int most_runs = 16;

// An element that may part the localities' elements, of the locality that has won the draw.
struct Pivot {
    double draw;  ///< the least wins; infinite of a locality that has none to give
    std::int64_t unused;
    alignas(16) char element[16];
};

void join_pivots(const void* left, void* into, std::int64_t items) {
    const auto* lower = static_cast<const Pivot*>(left);
    auto* higher = static_cast<Pivot*>(into);
    for (std::int64_t i = 0; i < items; ++i)
        if (lower[i].draw <= higher[i].draw) higher[i] = lower[i];
}

void join_counts(const void* left, void* into, std::int64_t items) {
    const auto* lower = static_cast<const std::int64_t*>(left);
    auto* higher = static_cast<std::int64_t*>(into);
    for (std::int64_t i = 0; i < items; ++i) higher[i] += lower[i];
}

// A number between 0 and 1 that all runs of a program draw alike.
double drawn(std::int64_t round, std::int64_t bound, std::int64_t locality) {
    std::uint64_t bits = Hash().add(round).add(bound).add(locality).value();
    bits = (bits ^ (bits >> 31)) * 0x9e3779b97f4a7c15;
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

// One line, in order over all localities.
class LineSort {
public:
    LineSort(const char* function, const Array& x, bool with_positions)
        : function_(function),
          group_(world()),
          dtype_(x.dtype()),
          size_(itemsize(x.dtype())),
          length_(x.shape()[0]),
          even_(maps::Map::block(0, length_, world().size())) {
        call_.function = function;
        call_.dtype = dtype_;
        call_.shape = x.shape();
        call_.detail = "on " + x.map()->summary();
        call_.fingerprint = x.map()->fingerprint();
        const maps::Map& map = *x.map();
        bool in_order = map.is_simple() && map.dealt()[0].step > 0;
        Array own = in_order ? x : on_map(x, even_);
        std::int64_t first = own.map()->range(group_.id()).first;
        own = part_of(own);
        if (with_positions) {
            Array order = argsort(function, own, 0, false);
            sorted_ = dense(taken(own, order));
            const Input moved[] = {&order, Scalar::of(first)};
            positions_ = dense(deliver(elementwise(Op::add, moved)));
        } else {
            sorted_ = dense(sort(function, own, 0, false));
        }
        count_ = sorted_.view.count();
        data_ = sorted_.node->bytes() + sorted_.view.offset * size_;
    }

    Array values() {
        find_cuts();
        Array came = sent(sorted_);
        sorted_ = {};
        if (!merges()) return placed(sort(function_, came, 0, false));
        merge(came, nullptr);
        return placed(came);
    }

    Array positions() {
        find_cuts();
        Array came = sent(sorted_);
        sorted_ = {};
        Array numbers = sent(positions_);
        positions_ = {};
        if (!merges()) return placed(taken(numbers, argsort(function_, came, 0, false)));
        merge(came, &numbers);
        return placed(numbers);
    }

private:
    Array taken(const Array& x, const Array& positions) const {
        return take_at(function_, x, 0, std::span(&positions, 1));
    }

    // Whether to merge what came is faster than to sort it: each pass halves the number of runs.
    bool merges() const {
        auto runs = std::count_if(coming_.begin(), coming_.end(), [](auto n) { return n > 0; });
        return size_ >= 4 && runs <= most_runs;
    }

    // Sorted runs of coming_ elements, and their positions if there are such, become one.
    void merge(Array& came, Array* numbers) const {
        Counts bounds{0};
        for (std::int64_t n : coming_)
            if (n > 0) bounds.push_back(bounds.back() + n);
        std::int64_t n = bounds.back();
        if (bounds.size() <= 2) return;
        const kernels::Merging& loops = kernels::merging(dtype_);
        Array other = new_array(dtype_, Dims{n}), other_numbers;
        if (numbers) other_numbers = new_array(DType::int64, Dims{n});
        // What a played locality has got is in no order.
        std::int64_t parts = is_played() ? 1 : part_count(n);
        while (bounds.size() > 2) {
            if (comm::Play* playing = play())
                playing->work_done(2 * n * (size_ + (numbers ? 8 : 0)), 0);
            const char* from = came.node->bytes();
            char* to = other.node->bytes();
            auto* from_numbers = numbers ? numbers_of(*numbers) : nullptr;
            auto* to_numbers = numbers ? numbers_of(other_numbers) : nullptr;
            auto shifted = [](std::int64_t* at, std::int64_t k) { return at ? at + k : at; };
            Counts after{0};
            for (std::size_t r = 0; r + 1 < bounds.size(); r += 2) {
                std::int64_t first = bounds[r], second = bounds[r + 1];
                std::int64_t end = bounds[std::min(r + 2, bounds.size() - 1)];
                const char* a = from + first * size_;
                const char* b = from + second * size_;
                std::int64_t n_a = second - first, n_b = end - second;
                in_parts(parts, end - first, [&](std::int64_t, std::int64_t at, std::int64_t last) {
                    std::int64_t i = loops.split(a, n_a, b, n_b, at), j = at - i;
                    std::int64_t i_end = loops.split(a, n_a, b, n_b, last), j_end = last - i_end;
                    loops.move(to + (first + at) * size_, shifted(to_numbers, first + at),
                               a + i * size_, shifted(from_numbers, first + i), i_end - i,
                               b + j * size_, shifted(from_numbers, second + j), j_end - j);
                });
                after.push_back(end);
            }
            bounds = std::move(after);
            std::swap(came, other);
            if (numbers) std::swap(*numbers, other_numbers);
        }
    }

    static std::int64_t* numbers_of(const Array& x) {
        return reinterpret_cast<std::int64_t*>(x.node->bytes());
    }

    Array placed(Array part) const {
        part.place = place_on(Dims{length_}, even_);
        return part;
    }

    // Whether elements of this locality's part are of use: of a played one they may not be there.
    bool is_played() const { return play() != nullptr; }

    void agree() const {
        in_turn(group_, function_, [&] { return comm::agree(group_, call_); });
    }

    // All localities' items joined.
    template <class Item>
    std::vector<Item> joined(const std::vector<Item>& mine,
                             void (*join)(const void*, void*, std::int64_t)) const {
        auto bytes = static_cast<std::int64_t>(mine.size() * sizeof(Item));
        Ref<Buffer> in = Buffer::allocate(bytes), out = Buffer::allocate(bytes);
        std::memcpy(in->data(), mine.data(), static_cast<std::size_t>(bytes));
        comm::Signature call;
        call.function = function_;
        call.op = "bounds";
        call.shape = {static_cast<std::int64_t>(mine.size())};
        in_turn(group_, function_, [&] {
            comm::wait(comm::start_all_reduce(group_, call, in, 0, out,
                                              static_cast<std::int64_t>(mine.size()),
                                              {join, sizeof(Item), false}));
            return 0;
        });
        std::vector<Item> all(mine.size());
        std::memcpy(all.data(), out->data(), static_cast<std::size_t>(bytes));
        return all;
    }

    std::int64_t below(const char* element, bool or_equal) const {
        std::int64_t place = 0;
        kernels::search(dtype_)(&place, data_, count_, element, 1, or_equal);
        return place;
    }

    // cuts_[t]: how many of the elements here are in blocks before t.
    void find_cuts() {
        agree();
        auto n = static_cast<std::size_t>(group_.size());
        cuts_.assign(n + 1, 0);
        cuts_[n] = count_;
        if (is_played()) {
            for (std::size_t t = 1; t < n; ++t)
                cuts_[t] = count_ * even_.range(static_cast<int>(t)).first /
                           std::max<std::int64_t>(length_, 1);
            play()->values_decide();
            return;
        }
        Counts low(n, 0), high(n, count_), left(n), equal(n, 0), extra(n, 0);
        std::vector<std::size_t> open;
        for (std::size_t t = 1; t < n; ++t) {
            left[t] = even_.range(static_cast<int>(t)).first;
            open.push_back(t);
        }
        for (std::int64_t round = 0; !open.empty(); ++round) {
            std::vector<Pivot> pivots = joined(offers(open, low, high, round), join_pivots);
            Counts counts(2 * open.size());
            Counts before(open.size()), behind(open.size());
            for (std::size_t i = 0; i < open.size(); ++i) {
                std::size_t t = open[i];
                bool none = std::isinf(pivots[i].draw);
                before[i] =
                    none ? low[t] : std::clamp(below(pivots[i].element, false), low[t], high[t]);
                behind[i] =
                    none ? low[t] : std::clamp(below(pivots[i].element, true), low[t], high[t]);
                counts[2 * i] = before[i] - low[t];
                counts[2 * i + 1] = behind[i] - low[t];
            }
            Counts all = joined(counts, join_counts);
            std::vector<std::size_t> still;
            for (std::size_t i = 0; i < open.size(); ++i) {
                std::size_t t = open[i];
                if (left[t] < all[2 * i]) {
                    high[t] = before[i];
                    still.push_back(t);
                } else if (left[t] > all[2 * i + 1]) {
                    low[t] = behind[i];
                    left[t] -= all[2 * i + 1];
                    still.push_back(t);
                } else {
                    cuts_[t] = before[i];
                    equal[t] = behind[i] - before[i];
                    extra[t] = left[t] - all[2 * i];
                }
            }
            open = std::move(still);
        }
        deal_out(equal, extra);
    }

    // Of each open bound an element in the middle of those in question here, drawn by how many they are.
    std::vector<Pivot> offers(const std::vector<std::size_t>& open, const Counts& low,
                              const Counts& high, std::int64_t round) const {
        std::vector<Pivot> mine(open.size());
        for (std::size_t i = 0; i < open.size(); ++i) {
            std::size_t t = open[i];
            Pivot& pivot = mine[i];
            std::memset(&pivot, 0, sizeof pivot);
            std::int64_t many = high[t] - low[t];
            pivot.draw = std::numeric_limits<double>::infinity();
            if (many == 0) continue;
            pivot.draw = -std::log(drawn(round, static_cast<std::int64_t>(t), group_.id())) /
                         static_cast<double>(many);
            std::memcpy(pivot.element, data_ + (low[t] + many / 2) * size_,
                        static_cast<std::size_t>(size_));
        }
        return mine;
    }

    // Elements that equal a bound go before it as far as they are needed there, those of the first localities first.
    void deal_out(const Counts& equal, const Counts& extra) {
        auto n = static_cast<std::int64_t>(equal.size());
        Counts before(equal.size(), 0);
        const comm::Joining joining{join_counts, sizeof(std::int64_t), true};
        in_turn(group_, function_, [&] {
            comm::exclusive_scan(group_, call_, equal.data(), before.data(), n, joining, false);
            return 0;
        });
        if (group_.id() == 0) before.assign(equal.size(), 0);
        for (std::size_t t = 1; t < equal.size(); ++t)
            cuts_[t] += std::clamp<std::int64_t>(extra[t] - before[t], 0, equal[t]);
    }

    // What comes for this locality's block of `x`, which lies as the sorted elements, in the order of localities.
    Array sent(const Array& x) {
        auto n = static_cast<std::size_t>(group_.size());
        if (coming_.empty()) exchange_counts();
        std::int64_t size = itemsize(x.dtype());
        Array came = new_array(
            x.dtype(), Dims{std::accumulate(coming_.begin(), coming_.end(), std::int64_t{0})});
        const char* from = bytes_at(x);
        char* to = came.node->bytes();
        std::vector<comm::ConstBytes> out(n);
        std::vector<comm::Bytes> into(n);
        for (std::size_t p = 0; p < n; ++p) {
            out[p] = {from + cuts_[p] * size, (cuts_[p + 1] - cuts_[p]) * size};
            into[p] = {to, coming_[p] * size};
            to += into[p].size;
        }
        if (plan_record_open())
            record_exchange(group_, exchange_title("sort", x.dtype(), Dims{length_}),
                            [&](int a, int b) {
                                return a == group_.id() ? out[static_cast<std::size_t>(b)].size
                                                        : into[static_cast<std::size_t>(a)].size;
                            });
        auto me = static_cast<std::size_t>(group_.id());
        std::memcpy(into[me].data, out[me].data, static_cast<std::size_t>(out[me].size));
        out[me] = {};
        into[me] = {};
        in_turn(group_, function_, [&] {
            comm::wait(comm::start_all_to_all(group_, Traffic::sort, out, into, {}));
            return 0;
        });
        return came;
    }

    void exchange_counts() {
        auto n = static_cast<std::size_t>(group_.size());
        Counts given(n);
        for (std::size_t p = 0; p < n; ++p) given[p] = cuts_[p + 1] - cuts_[p];
        coming_.assign(n, 0);
        std::vector<comm::ConstBytes> out(n);
        std::vector<comm::Bytes> into(n);
        for (std::size_t p = 0; p < n; ++p) {
            out[p] = {&given[p], sizeof given[p]};
            into[p] = {&coming_[p], sizeof coming_[p]};
        }
        in_turn(group_, function_, [&] {
            comm::wait(comm::start_all_to_all(group_, Traffic::agreement, out, into, {}));
            return 0;
        });
        if (!is_played()) return;
        // Others are taken to have as much for this block as there is room for.
        std::int64_t block = even_.range(group_.id()).length(), rest = block;
        auto me = static_cast<std::size_t>(group_.id());
        coming_[me] = std::min(given[me], block);
        cuts_[me + 1] = cuts_[me] + coming_[me];
        rest -= coming_[me];
        auto others = static_cast<std::int64_t>(n) - 1, k = std::int64_t{0};
        for (std::size_t p = 0; p < n; ++p) {
            if (p == me) continue;
            coming_[p] = rest * (k + 1) / others - rest * k / others;
            ++k;
        }
    }

    const char* function_;
    comm::Communicator& group_;
    DType dtype_;
    std::int64_t size_, length_, count_ = 0;
    maps::Map even_;
    comm::Signature call_;
    Array sorted_, positions_;
    const char* data_ = nullptr;
    Counts cuts_, coming_;
};

// Elements in the opposite order, equal ones in theirs and nan last: ~x of integers, -x of others.
Array turned(const Array& x) {
    bool whole = is_integer(x.dtype()) || x.dtype() == DType::bool_;
    Op op = whole ? Op::bitwise_invert : Op::negative;
    const Input of[] = {&x};
    return deliver(elementwise(op, of));
}

// Without axes of length 1 that are not the line's.
Array as_line(const char* function, const Array& x) {
    return x.dimensions() == 1 ? x : deliver(reshape(function, x, Dims{element_count(x.shape())}));
}

}  // namespace

Array sort_line(const char* function, const Array& x, bool descending) {
    Array line = as_line(function, x);
    if (descending) line = turned(line);
    Array sorted = LineSort(function, line, false).values();
    if (descending) sorted = turned(sorted);
    return x.dimensions() == 1 ? sorted : deliver(reshape(function, sorted, x.shape()));
}

Array argsort_line(const char* function, const Array& x, bool descending) {
    Array line = as_line(function, x);
    if (descending) line = turned(line);
    Array positions = LineSort(function, line, true).positions();
    return x.dimensions() == 1 ? positions : deliver(reshape(function, positions, x.shape()));
}

Array search_line(const char* function, const Array& given, const Array& values, bool right) {
    Array x = with_rows_in_order(given);
    // The first element of each part that has one parts the values.
    const maps::Dealt& dealt = x.map()->dealt()[0];
    Counts starts;
    for (int p = 0; p < dealt.parts(); ++p)
        if (maps::Indices held = dealt.held(p); !held.empty()) starts.push_back(held.at(0));
    Array asked = new_array(DType::int64, Dims{static_cast<std::int64_t>(starts.size())});
    std::copy(starts.begin(), starts.end(), reinterpret_cast<std::int64_t*>(asked.node->bytes()));
    Array firsts = take_at(function, x, 0, std::span(&asked, 1));
    Array wanted = part_of(values);
    Array after = dense_values(function, search_sorted(firsts, wanted, right), DType::int64);
    const auto* parts = reinterpret_cast<const std::int64_t*>(data_of(after));
    Counts where(static_cast<std::size_t>(after.view.count()));
    if (starts.empty())
        return deliver(constant(values.shape(), Scalar::of(std::int64_t{0}), values.place));
    for (std::size_t i = 0; i < where.size(); ++i)
        where[i] = starts[static_cast<std::size_t>(std::max<std::int64_t>(parts[i] - 1, 0))];
    Route route(function, dealt, where, {});
    Array dense = dense_values(function, wanted, values.dtype());
    Array came = new_array(values.dtype(), Dims{static_cast<std::int64_t>(route.arrived().size())});
    route.bring(data_of(dense), itemsize(values.dtype()), came.node->bytes());
    maps::Indices own = dealt.held(world().id());
    const Scalar first = Scalar::of(own.empty() ? std::int64_t{0} : own.at(0));
    Array found = search_sorted(part_of(x), came, right);
    const Input moved[] = {&found, first};
    Array answers = dense_values(function, deliver(elementwise(Op::add, moved)), DType::int64);
    Array result = new_array(DType::int64, wanted.view.shape);
    route.answer(data_of(answers), sizeof(std::int64_t), result.node->bytes());
    result.place = values.place;
    return result;
}

}  // namespace hpxpy
