// Kernels of indexing and sorting on raw memory: guards after the end, every item size, every dtype.
// SPDX-License-Identifier: BSL-1.0
#include <numeric>

#include "kernel_tools.hpp"
#include "kernels/indexing.hpp"
#include "kernels/sorting.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels {
namespace {

using Positions = std::vector<std::int64_t>;

constexpr std::int64_t item_sizes[] = {1, 2, 4, 8, 16};

Bytes some_bytes(std::int64_t items, std::int64_t size) {
    Bytes bytes(static_cast<std::size_t>(items * size));
    std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(1));
    return bytes;
}

bool same_item(const void* a, std::int64_t i, const void* b, std::int64_t j, std::int64_t size) {
    return std::memcmp(static_cast<const char*>(a) + i * size,
                       static_cast<const char*>(b) + j * size, static_cast<std::size_t>(size)) == 0;
}

TEST(IndexingKernels, FetchFollowsOffsets) {
    const Positions offsets{5, 0, 9, 9, 3};
    for (std::int64_t size : item_sizes)
        for (std::int64_t run : {1, 2, 3})
            for (std::int64_t stride : {1, 2}) {
                Bytes source = some_bytes(20, size);
                Guarded to(5 * run, size);
                indexing(size).fetch(to.data(), run, source.data(), offsets.data(), 5, run, stride);
                for (std::int64_t i = 0; i < 5; ++i)
                    for (std::int64_t c = 0; c < run; ++c)
                        EXPECT_TRUE(same_item(to.data(), i * run + c, source.data(),
                                              offsets[static_cast<std::size_t>(i)] + c * stride,
                                              size));
                EXPECT_TRUE(to.intact());
            }
}

TEST(IndexingKernels, PutKeepsItsRangeAndTheLastValue) {
    const Positions offsets{2, 0, 2, 7};
    for (std::int64_t size : item_sizes) {
        Bytes source = some_bytes(4, size), zeros(static_cast<std::size_t>(8 * size));
        Guarded to(8, size);
        std::memcpy(to.data(), zeros.data(), zeros.size());
        indexing(size).put(to.data(), offsets.data(), 4, 1, 1, source.data(), 1, 1, 1, 7);
        EXPECT_TRUE(same_item(to.data(), 2, source.data(), 2, size));
        EXPECT_TRUE(same_item(to.data(), 0, zeros.data(), 0, size));
        EXPECT_TRUE(same_item(to.data(), 7, zeros.data(), 0, size));
        EXPECT_TRUE(to.intact());
    }
}

TEST(IndexingKernels, MasksOfEveryLength) {
    std::mt19937 random(1);
    for (std::int64_t size : item_sizes)
        for (std::int64_t n = 0; n < 40; ++n) {
            Bytes flags(static_cast<std::size_t>(n));
            for (unsigned char& flag : flags) flag = random() % 2;
            const bool* mask = static_cast<const bool*>(static_cast<const void*>(flags.data()));
            std::int64_t count = std::accumulate(flags.begin(), flags.end(), std::int64_t{0});
            EXPECT_EQ(count_true(mask, n), count);
            Bytes source = some_bytes(n, size);
            Guarded packed(count, size), spread(n, size), where(count, 8);
            indexing(size).compress(packed.data(), source.data(), 1, mask, count);
            auto* positions = static_cast<std::int64_t*>(where.data());
            true_positions(positions, mask, 100, count);
            for (std::int64_t k = 0; k < count; ++k) {
                EXPECT_TRUE(flags[static_cast<std::size_t>(positions[k] - 100)]);
                EXPECT_TRUE(same_item(packed.data(), k, source.data(), positions[k] - 100, size));
            }
            std::memset(spread.data(), 0, static_cast<std::size_t>(n * size));
            indexing(size).expand(spread.data(), 1, packed.data(), 1, mask, n);
            Bytes zero(static_cast<std::size_t>(size));
            for (std::int64_t i = 0; i < n; ++i)
                EXPECT_TRUE(flags[static_cast<std::size_t>(i)]
                                ? same_item(spread.data(), i, source.data(), i, size)
                                : same_item(spread.data(), i, zero.data(), 0, size));
            EXPECT_TRUE(packed.intact() && spread.intact() && where.intact());
        }
}

TEST(IndexingKernels, OffsetsAddUpAndTellTheFirstThatIsOutOfRange) {
    const Positions rows{0, -1, 2}, columns{3, 0, -4};
    Positions offsets(3);
    EXPECT_EQ(add_offsets(offsets.data(), rows.data(), 3, 3, 10, true), -1);
    EXPECT_EQ(add_offsets(offsets.data(), columns.data(), 3, 4, -1, false), -1);
    EXPECT_EQ(offsets, (Positions{-3, 20, 20}));
    EXPECT_EQ(add_offsets(offsets.data(), rows.data(), 3, 2, 1, true), 2);
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    const Positions extreme{0, lowest, std::numeric_limits<std::int64_t>::max()};
    EXPECT_EQ(add_offsets(offsets.data(), extreme.data(), 3, 5, 1000, true), 1);
}

TEST(IndexingKernels, PositionsSplitAndRepeat) {
    Positions flat{0, 7, 11}, last(3);
    split_positions(flat.data(), last.data(), 3, 4);
    EXPECT_EQ(flat, (Positions{0, 1, 2}));
    EXPECT_EQ(last, (Positions{0, 3, 3}));
    const Positions counts{2, 0, 3};
    Positions repeated(5);
    repeat_positions(repeated.data(), counts.data(), 3, 10);
    EXPECT_EQ(repeated, (Positions{10, 10, 12, 12, 12}));
}

TEST(IndexingKernels, RangesAreCheckedAtTheirEnds) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    EXPECT_TRUE(all_in_range(Positions{0, 4, 2}.data(), 3, 5));
    EXPECT_TRUE(all_in_range(Positions{most - 1}.data(), 1, most));
    EXPECT_TRUE(all_in_range(nullptr, 0, 0));
    for (std::int64_t wrong : {std::int64_t{5}, std::int64_t{-1}, most, -most - 1})
        EXPECT_FALSE(all_in_range(Positions{0, wrong, 1}.data(), 3, 5)) << wrong;
    EXPECT_FALSE(all_in_range(Positions{0}.data(), 1, 0));
}

template <class T>
std::vector<T> random_values(std::size_t n) {
    std::mt19937_64 random(7);
    std::vector<T> values(n);
    for (T& value : values)
        if constexpr (std::is_same_v<T, bool>)
            value = random() % 2;
        else
            value = static_cast<T>(static_cast<double>(static_cast<std::int64_t>(random())) / 1e12);
    return values;
}

template <class T>
void check_keys() {
    using Stored = std::conditional_t<std::is_same_v<T, bool>, unsigned char, T>;
    std::vector<Stored> values;
    for (auto value : random_values<Stored>(200))
        values.push_back(std::is_same_v<T, bool> ? static_cast<Stored>(value != 0) : value);
    const Keys& keys = keys_of(dtype_of<T>);
    const Digits& digits = digits_of(keys.size);
    for (bool descending : {false, true}) {
        Guarded made(200, keys.size), other(200, keys.size);
        keys.make(made.data(), values.data(), 1, 200, descending);
        void* from = made.data();
        void* to = other.data();
        for (int pass = 0; pass < digits.passes; ++pass) {
            Positions next(static_cast<std::size_t>(1) << digits.bits);
            digits.count(next.data(), from, 200, pass);
            std::exclusive_scan(next.begin(), next.end(), next.begin(), std::int64_t{0});
            digits.move(to, from, 200, pass, next.data());
            std::swap(from, to);
        }
        Guarded few(200, keys.size), room(200, keys.size);
        keys.make(few.data(), values.data(), 1, 200, descending);
        digits.sort_few(few.data(), room.data(), 200);
        EXPECT_EQ(std::memcmp(few.data(), from, static_cast<std::size_t>(200 * keys.size)), 0);
        keys.restore(from, from, 200, descending);
        std::vector<Stored> expected = values;
        std::sort(expected.begin(), expected.end());
        if (descending) std::reverse(expected.begin(), expected.end());
        EXPECT_EQ(std::memcmp(expected.data(), from, static_cast<std::size_t>(200 * keys.size)), 0);
        EXPECT_TRUE(made.intact() && other.intact() && few.intact());
    }
}

TEST(SortingKernels, KeysOfEveryDtypeSortByTheirDigits) {
    for (DType dtype : all_dtypes)
        visit(dtype, []<class T>() {
            if constexpr (!is_complex_type<T>) check_keys<T>();
        });
}

TEST(SortingKernels, FewKeysOfEveryNumberKeepTheirOrder) {
    for (std::int64_t n = 0; n < 70; ++n) {
        auto size = static_cast<std::size_t>(n);
        std::vector<std::uint32_t> keys(size), room(size), expected(size);
        std::vector<std::int64_t> positions(size), other_positions(size), wanted(size);
        std::iota(positions.begin(), positions.end(), std::int64_t{0});
        wanted = positions;
        for (std::size_t i = 0; i < size; ++i) keys[i] = static_cast<std::uint32_t>(i * 7919 % 13);
        std::stable_sort(wanted.begin(), wanted.end(), [&](std::int64_t a, std::int64_t b) {
            return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
        });
        expected = keys;
        std::sort(expected.begin(), expected.end());
        digits_of(4).sort_few_both64(keys.data(), room.data(), positions.data(),
                                     other_positions.data(), n);
        EXPECT_EQ(keys, expected) << n;
        EXPECT_EQ(positions, wanted) << n;
    }
}

// Keys of every digit, of few values, of low digits alone, and of low digits beside a few high ones.
template <class Key>
std::vector<Key> keys_of_kind(int kind, std::size_t n) {
    std::mt19937_64 random(n + 1);
    std::vector<Key> keys(n);
    for (Key& key : keys) {
        std::uint64_t low = random() % 1000, high = random() % 100 ? 0 : ~std::uint64_t{0} << 9;
        const std::uint64_t kinds[] = {random(), low % 3, low, low ^ high};
        key = static_cast<Key>(kinds[kind]);
    }
    return keys;
}

template <class Key>
void check_few() {
    const Digits& digits = digits_of(sizeof(Key));
    for (std::size_t n : {65u, 128u, 129u, 1000u, 4097u, 10000u, 65535u})
        for (int kind = 0; kind < 4; ++kind) {
            const std::vector<Key> given = keys_of_kind<Key>(kind, n);
            std::vector<std::int64_t> wanted(n);
            std::iota(wanted.begin(), wanted.end(), std::int64_t{0});
            std::vector<std::uint32_t> positions(wanted.begin(), wanted.end()), room_positions(n);
            std::stable_sort(wanted.begin(), wanted.end(), [&](std::int64_t a, std::int64_t b) {
                return given[static_cast<std::size_t>(a)] < given[static_cast<std::size_t>(b)];
            });
            std::vector<Key> expected = given, alone = given, keys = given, room(n);
            std::sort(expected.begin(), expected.end());
            digits.sort_few(alone.data(), room.data(), static_cast<std::int64_t>(n));
            digits.sort_few_both32(keys.data(), room.data(), positions.data(),
                                   room_positions.data(), static_cast<std::int64_t>(n));
            EXPECT_EQ(alone, expected) << n << " of kind " << kind;
            EXPECT_EQ(keys, expected) << n << " of kind " << kind;
            EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), positions.begin()))
                << n << " of kind " << kind;
            std::vector<std::int64_t> order(n);
            if (digits.order_few(order.data(), given.data(), static_cast<std::int64_t>(n))) {
                EXPECT_EQ(order, wanted) << n << " of kind " << kind;
            }
        }
}

TEST(SortingKernels, FewKeysOfEveryKindKeepTheirOrder) {
    check_few<std::uint8_t>();
    check_few<std::uint16_t>();
    check_few<std::uint32_t>();
    check_few<std::uint64_t>();
}

template <class Key>
void check_network(Network sort) {
    constexpr std::size_t most = network_bytes / sizeof(Key);
    for (std::size_t n = 0; n <= most; n += n < 150 ? 1 : 97)
        for (int kind = 0; kind < 4; ++kind) {
            std::vector<Key> expected = keys_of_kind<Key>(kind, n);
            if (n > 2) expected[n / 2] = std::numeric_limits<Key>::max();
            Guarded keys(static_cast<std::int64_t>(n), sizeof(Key));
            auto first = static_cast<Key*>(keys.data());
            std::copy(expected.begin(), expected.end(), first);
            std::sort(expected.begin(), expected.end());
            sort(keys.data(), static_cast<std::int64_t>(n));
            EXPECT_TRUE(std::equal(expected.begin(), expected.end(), first))
                << n << " of kind " << kind;
            EXPECT_TRUE(keys.intact());
        }
}

TEST(SortingKernels, NetworksOfEveryInstructionSetSort) {
    for (std::string_view set : available_instruction_sets()) {
        const Table& table = table_of(set);
        if (table.networks[1]) check_network<std::uint16_t>(table.networks[1]);
        if (table.networks[2]) check_network<std::uint32_t>(table.networks[2]);
        if (table.networks[3]) check_network<std::uint64_t>(table.networks[3]);
    }
}

TEST(SortingKernels, EqualKeysAreFound) {
    const std::vector<std::uint16_t> keys{1, 2, 2, 3, 4, 4, 4};
    std::int64_t end = 0;
    EXPECT_EQ(digits_of(2).find_equal(keys.data(), 0, 7, &end), 1);
    EXPECT_EQ(end, 3);
    EXPECT_EQ(digits_of(2).find_equal(keys.data(), 3, 7, &end), 4);
    EXPECT_EQ(end, 7);
    EXPECT_EQ(digits_of(2).find_equal(keys.data(), 7, 7, &end), 7);
}

TEST(SortingKernels, NanIsLastAndZerosKeepTheirSigns) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<double> values{nan, 0.0, -1.0, -0.0, 0.0};
    const Keys& keys = keys_of(DType::float64);
    for (bool descending : {false, true}) {
        std::vector<double> sorted(5);
        std::vector<std::uint64_t> made(5);
        EXPECT_TRUE(keys.make(made.data(), values.data(), 1, 5, descending));
        std::vector<std::uint64_t> room(5);
        digits_of(8).sort_few(made.data(), room.data(), 5);
        keys.restore(sorted.data(), made.data(), 5, descending);
        keys.restore_zeros(sorted.data(), values.data(), 5);
        std::size_t first = descending ? 0 : 1;
        EXPECT_TRUE(std::isnan(sorted[4]));
        EXPECT_FALSE(std::signbit(sorted[first]));
        EXPECT_TRUE(std::signbit(sorted[first + 1]));
        EXPECT_FALSE(std::signbit(sorted[first + 2]));
    }
}

TEST(SortingKernels, GroupsKeepTheOrder) {
    const std::vector<std::uint64_t> keys{0x20005, 0x10003, 0x30001, 0x10002, 0x20001};
    const Digits& digits = digits_of(8);
    EXPECT_EQ(digits.differing(keys.data(), 5), 0x30007u);
    std::vector<std::uint32_t> tops(top_count);
    digits.count_tops(tops.data(), keys.data(), 5, 16);
    EXPECT_EQ(tops[1], 2u);
    EXPECT_EQ(tops[3], 1u);
    std::vector<std::uint16_t> groups(top_count);
    groups[2] = groups[3] = 1;
    const std::vector<std::uint32_t> positions{0, 1, 2, 3, 4};
    std::vector<std::uint64_t> moved(5);
    std::vector<std::uint32_t> moved_positions(5);
    Positions next{0, 2};
    digits.move_groups(moved.data(), moved_positions.data(), keys.data(), positions.data(), 4, 5,
                       16, groups.data(), next.data());
    EXPECT_EQ(moved_positions, (std::vector<std::uint32_t>{1, 3, 0, 2, 4}));
    EXPECT_EQ(moved[2], keys[0]);
}

TEST(SortingKernels, SearchFindsBothSides) {
    const std::vector<std::int32_t> sorted{1, 3, 3, 7}, values{0, 3, 7, 8};
    Positions out(4);
    search(DType::int32)(out.data(), sorted.data(), 4, values.data(), 4, false);
    EXPECT_EQ(out, (Positions{0, 1, 3, 4}));
    search(DType::int32)(out.data(), sorted.data(), 4, values.data(), 4, true);
    EXPECT_EQ(out, (Positions{0, 3, 4, 4}));
    search(DType::int32)(out.data(), sorted.data(), 0, values.data(), 4, true);
    EXPECT_EQ(out, (Positions{0, 0, 0, 0}));
}

}  // namespace
}  // namespace hpxpy::kernels
