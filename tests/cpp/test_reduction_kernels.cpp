// Reductions and joining on every instruction set: fixed order, positions, states of no element.
// SPDX-License-Identifier: BSL-1.0
#include "kernel_tools.hpp"

namespace hpxpy::kernels {
namespace {

// The documented order of joining, one element after the other.
template <class T, class F, class Begin>
T naive_lanes(const std::vector<T>& row, F join, Begin begin) {
    std::size_t lanes = sizeof(T) >= 8 ? 32 : 64;
    std::size_t active = std::min(row.size(), lanes);
    std::vector<T> state(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(active));
    for (std::size_t l = 0; l < active; ++l) state[l] = begin(state[l]);
    for (std::size_t i = active; i < row.size(); ++i)
        state[i % lanes] = join(state[i % lanes], row[i]);
    std::size_t width = 1;
    while (width < active) width *= 2;
    for (width /= 2; width > 0; width /= 2) {
        for (std::size_t l = 0; l < width && l + width < active; ++l)
            state[l] = join(state[l], state[l + width]);
        active = std::min(active, width);
    }
    return state[0];
}

template <class T>
void check_reduction(const Table& table, std::string_view set, Reduction reduction) {
    DType dtype = dtype_of<T>;
    const ReductionLoops& loops = table.reductions[static_cast<int>(reduction)][at(dtype)];
    if (!loops.reduce_rows) return;
    Op op = row(reduction).joining;
    auto join = [&](T a, T b) { return one<T>(op, a, b); };
    // A sum begins with 0, which takes the sign of a negative zero.
    auto begin = [&](T x) { return reduction == Reduction::sum ? static_cast<T>(x + T(0)) : x; };
    // Few special values, so that not every result is nan.
    const std::vector<T> pool = values<T>(20000, 13);
    EXPECT_EQ(loops.state_size, static_cast<std::int64_t>(sizeof(T)));
    EXPECT_EQ(loops.finish, nullptr);
    for (std::int64_t n :
         {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 32, 33, 40, 63, 64, 65, 100, 128, 200, 517})
        for (std::int64_t rows : {1, 2, 9, 37}) {
            Guarded source(n * rows, sizeof(T)), states(rows, sizeof(T));
            T* input = static_cast<T*>(source.data());
            std::copy_n(pool.begin(), n * rows, input);
            loops.reduce_rows(states.data(), input, rows, n, 0);
            ASSERT_TRUE(states.intact());
            T* result = static_cast<T*>(states.data());
            for (std::int64_t r = 0; r < rows; ++r) {
                std::vector<T> list(input + r * n, input + (r + 1) * n);
                ASSERT_TRUE(same(result[r], naive_lanes(list, join, begin)))
                    << title(set, row(reduction).name, dtype) << " n " << n << " row " << r;
            }
            // The same memory seen as n rows of `rows` columns.
            std::vector<T> wanted(input, input + rows);
            for (std::size_t c = 0; c < wanted.size(); ++c) wanted[c] = begin(wanted[c]);
            for (std::int64_t k = 1; k < n; ++k)
                for (std::int64_t c = 0; c < rows; ++c)
                    wanted[static_cast<std::size_t>(c)] =
                        join(wanted[static_cast<std::size_t>(c)], input[k * rows + c]);
            std::int64_t half = n / 2;
            if (half > 0) loops.accumulate_rows(result, input, half, rows, 0, true);
            loops.accumulate_rows(result, input + half * rows, n - half, rows, half, half == 0);
            ASSERT_TRUE(states.intact());
            for (std::int64_t c = 0; c < rows; ++c)
                ASSERT_TRUE(same(result[c], static_cast<T>(wanted[static_cast<std::size_t>(c)])))
                    << title(set, row(reduction).name, dtype) << " n " << n << " column " << c;
        }
    std::vector<T> left = values<T>(77, 14), into = values<T>(77, 15);
    Guarded a(77, sizeof(T)), b(77, sizeof(T));
    std::copy(left.begin(), left.end(), static_cast<T*>(a.data()));
    std::copy(into.begin(), into.end(), static_cast<T*>(b.data()));
    loops.join(a.data(), b.data(), 77);
    ASSERT_TRUE(b.intact());
    for (std::size_t i = 0; i < 77; ++i)
        EXPECT_TRUE(same(static_cast<T*>(b.data())[i], join(left[i], into[i])));
}

TEST(Reductions, FixedOrderOnEveryInstructionSet) {
    for (std::string_view set : available_instruction_sets())
        for (int r = 0; r < reduction_count; ++r) {
            auto reduction = static_cast<Reduction>(r);
            Result result = row(reduction).result;
            if (result == Result::index || result == Result::moments) continue;
            for (DType dtype : all_dtypes)
                visit(dtype, [&]<class T>() { check_reduction<T>(table_of(set), set, reduction); });
        }
}

TEST(Reductions, ExistForEachDtypeThatTheyWorkIn) {
    for (std::string_view set : available_instruction_sets())
        for (int r = 0; r < reduction_count; ++r)
            for (DType dtype : all_dtypes) {
                bool bits = dtype == DType::bool_ || is_integer(dtype);
                if (row(static_cast<Reduction>(r)).accepts == Accepts::bits && !bits) continue;
                DType compute = compute_dtype(static_cast<Reduction>(r), dtype);
                EXPECT_TRUE(table_of(set).reductions[r][at(compute)].reduce_rows)
                    << title(set, row(static_cast<Reduction>(r)).name, compute);
            }
}

TEST(Reductions, SumsKeepPairwiseError) {
    std::mt19937_64 random(16);
    std::uniform_real_distribution<float> uniform(0, 1);
    for (int repeat = 0; repeat < 50; ++repeat) {
        std::vector<float> in(2048);
        double exact = 0;
        for (float& x : in) exact += x = uniform(random);
        float sum = 0;
        reduction(Reduction::sum, DType::float32).reduce_rows(&sum, in.data(), 1, 2048, 0);
        EXPECT_LE(std::fabs(sum - exact) / exact, 11 * 6e-8);
    }
}

template <class T>
struct Positioned {
    T value;
    std::int64_t position;
};

template <class T>
bool naive_replaces(bool smallest, T x, T best) {
    if constexpr (is_complex_type<T>) {
        auto nan = [](T z) { return z.real() != z.real() || z.imag() != z.imag(); };
        if (nan(best) || nan(x)) return !nan(best) && nan(x);
        auto before = [](T a, T b) {
            return a.real() < b.real() || (a.real() == b.real() && a.imag() < b.imag());
        };
        return smallest ? before(x, best) : before(best, x);
    } else {
        if (best != best || x != x) return best == best && x != x;
        return smallest ? x < best : x > best;
    }
}

template <class T>
std::int64_t naive_position(bool smallest, const T* in, std::int64_t n, std::int64_t step) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < n; ++i)
        if (naive_replaces<T>(smallest, in[i * step], in[best * step])) best = i;
    return best;
}

template <class T>
void check_positions(const Table& table, std::string_view set, Reduction reduction, unsigned seed) {
    bool smallest = reduction == Reduction::argmin;
    const ReductionLoops& loops = table.reductions[static_cast<int>(reduction)][at(dtype_of<T>)];
    ASSERT_EQ(loops.state_size, static_cast<std::int64_t>(sizeof(Positioned<T>)));
    // With few values there are many ties; with many, hardly a nan.
    const std::vector<T> pool = values<T>(seed % 2 ? 20000 : 30, seed);
    std::mt19937_64 random(seed);
    for (std::int64_t n : {1, 2, 3, 8, 31, 64, 65, 127, 128, 129, 200, 500})
        for (std::int64_t rows : {1, 3, 70}) {
            Guarded source(n * rows, sizeof(T)), states(rows, sizeof(Positioned<T>));
            T* in = static_cast<T*>(source.data());
            for (std::int64_t i = 0; i < n * rows; ++i) in[i] = pool[random() % pool.size()];
            std::vector<std::int64_t> out(static_cast<std::size_t>(rows));
            loops.reduce_rows(states.data(), in, rows, n, 1000);
            ASSERT_TRUE(states.intact());
            loops.finish(out.data(), states.data(), rows);
            for (std::int64_t r = 0; r < rows; ++r)
                ASSERT_EQ(out[static_cast<std::size_t>(r)],
                          1000 + naive_position(smallest, in + r * n, n, 1))
                    << title(set, row(reduction).name, dtype_of<T>) << " n " << n;
            // The same memory as n rows, in two halves, and once more by joining the halves.
            std::int64_t half = n / 2;
            if (half > 0) loops.accumulate_rows(states.data(), in, half, rows, 0, true);
            Guarded first = states, second(rows, sizeof(Positioned<T>));
            loops.accumulate_rows(states.data(), in + half * rows, n - half, rows, half, half == 0);
            loops.accumulate_rows(second.data(), in + half * rows, n - half, rows, half, true);
            if (half > 0) loops.join(first.data(), second.data(), rows);
            ASSERT_TRUE(states.intact() && second.intact());
            std::vector<std::int64_t> joined(out.size());
            loops.finish(out.data(), states.data(), rows);
            loops.finish(joined.data(), second.data(), rows);
            for (std::int64_t c = 0; c < rows; ++c)
                ASSERT_EQ(out[static_cast<std::size_t>(c)],
                          naive_position(smallest, in + c, n, rows))
                    << title(set, row(reduction).name, dtype_of<T>) << " n " << n;
            ASSERT_EQ(joined, out);
        }
}

TEST(Reductions, FirstPositionWinsAndNanOverNumbers) {
    for (std::string_view set : available_instruction_sets())
        for (Reduction reduction : {Reduction::argmin, Reduction::argmax})
            for (DType dtype : all_dtypes)
                for (unsigned seed : {20u, 21u})
                    visit(dtype, [&]<class T>() {
                        check_positions<T>(table_of(set), set, reduction, seed);
                    });
}

TEST(Reductions, Identities) {
    double real = -1;
    identity(Reduction::sum, DType::float64, &real);
    EXPECT_EQ(real, 0);
    identity(Reduction::prod, DType::float64, &real);
    EXPECT_EQ(real, 1);
    bool truth = true;
    identity(Reduction::any, DType::bool_, &truth);
    EXPECT_FALSE(truth);
    identity(Reduction::all, DType::bool_, &truth);
    EXPECT_TRUE(truth);
    identity(Reduction::min, DType::float64, &real);
    EXPECT_EQ(real, std::numeric_limits<double>::infinity());
    identity(Reduction::max, DType::float64, &real);
    EXPECT_EQ(real, -std::numeric_limits<double>::infinity());
    std::int8_t small = 0;
    identity(Reduction::max, DType::int8, &small);
    EXPECT_EQ(small, -128);
    identity(Reduction::_bitwise_and, DType::int8, &small);
    EXPECT_EQ(small, -1);
    identity(Reduction::_bitwise_xor, DType::int8, &small);
    EXPECT_EQ(small, 0);
    identity(Reduction::_bitwise_and, DType::bool_, &truth);
    EXPECT_TRUE(truth);
    std::uint16_t large = 0;
    identity(Reduction::_bitwise_and, DType::uint16, &large);
    EXPECT_EQ(large, 65535);
    // Joined with an element, even one equal to it, nothing of it stays.
    const auto& loops = reduction(Reduction::argmin, DType::float64);
    struct {
        double value;
        std::int64_t position;
    } nothing, element{std::numeric_limits<double>::infinity(), 5};
    identity(Reduction::argmin, DType::float64, &nothing);
    loops.join(&nothing, &element, 1);
    EXPECT_EQ(element.position, 5);
}

TEST(Joining, OfCollectives) {
    std::vector<std::int32_t> left{1, 0, -5, 7}, into{2, 0, 3, -8};
    auto joined = [&](Op op) {
        std::vector<std::int32_t> result = into;
        joining(op, DType::int32)(left.data(), result.data(), 4);
        return result;
    };
    using List = std::vector<std::int32_t>;
    EXPECT_EQ(joined(Op::add), (List{3, 0, -2, -1}));
    EXPECT_EQ(joined(Op::multiply), (List{2, 0, -15, -56}));
    EXPECT_EQ(joined(Op::minimum), (List{1, 0, -5, -8}));
    EXPECT_EQ(joined(Op::maximum), (List{2, 0, 3, 7}));
    EXPECT_EQ(joined(Op::logical_and), (List{1, 0, 1, 1}));
    EXPECT_EQ(joined(Op::logical_or), (List{1, 0, 1, 1}));
    EXPECT_EQ(joined(Op::logical_xor), (List{0, 0, 0, 0}));
    EXPECT_EQ(joined(Op::bitwise_and), (List{0, 0, 3, 0}));
    EXPECT_EQ(joined(Op::bitwise_or), (List{3, 0, -5, -1}));
    EXPECT_EQ(joined(Op::bitwise_xor), (List{3, 0, -8, -1}));
    EXPECT_EQ(joining(Op::bitwise_and, DType::float64), nullptr);
    EXPECT_EQ(joining(Op::subtract, DType::float64), nullptr);
    std::complex<float> a(0, 2), b(0, 0);
    joining(Op::logical_or, DType::complex64)(&a, &b, 1);
    EXPECT_EQ(b, (std::complex<float>(1, 0)));
}

}  // namespace
}  // namespace hpxpy::kernels
