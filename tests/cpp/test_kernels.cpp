// Conversions, copies, counts and the choice of the instruction set.
// SPDX-License-Identifier: BSL-1.0
#include <span>

#include "kernel_tools.hpp"

namespace hpxpy::kernels {
namespace {

TEST(Convert, EveryPairAndLength) {
    for (std::string_view set : available_instruction_sets())
        for (DType from : all_dtypes)
            for (DType to : all_dtypes) {
                Block loop = table_of(set).convert[at(from)][at(to)];
                ASSERT_EQ(loop == nullptr, from == to);
                if (!loop) continue;
                constexpr std::int64_t most = 300;
                Bytes in = random_bytes(from, most, 12);
                Bytes wanted(static_cast<std::size_t>(most * itemsize(to)));
                visit(from, [&]<class From>() {
                    visit(to, [&]<class To>() {
                        for (std::size_t i = 0; i < most; ++i) {
                            From x;
                            std::memcpy(&x, &in[i * sizeof(From)], sizeof(From));
                            To y = cast<To>(x);
                            std::memcpy(&wanted[i * sizeof(To)], &y, sizeof(To));
                        }
                    });
                });
                for (std::int64_t n = 0; n <= most; n += n < 40 ? 1 : 65) {
                    Guarded source(n, itemsize(from)), out(n, itemsize(to));
                    std::memcpy(source.data(), in.data(),
                                static_cast<std::size_t>(n * itemsize(from)));
                    const void* pointers[1] = {source.data()};
                    loop(out.data(), pointers, n);
                    ASSERT_TRUE(out.intact());
                    Bytes prefix(wanted.begin(), wanted.begin() + n * itemsize(to));
                    ASSERT_TRUE(same_values(to, out.bytes(), prefix))
                        << title(set, name_of(from), to) << " n " << n;
                }
            }
}

// Strided pieces in a field of numbered bytes, large enough for every combination below.
void check_copies(const Copies& copies, std::int64_t size) {
    constexpr std::int64_t room = 9000;
    Bytes field(static_cast<std::size_t>(2 * room * size));
    for (std::size_t i = 0; i < field.size(); ++i)
        field[i] = static_cast<unsigned char>(i * 37 + i / 251);
    unsigned char* middle = field.data() + room * size;
    for (std::int64_t rows : {0, 1, 2, 5, 17, 40})
        for (std::int64_t columns : {0, 1, 2, 3, 4, 5, 16, 33, 70})
            for (std::int64_t row_stride : {0, 1, 3, 71, -80, 100})
                for (std::int64_t column_stride : {0, 1, 2, -1, -2, 3, 41, 100}) {
                    Guarded dense(rows * columns, size);
                    auto* values = static_cast<unsigned char*>(dense.data());
                    if (40 * std::abs(row_stride) + 70 * std::abs(column_stride) > room) continue;
                    copies.gather(values, middle, rows, columns, row_stride, column_stride);
                    ASSERT_TRUE(dense.intact());
                    auto place = [&](std::int64_t r, std::int64_t c) {
                        return (r * row_stride + c * column_stride) * size;
                    };
                    for (std::int64_t r = 0; r < rows; ++r)
                        for (std::int64_t c = 0; c < columns; ++c)
                            ASSERT_EQ(
                                std::memcmp(values + (r * columns + c) * size, middle + place(r, c),
                                            static_cast<std::size_t>(size)),
                                0)
                                << size << ": " << rows << " " << columns << " " << row_stride
                                << " " << column_stride;
                    // What a scatter leaves behind, compared with one element after the other.
                    std::vector<std::int64_t> places;
                    for (std::int64_t r = 0; r < rows; ++r)
                        for (std::int64_t c = 0; c < columns; ++c) places.push_back(place(r, c));
                    std::sort(places.begin(), places.end());
                    if (std::adjacent_find(places.begin(), places.end()) != places.end()) continue;
                    Bytes target(field.size(), 0xA5), wanted = target;
                    for (std::int64_t r = 0; r < rows; ++r)
                        for (std::int64_t c = 0; c < columns; ++c)
                            std::memcpy(wanted.data() + room * size + place(r, c),
                                        values + (r * columns + c) * size,
                                        static_cast<std::size_t>(size));
                    copies.scatter(target.data() + room * size, values, rows, columns, row_stride,
                                   column_stride);
                    ASSERT_EQ(target, wanted) << size << ": " << rows << " " << columns << " "
                                              << row_stride << " " << column_stride;
                }
    for (std::int64_t n = 0; n < 140; ++n) {
        Guarded out(n, size);
        copies.fill(out.data(), middle, n);
        ASSERT_TRUE(out.intact());
        for (std::int64_t i = 0; i < n; ++i)
            ASSERT_EQ(std::memcmp(static_cast<char*>(out.data()) + i * size, middle,
                                  static_cast<std::size_t>(size)),
                      0);
    }
}

TEST(Copies, EveryShapeAndStride) {
    for (std::string_view set : available_instruction_sets())
        for (int k = 0; k < 5; ++k) check_copies(table_of(set).copies[k], std::int64_t(1) << k);
}

using Copy = void (*)(void* dst, const void* src, std::int64_t bytes);

void check_copy(std::string_view set, Copy copy, std::span<const std::int64_t> lengths) {
    Bytes source(static_cast<std::size_t>(*std::max_element(lengths.begin(), lengths.end())) + 1);
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<unsigned char>(i * 7);
    for (std::int64_t n : lengths)
        for (std::int64_t shift : {1, 3, 8, 16})
            for (int from : {0, 1}) {
                Guarded out(n, shift);
                copy(out.data(), source.data() + from, n);
                store_fence();
                ASSERT_EQ(
                    std::memcmp(out.data(), source.data() + from, static_cast<std::size_t>(n)), 0)
                    << set << " " << n;
                ASSERT_TRUE(shift > 1 || out.intact()) << set << " " << n;
            }
}

TEST(Copies, Stream) {
    const std::int64_t lengths[] = {0, 1, 7, 63, 64, 65, 127, 128, 130, 1000, 4096, 4999};
    for (std::string_view set : available_instruction_sets())
        check_copy(set, table_of(set).stream, lengths);
}

TEST(Copies, OnePiece) {
    std::vector<std::int64_t> lengths;
    for (std::int64_t n = 0; n < 700; ++n) lengths.push_back(n);
    for (std::int64_t n : {4095, 8192, 262'144, 262'145}) lengths.push_back(n);
    for (std::string_view set : available_instruction_sets())
        check_copy(set, table_of(set).copy, lengths);
}

TEST(CountUp, IntegersAndFloats) {
    for (std::int64_t n = 0; n < 40; ++n) {
        std::vector<std::int64_t> whole(static_cast<std::size_t>(n) + 1, -1);
        std::vector<double> real(static_cast<std::size_t>(n) + 1, -1);
        count_up(DType::int64, whole.data(), 5, n);
        count_up(DType::float64, real.data(), -3, n);
        for (std::int64_t i = 0; i < n; ++i) {
            EXPECT_EQ(whole[static_cast<std::size_t>(i)], 5 + i);
            EXPECT_EQ(real[static_cast<std::size_t>(i)], static_cast<double>(i - 3));
        }
        EXPECT_EQ(whole.back(), -1);
        EXPECT_EQ(real.back(), -1);
    }
}

TEST(Dispatch, PicksAnAvailableSet) {
    auto& sets = available_instruction_sets();
    EXPECT_NE(std::find(sets.begin(), sets.end(), instruction_set()), sets.end());
    EXPECT_EQ(elementwise(Op::add, DType::float64, 0),
              table_of(instruction_set()).elementwise[at(Op::add)][at(DType::float64)][0]);
    EXPECT_EQ(elementwise(Op::add, DType::float64, 3), nullptr);
    EXPECT_EQ(elementwise(Op::bitwise_and, DType::float64, 0), nullptr);
}

}  // namespace
}  // namespace hpxpy::kernels
