// Sorts keys that fit into a core's cache, alone or with their positions: few of them by merging, more by
// the digits in which they differ. Called through the table of digits in sorting.cpp.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/sorting_few.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

namespace hpxpy::kernels {

namespace {

// Up to so many keys merging is the faster way; narrow ones have few digits to count.
template <class Key>
constexpr std::int64_t very_few = sizeof(Key) <= 2 ? 64 : 128;

// No positions go along.
struct Nothing {
    struct Moved {};
    Moved operator[](std::int64_t) const { return {}; }
};

template <class Key, class Positions>
struct Items {
    static constexpr bool placed = !std::is_same_v<Positions, Nothing>;

    Key* keys;
    Positions positions;

    void set(std::int64_t i, const Items& from, std::int64_t k) const {
        keys[i] = from.keys[k];
        if constexpr (placed) positions[i] = from.positions[k];
    }
    void copy(const Items& from, std::int64_t first, std::int64_t last) const {
        std::copy(from.keys + first, from.keys + last, keys + first);
        if constexpr (placed)
            std::copy(from.positions + first, from.positions + last, positions + first);
    }
    Items behind(std::int64_t i) const {
        Items items = *this;
        items.keys += i;
        if constexpr (placed) items.positions += i;
        return items;
    }
};

// Merge sort from runs of eight, without a branch that depends on keys (Knuth 3, 5.2.4). Equal runs are
// merged from both ends at once.
template <class Key, class Positions>
struct Merging {
    using Items = kernels::Items<Key, Positions>;
    static constexpr std::int64_t run = 8;

    // Each key goes where it has as many in front of it as there are smaller or earlier equal ones.
    template <bool whole>
    static void sort_run(const Items& to, const Items& from, std::int64_t given) {
        const std::int64_t n = whole ? run : given;
        Key keys[run];
        std::remove_cvref_t<decltype(from.positions[0])> positions[run];
        int ranks[run] = {};
        for (std::int64_t i = 0; i < n; ++i) {
            keys[i] = from.keys[i];
            positions[i] = from.positions[i];
        }
        for (std::int64_t i = 1; i < n; ++i)
            for (std::int64_t j = 0; j < i; ++j) {
                bool before = keys[i] < keys[j];
                ranks[i] += !before;
                ranks[j] += before;
            }
        for (std::int64_t i = 0; i < n; ++i) {
            to.keys[ranks[i]] = keys[i];
            if constexpr (Items::placed) to.positions[ranks[i]] = positions[i];
        }
    }
    // Two neighbouring runs, merged from both ends. So many steps are safe as the shorter one has keys; none
    // depends on the keys by a branch.
    struct Ends {
        std::int64_t left, right, out, left_end, right_end, end;

        Ends(std::int64_t first, std::int64_t middle, std::int64_t last)
            : left(first),
              right(middle),
              out(first),
              left_end(middle - 1),
              right_end(last - 1),
              end(last - 1) {}
        void step(const Items& to, const Items& from) {
            bool take_right = from.keys[right] < from.keys[left];
            to.set(out++, from, take_right ? right : left);
            right += take_right;
            left += !take_right;
            bool take_left = from.keys[right_end] < from.keys[left_end];
            to.set(end--, from, take_left ? left_end : right_end);
            left_end -= take_left;
            right_end -= !take_left;
        }
        void finish(const Items& to, const Items& from) {
            while (left <= left_end && right <= right_end) {
                bool take_right = from.keys[right] < from.keys[left];
                to.set(out++, from, take_right ? right : left);
                right += take_right;
                left += !take_right;
            }
            while (left <= left_end) to.set(out++, from, left++);
            while (right <= right_end) to.set(out++, from, right++);
        }
    };
    // All runs of `width`, two pairs at once: each step of a pair waits for the one before.
    static void merge_all(const Items& to, const Items& from, std::int64_t width, std::int64_t n) {
        std::int64_t first = 0;
        for (; first + 4 * width <= n; first += 4 * width) {
            Ends one(first, first + width, first + 2 * width);
            Ends two(first + 2 * width, first + 3 * width, first + 4 * width);
            for (std::int64_t i = 0; i < width; ++i) {
                one.step(to, from);
                two.step(to, from);
            }
        }
        for (; first < n; first += 2 * width) {
            std::int64_t middle = std::min(first + width, n);
            std::int64_t last = std::min(first + 2 * width, n);
            Ends one(first, middle, last);
            for (std::int64_t i = 0; i < last - middle; ++i) one.step(to, from);
            one.finish(to, from);
        }
    }
    static void sort(Items items, Items other, std::int64_t n) {
        int merges = 0;
        while (run << merges < n) ++merges;
        // So begun that the last merge ends in `items`.
        Items from = merges % 2 ? other : items, to = merges % 2 ? items : other;
        for (std::int64_t i = 0; i < n; i += run) {
            if (n - i >= run)
                sort_run<true>(from.behind(i), items.behind(i), run);
            else
                sort_run<false>(from.behind(i), items.behind(i), n - i);
        }
        for (std::int64_t width = run; width < n; width *= 2) {
            merge_all(to, from, width, n);
            std::swap(from, to);
        }
    }
};

// By digits, the least significant first. Counts are of 16 bits, which is why `few` is no more.
template <class Key, class Positions, int bits>
struct Digitwise {
    using Items = kernels::Items<Key, Positions>;
    static constexpr std::size_t values = std::size_t{1} << bits;
    // So many digits are counted in one sweep; a small stack has room for their counts.
    static constexpr int most = bits == 8 ? 8 : 3;

    static std::size_t digit(Key key, int shift) {
        return static_cast<std::size_t>(key >> shift) & (values - 1);
    }
    static void move(const Items& to, const Items& from, std::int64_t n, int shift,
                     std::uint16_t* next) {
        for (std::int64_t i = 0; i < n; ++i) to.set(next[digit(from.keys[i], shift)]++, from, i);
    }
    template <int passes>
    static void sort_counted(Items& items, Items& other, std::int64_t n, const int* shifts) {
        std::uint16_t next[passes][values] = {};
        for (std::int64_t i = 0; i < n; ++i)
            for (int pass = 0; pass < passes; ++pass)
                ++next[pass][digit(items.keys[i], shifts[pass])];
        std::uint16_t sums[passes] = {};
        for (std::size_t value = 0; value < values; ++value)
            for (int pass = 0; pass < passes; ++pass) {
                std::uint16_t begin = sums[pass];
                sums[pass] = static_cast<std::uint16_t>(begin + next[pass][value]);
                next[pass][value] = begin;
            }
        for (int pass = 0; pass < passes; ++pass) {
            move(other, items, n, shifts[pass], next[pass]);
            std::swap(items, other);
        }
    }
    template <int... passes>
    static void sort_some(Items& items, Items& other, std::int64_t n, const int* shifts, int count,
                          std::integer_sequence<int, passes...>) {
        ((count == passes + 1 ? sort_counted<passes + 1>(items, other, n, shifts) : void()), ...);
    }
    // By the digits from bit `lowest` on in which keys differ.
    static void sort(Items& items, Items& other, std::int64_t n, Key differing, int lowest) {
        int shifts[8 * sizeof(Key) / bits + 1], count = 0;
        for (int shift = lowest; shift < static_cast<int>(8 * sizeof(Key)); shift += bits)
            if (digit(differing, shift)) shifts[count++] = shift;
        for (int done = 0; done < count; done += most)
            sort_some(items, other, n, shifts + done, std::min(count - done, most),
                      std::make_integer_sequence<int, most>{});
    }
};

// One pass of insertion, from sorted but for some neighbours. False, with all items in `to` but not in order,
// if many are far from where they belong.
template <class Key, class Positions>
bool insert(const Items<Key, Positions>& to, const Items<Key, Positions>& from, std::int64_t n) {
    std::int64_t rest = 2 * n;
    Key largest = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        Key key = from.keys[i];
        auto position = from.positions[i];
        std::int64_t at = i;
        if (key < largest) {
            for (; at > 0 && key < to.keys[at - 1]; --at) to.set(at, to, at - 1);
            rest -= i - at;
        } else {
            largest = key;
        }
        to.keys[at] = key;
        if constexpr (Items<Key, Positions>::placed) to.positions[at] = position;
        if (rest < 0) {
            to.copy(from, i + 1, n);
            return false;
        }
    }
    return true;
}

template <class Key, class Positions, int bits>
void sort_by_digits(Items<Key, Positions> items, Items<Key, Positions> other, std::int64_t n) {
    Key differing = 0;
    for (std::int64_t i = 0; i < n; ++i)
        differing = static_cast<Key>(differing | (items.keys[i] ^ items.keys[0]));
    int width = static_cast<int>(std::bit_width(differing));
    // Keys that differ here and there in so many leading bits are nearly in order by those alone.
    int enough = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n))) + 8;
    enough = (enough + bits - 1) / bits * bits;
    int lowest = width > enough + bits ? width - enough : 0;
    Items<Key, Positions> at = items;
    Digitwise<Key, Positions, bits>::sort(at, other, n, differing, lowest);
    if (lowest > 0) {
        if (insert(items, at, n)) return;
        if (at.keys == items.keys) std::swap(at, other);
        other = at;
        at = items;
        Digitwise<Key, Positions, bits>::sort(at, other, n, differing, 0);
    }
    if (at.keys != items.keys) items.copy(at, 0, n);
}

template <class Key, class Positions>
void sort_items(Items<Key, Positions> items, Items<Key, Positions> other, std::int64_t n) {
    if (n <= very_few<Key>)
        Merging<Key, Positions>::sort(items, other, n);
    else if (n <= 4096 || sizeof(Key) <= 2)
        sort_by_digits<Key, Positions, 8>(items, other, n);
    else
        sort_by_digits<Key, Positions, 11>(items, other, n);
}

// The network that sorts n keys, if one does it faster than digits; few keys leave most of its lanes empty.
template <class Key>
Network network_for(std::int64_t n) {
    constexpr auto size = static_cast<std::int64_t>(sizeof(Key));
    return n > 64 && n * size <= network_bytes ? network(sizeof(Key)) : nullptr;
}

// How often each byte occurs; counted four times, as those of equal neighbours would wait for one another.
struct ByteCounts {
    std::uint16_t of[4][256] = {};

    ByteCounts(const std::uint8_t* keys, std::int64_t n) {
        std::int64_t i = 0;
        for (; i + 4 <= n; i += 4)
            for (int k = 0; k < 4; ++k) ++of[k][keys[i + k]];
        for (; i < n; ++i) ++of[0][keys[i]];
        for (std::size_t value = 0; value < 256; ++value)
            of[0][value] = static_cast<std::uint16_t>(of[0][value] + of[1][value] + of[2][value] +
                                                      of[3][value]);
    }
};

void sort_bytes(std::uint8_t* keys, std::int64_t n) {
    ByteCounts counts(keys, n);
    std::uint8_t* out = keys;
    for (std::size_t value = 0; value < 256; ++value) {
        std::size_t count = counts.of[0][value];
        // Eight at once where those behind are written yet.
        std::uint64_t eight = value * 0x0101010101010101u;
        if (count <= 8 && out + 8 <= keys + n)
            std::memcpy(out, &eight, 8);
        else
            std::memset(out, static_cast<int>(value), count);
        out += count;
    }
}

void order_bytes(std::int64_t* out, const std::uint8_t* keys, std::int64_t n) {
    ByteCounts counts(keys, n);
    std::uint16_t* next = counts.of[0];
    std::uint8_t differing = 0;
    for (std::int64_t i = 0; i < n; ++i)
        differing = static_cast<std::uint8_t>(differing | (keys[i] ^ keys[0]));
    if (std::popcount(differing) == 1) {
        // Two values, as of bool: no position waits for the one before.
        std::uint8_t low = std::min(keys[0], static_cast<std::uint8_t>(keys[0] ^ differing));
        std::int64_t lower = 0, upper = next[low];
        for (std::int64_t i = 0; i < n; ++i) {
            bool above = keys[i] != low;
            out[above ? upper : lower] = i;
            upper += above;
            lower += !above;
        }
        return;
    }
    std::uint16_t sum = 0;
    for (std::size_t value = 0; value < 256; ++value) {
        std::uint16_t count = next[value];
        next[value] = sum;
        sum = static_cast<std::uint16_t>(sum + count);
    }
    for (std::int64_t i = 0; i < n; ++i) out[next[keys[i]]++] = i;
}

// Keys and positions in one word are all different, so that no order of equal ones can be lost.
template <class Word, class Key>
bool order_words(std::int64_t* out, const Key* keys, std::int64_t n) {
    Network sorting = network_for<Word>(n);
    if (!sorting) return false;
    Word words[network_bytes / sizeof(Word)];
    for (std::int64_t i = 0; i < n; ++i)
        words[i] = static_cast<Word>(Word{keys[i]} << 16 | static_cast<Word>(i));
    sorting(words, n);
    for (std::int64_t i = 0; i < n; ++i) out[i] = words[i] & 0xffff;
    return true;
}

}  // namespace

template <class Key>
bool order_few([[maybe_unused]] std::int64_t* out, [[maybe_unused]] const Key* keys,
               [[maybe_unused]] std::int64_t n) {
    if constexpr (sizeof(Key) == 1) {
        if (n <= very_few<Key> || n > few_keys) return false;
        order_bytes(out, keys, n);
        return true;
    } else if constexpr (sizeof(Key) < 8) {
        return order_words<std::conditional_t<sizeof(Key) == 2, std::uint32_t, std::uint64_t>>(
            out, keys, n);
    }
    return false;
}

template <class Key>
void sort_few(Key* keys, Key* other, std::int64_t n) {
    if constexpr (sizeof(Key) == 1)
        if (n > very_few<Key>) return sort_bytes(keys, n);
    if (Network sorting = network_for<Key>(n)) return sorting(keys, n);
    sort_items<Key, Nothing>({keys, {}}, {other, {}}, n);
}

template <class Key, class Position>
void sort_few(Key* keys, Key* other, Position* positions, Position* other_positions,
              std::int64_t n) {
    sort_items<Key, Position*>({keys, positions}, {other, other_positions}, n);
}

#define HPXPY_SORT_FEW(Key)                                                           \
    template void sort_few(Key*, Key*, std::int64_t);                                 \
    template bool order_few(std::int64_t*, const Key*, std::int64_t);                 \
    template void sort_few(Key*, Key*, std::uint32_t*, std::uint32_t*, std::int64_t); \
    template void sort_few(Key*, Key*, std::int64_t*, std::int64_t*, std::int64_t)
HPXPY_SORT_FEW(std::uint8_t);
HPXPY_SORT_FEW(std::uint16_t);
HPXPY_SORT_FEW(std::uint32_t);
HPXPY_SORT_FEW(std::uint64_t);
#undef HPXPY_SORT_FEW

}  // namespace hpxpy::kernels
