// Running sums and products, and squares around the mean, on every instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernel_tools.hpp"

namespace hpxpy::kernels {
namespace {

template <class T>
void check_scan(const Table& table, std::string_view set, Reduction reduction) {
    auto* loop = table.scans[static_cast<int>(reduction)][at(dtype_of<T>)].columns;
    ASSERT_TRUE(loop) << title(set, row(reduction).name, dtype_of<T>);
    Op op = row(reduction).joining;
    const std::vector<T> pool = values<T>(20000, 3);
    for (std::int64_t rows : {1, 2, 3, 64, 117})
        for (std::int64_t columns : {1, 2, 63, 64, 65, 130})
            for (bool continued : {false, true}) {
                const T* in = pool.data();
                const T* before = continued ? pool.data() + 15000 : nullptr;
                Guarded out(rows * columns, sizeof(T));
                loop(out.data(), in, before, rows, columns, columns, columns);
                ASSERT_TRUE(out.intact());
                const T* got = static_cast<const T*>(out.data());
                for (std::int64_t c = 0; c < columns; ++c) {
                    T running = in[c];
                    for (std::int64_t r = 0; r < rows; ++r) {
                        if (r > 0) running = one<T>(op, running, in[r * columns + c]);
                        T wanted = before ? one<T>(op, before[c], running) : running;
                        ASSERT_TRUE(same(got[r * columns + c], wanted))
                            << title(set, row(reduction).name, dtype_of<T>) << " row " << r
                            << " column " << c;
                    }
                }
            }
}

template <class T>
void check_lanes(const Table& table, std::string_view set, Reduction reduction) {
    const ScanLoops& loops = table.scans[static_cast<int>(reduction)][at(dtype_of<T>)];
    Op op = row(reduction).joining;
    const std::vector<T> pool = values<T>(2000, 4);
    constexpr std::int64_t most = 120, apart = 125;
    for (int lanes : {1, 2, 3, 4, 7, 8, 15})
        for (std::int64_t n : {1, 2, 63, 64, 120})
            for (int count : {0, 1, 2}) {
                const T* before[] = {pool.data() + 1900, pool.data() + 1950};
                const void* known[] = {before[0], before[1]};
                Guarded running(lanes, sizeof(T));
                Guarded out(lanes * most, sizeof(T));
                loops.run_lanes(out.data(), pool.data(), known, count, running.data(), lanes, n,
                                apart, most);
                ASSERT_TRUE(running.intact() && out.intact());
                const T* got = static_cast<const T*>(out.data());
                for (int l = 0; l < lanes; ++l) {
                    T joined = pool[static_cast<std::size_t>(l * apart)];
                    for (std::int64_t i = 0; i < n; ++i) {
                        if (i > 0)
                            joined =
                                one<T>(op, joined, pool[static_cast<std::size_t>(l * apart + i)]);
                        T wanted = joined;
                        for (int k = 0; k < count; ++k) wanted = one<T>(op, before[k][l], wanted);
                        ASSERT_TRUE(same(got[l * most + i], wanted))
                            << title(set, row(reduction).name, dtype_of<T>) << " lane " << l
                            << " element " << i;
                    }
                    ASSERT_TRUE(same(static_cast<const T*>(running.data())[l], joined));
                }
            }
}

template <class T>
void check_block(const Table& table, std::string_view set, Reduction reduction) {
    const ScanLoops& loops = table.scans[static_cast<int>(reduction)][at(dtype_of<T>)];
    Op op = row(reduction).joining;
    constexpr std::int64_t segment = scan_segment(sizeof(T));
    const std::vector<T> pool = values<T>(8 * segment + 8, 5);
    for (std::int64_t n : {std::int64_t{1}, segment - 1, segment, segment + 1, 3 * segment + 5,
                           7 * segment, 8 * segment - 1, 8 * segment})
        for (int count : {0, 1, 2, 4, 6}) {
            const void* before[6];
            for (int k = 0; k < count; ++k)
                before[k] = &pool[pool.size() - 1 - static_cast<std::size_t>(k)];
            Guarded out(n, sizeof(T)), total(1, sizeof(T)), same_total(1, sizeof(T));
            loops.begin_block(out.data(), pool.data(), n, total.data());
            loops.total_block(pool.data(), n, same_total.data());
            loops.end_block(out.data(), out.data(), n, before, count);
            ASSERT_TRUE(out.intact() && total.intact() && same_total.intact());
            T earlier{}, running{}, wanted{};
            for (std::int64_t i = 0; i < n; ++i) {
                if (i > 0 && i % segment == 0)
                    earlier = i == segment ? running : one<T>(op, earlier, running);
                T element = pool[static_cast<std::size_t>(i)];
                running = i % segment == 0 ? element : one<T>(op, running, element);
                T in_block = i >= segment ? one<T>(op, earlier, running) : running;
                wanted = in_block;
                for (int k = 0; k < count; ++k)
                    wanted = one<T>(op, *static_cast<const T*>(before[k]), wanted);
                ASSERT_TRUE(same(static_cast<const T*>(out.data())[i], wanted))
                    << title(set, row(reduction).name, dtype_of<T>) << " element " << i << " of "
                    << n;
                if (i + 1 < n) continue;
                ASSERT_TRUE(same(*static_cast<const T*>(total.data()), in_block));
                ASSERT_TRUE(same(*static_cast<const T*>(same_total.data()), in_block));
            }
        }
}

TEST(Scans, InOrderOnEveryInstructionSet) {
    for (std::string_view set : available_instruction_sets())
        for (const ScanRow& scan : scan_rows)
            for (DType dtype : all_dtypes) {
                DType compute = compute_dtype(scan.reduction, dtype);
                visit(compute, [&]<class T>() {
                    if constexpr (!std::is_same_v<T, bool>) {
                        check_scan<T>(table_of(set), set, scan.reduction);
                        check_lanes<T>(table_of(set), set, scan.reduction);
                        check_block<T>(table_of(set), set, scan.reduction);
                    }
                });
            }
}

TEST(Scans, InPlace) {
    std::vector<double> x{1, 2, 3, 4, 5, 6};
    scan(Reduction::sum, DType::float64).columns(x.data(), x.data(), nullptr, 3, 2, 2, 2);
    EXPECT_EQ(x, (std::vector<double>{1, 2, 4, 6, 9, 12}));
}

constexpr std::int64_t most_state_bytes = 32;

// Moderate values: the squares of the ends of the range are infinite.
template <class T>
std::vector<T> moderate(std::int64_t count) {
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal(1000, 3);
    std::vector<T> result;
    for (std::int64_t i = 0; i < count; ++i) {
        if constexpr (is_complex_type<T>) {
            auto real = static_cast<typename T::value_type>(normal(random));
            result.emplace_back(real, static_cast<typename T::value_type>(normal(random)));
        } else {
            result.push_back(static_cast<T>(normal(random)));
        }
    }
    return result;
}

template <class T>
double naive_squares(const T* x, std::int64_t n, std::int64_t stride) {
    std::complex<double> mean = 0;
    for (std::int64_t i = 0; i < n; ++i) mean += std::complex<double>(x[i * stride]);
    mean /= static_cast<double>(n);
    double squares = 0;
    for (std::int64_t i = 0; i < n; ++i)
        squares += std::norm(std::complex<double>(x[i * stride]) - mean);
    return squares;
}

template <class T>
void check_squares(std::string_view set) {
    using R = decltype(std::abs(T()));
    DType dtype = dtype_of<T>;
    int number = static_cast<int>(Reduction::_squares);
    const ReductionLoops& loops = table_of(set).reductions[number][at(dtype)];
    const ReductionLoops& plain = table_of(baseline).reductions[number][at(dtype)];
    ASSERT_LE(loops.state_size, most_state_bytes);
    const std::vector<T> x = moderate<T>(40000);
    auto check = [&](const Guarded& states, std::int64_t items, auto&& wanted) {
        ASSERT_TRUE(states.intact());
        std::vector<R> got(static_cast<std::size_t>(items));
        Bytes bytes = states.bytes();
        loops.finish(got.data(), bytes.data(), items);
        for (std::int64_t i = 0; i < items; ++i) {
            double value = got[static_cast<std::size_t>(i)], exact = wanted(i);
            EXPECT_NEAR(value, exact, exact * (sizeof(R) == 4 ? 1e-3 : 1e-11))
                << title(set, "squares", dtype);
        }
    };
    for (std::int64_t n : {1, 2, 5, 33, 100, 512, 1024, 1500})
        for (std::int64_t rows : {1, 3, 20}) {
            Guarded states(rows, loops.state_size), same_states(rows, loops.state_size);
            loops.reduce_rows(states.data(), x.data(), rows, n, 0);
            check(states, rows, [&](std::int64_t r) { return naive_squares(&x[r * n], n, 1); });
            plain.reduce_rows(same_states.data(), x.data(), rows, n, 0);
            std::vector<R> ours(static_cast<std::size_t>(rows)), theirs = ours;
            loops.finish(ours.data(), states.data(), rows);
            plain.finish(theirs.data(), same_states.data(), rows);
            EXPECT_EQ(ours, theirs) << title(set, "squares", dtype);
            // The same memory as n rows, in two halves, and once more by joining the halves.
            std::int64_t half = n / 2;
            if (half > 0) loops.accumulate_rows(states.data(), x.data(), half, rows, 0, true);
            Guarded first = states, second(rows, loops.state_size);
            const T* rest = &x[half * rows];
            loops.accumulate_rows(states.data(), rest, n - half, rows, half, half == 0);
            auto column = [&](std::int64_t c) { return naive_squares(&x[c], n, rows); };
            check(states, rows, column);
            loops.accumulate_rows(second.data(), rest, n - half, rows, half, true);
            if (half > 0) loops.join(first.data(), second.data(), rows);
            check(second, rows, column);
        }
}

TEST(Squares, AroundTheMeanOnEveryInstructionSet) {
    for (std::string_view set : available_instruction_sets()) {
        check_squares<float>(set);
        check_squares<double>(set);
        check_squares<std::complex<float>>(set);
        check_squares<std::complex<double>>(set);
    }
}

TEST(Squares, OfNothingChangeNothing) {
    alignas(16) unsigned char nothing[most_state_bytes], state[most_state_bytes];
    double x[] = {1, 2, 4}, squares = 0;
    const ReductionLoops& loops = reduction(Reduction::_squares, DType::float64);
    identity(Reduction::_squares, DType::float64, nothing);
    loops.finish(&squares, nothing, 1);
    EXPECT_EQ(squares, 0);
    loops.reduce_rows(state, x, 1, 3, 0);
    loops.join(nothing, state, 1);
    loops.finish(&squares, state, 1);
    EXPECT_DOUBLE_EQ(squares, 14. / 3);
    loops.join(state, nothing, 1);
    loops.finish(&squares, nothing, 1);
    EXPECT_DOUBLE_EQ(squares, 14. / 3);
}

}  // namespace
}  // namespace hpxpy::kernels
