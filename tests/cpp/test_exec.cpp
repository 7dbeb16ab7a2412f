// Evaluation: values, writes in the presence of pending work, and what is kept.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "algorithms/scan.hpp"
#include "algorithms/sorting.hpp"
#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "functions/apply.hpp"
#include "functions/write.hpp"
#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {
namespace {

class Exec : public ::testing::Test {
protected:
    void SetUp() override { expression_lock().lock(); }
    void TearDown() override {
        expression_lock().unlock();
        if (is_running()) finalize();
    }
};

// 0, 1, 2, ... stored.
Array counted(std::int64_t count) {
    Array x = count_up(0, count, DType::float64, nullptr);
    evaluate(x);
    return x;
}

Array apply(Op op, std::initializer_list<Input> inputs) {
    return apply_op(op, std::vector<Input>(inputs));
}

double at(const Array& x, std::int64_t i) {
    const IndexItem items[] = {i};
    return element("at", index(x, items)).as<double>();
}

Array part(const Array& x, std::optional<std::int64_t> start, std::optional<std::int64_t> stop) {
    const IndexItem items[] = {Slice{start, stop, std::nullopt}};
    return index(x, items);
}

TEST_F(Exec, SmallWorkIsDoneAtOnceAndLargeWorkIsNot) {
    Array small = counted(10), large = counted(5000);
    EXPECT_FALSE(apply(Op::add, {&small, &small}).node->pending());
    Array sum = apply(Op::add, {&large, &large});
    EXPECT_TRUE(sum.node->pending());
    EXPECT_EQ(at(sum, 4999), 2 * 4999);
    evaluate(sum);
    EXPECT_FALSE(sum.node->pending());
}

TEST_F(Exec, ResultsTakeOverMemoryThatDies) {
    Array x = counted(5000);
    const void* memory = x.node->buffer->data();
    x = apply(Op::square, {&x});
    evaluate(x);
    EXPECT_EQ(x.node->buffer->data(), memory);
    EXPECT_EQ(at(x, 4999), 4999.0 * 4999.0);
}

TEST_F(Exec, AnOperandOverwrittenByAStepThatFailedIsLost) {
    Array x = counted(5000);
    Array sum = apply(Op::add, {&x, &x});
    x = Array{};
    // There is no loop for bits of floats, so the step fails after it has taken the memory.
    sum.node->op = Op::bitwise_and;
    EXPECT_THROW(evaluate(sum), RuntimeError);
    sum.node->op = Op::add;
    try {
        evaluate(sum);
        FAIL() << "computed from memory that was overwritten";
    } catch (const MemoryError& error) {
        EXPECT_STREQ(error.what(), "evaluate: an operand was lost when memory ran out");
    }
}

TEST_F(Exec, AWriteComesAfterWhatReadsTheMemory) {
    Array x = counted(5000);
    Array doubled = apply(Op::multiply, {&x, Scalar::of(2.0)});
    assign("assign", x, Scalar::of(7.0));
    EXPECT_EQ(at(doubled, 100), 200);
    EXPECT_EQ(at(x, 100), 7);
}

TEST_F(Exec, OverlappingAssignmentsTakeATemporary) {
    Array x = counted(5000);
    Array source = part(x, std::nullopt, -1), target = part(x, 1, std::nullopt);
    assign("assign", target, &source);
    for (std::int64_t i : {1, 2, 1024, 4999}) EXPECT_EQ(at(x, i), static_cast<double>(i - 1));
}

TEST_F(Exec, InPlaceWorkOnTheIdenticalViewStaysInPlace) {
    Array x = counted(5000);
    const char* memory = x.node->bytes();
    Array same = assign_op(Op::add, x, &x);
    EXPECT_EQ(x.node->bytes(), memory);
    EXPECT_EQ(same.node.ref().get(), x.node.ref().get());
    EXPECT_EQ(at(x, 4000), 8000);
}

TEST_F(Exec, ValuesRebind) {
    Array x = counted(5);
    Array total = deliver(reduce(Reduction::sum, x, {}));
    Array more = assign_op(Op::add, total, Scalar::of(1.0));
    EXPECT_EQ(element("at", total).as<double>(), 10);
    EXPECT_EQ(element("at", more).as<double>(), 11);
}

TEST_F(Exec, ReadOnlyArraysAreNotWritten) {
    Array x = broadcast_to(counted(1), {4});
    EXPECT_THROW(assign("assign", x, Scalar::of(1.0)), ValueError);
    EXPECT_THROW(assign_op(Op::add, x, Scalar::of(1.0)), ValueError);
}

TEST_F(Exec, PendingWorkIsBounded) {
    Array x = counted(3000);
    std::vector<Array> kept;
    for (int i = 0; i < 6000; ++i)
        kept.push_back(apply(Op::add, {&x, Scalar::of(static_cast<double>(i))}));
    EXPECT_LE(pending_list().nodes, 2 * 4096 + 2);
    EXPECT_EQ(at(kept[5], 1), 6);
    EXPECT_EQ(at(kept[5999], 1), 6000);
}

TEST_F(Exec, RegistersAreGivenOutOnce) {
    // Values that live across the freeing of others.
    Array a = counted(5000);
    Array b = apply(Op::negative, {&a});
    Array root = apply(Op::sqrt, {&a});
    Array third = apply(Op::multiply, {&b, Scalar::of(3.0)});
    Array difference = apply(Op::subtract, {&a, &third});
    Array greater = apply(Op::greater, {&a, &b});
    Array chosen = apply(Op::where, {&greater, &root, &difference});
    Array square = apply(Op::multiply, {&b, &b});
    Array divisor = apply(Op::add, {&square, Scalar::of(1.0)});
    Array result = apply(Op::divide, {&chosen, &divisor});
    b = root = third = difference = greater = chosen = square = divisor = Array{};
    EXPECT_DOUBLE_EQ(at(result, 4), 2.0 / 17.0);
    EXPECT_DOUBLE_EQ(at(result, 4900), 70.0 / (4900.0 * 4900.0 + 1));
}

TEST_F(Exec, AWideElementFillsABlockOfNarrowOnes) {
    Array one = constant({}, Scalar::of(std::int64_t{5}), nullptr);
    evaluate(one);
    Array narrow = deliver(convert(broadcast_to(one, {20000}), DType::int8));
    EXPECT_EQ(at(narrow, 19999), 5);
}

TEST_F(Exec, MemoryThatCannotBeHadLeavesTheExpression) {
    Array huge = constant({std::int64_t{1} << 50}, Scalar::of(1.0), nullptr);
    const Input inputs[] = {&huge, &huge};
    Array sum = elementwise(Op::add, inputs);
    EXPECT_THROW(evaluate(sum), MemoryError);
    EXPECT_TRUE(sum.node->pending());
    EXPECT_THROW(evaluate(sum), MemoryError);
}

TEST_F(Exec, ReductionsDoNotDependOnTheThreadCount) {
    std::vector<double> totals;
    for (int threads : {1, 2}) {
        if (is_running()) finalize();
        InitOptions options;
        options.num_threads = threads;
        init(options);
        Array x = counted(300001);
        Array root = apply(Op::sqrt, {&x});
        totals.push_back(element("sum", deliver(reduce(Reduction::sum, root, {}))).as<double>());
    }
    EXPECT_EQ(totals[0], totals[1]);
}

// Also what the thread sanitizer looks at: threads that wait for each other's pieces.
TEST_F(Exec, ScansAndSortsDoNotDependOnTheThreadCount) {
    constexpr std::int64_t n = 300001;
    std::vector<std::vector<double>> results;
    for (int threads : {1, 2, 3}) {
        if (is_running()) finalize();
        InitOptions options;
        options.num_threads = threads;
        init(options);
        Array x = counted(n);
        Array waves = apply(Op::sin, {&x});
        Array sums = scan("cumsum", Reduction::sum, waves, {});
        const Dims rows{n / 3, 3};
        Array columns =
            scan("cumsum", Reduction::sum, reshape("reshape", part(waves, 0, n / 3 * 3), rows), {});
        Array sorted = sort("sort", waves, 0, false);
        std::vector<double>& values = results.emplace_back();
        for (std::int64_t i = 0; i < n; i += 997) values.push_back(at(sums, i));
        Array flat = reshape("reshape", columns, Dims{n / 3 * 3});
        for (std::int64_t i = 0; i < n / 3 * 3; i += 997) values.push_back(at(flat, i));
        for (std::int64_t i = 1; i < n; i += 997) {
            EXPECT_LE(at(sorted, i - 1), at(sorted, i));
            values.push_back(at(sorted, i));
        }
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
}

TEST_F(Exec, ElementsOfOtherShapesAreRefused) {
    Array x = counted(2);
    EXPECT_THROW(element("item", x), ValueError);
}

TEST_F(Exec, SequentialWorkStaysOnItsThread) {
    InitOptions options;
    options.num_threads = 3;
    init(options);
    EXPECT_EQ(pool().size(), 3);
    {
        Sequential alone;
        EXPECT_EQ(pool().size(), 1);
        EXPECT_EQ(num_threads(), 3);
        int elsewhere = 0;
        std::thread([&] { elsewhere = pool().size(); }).join();
        EXPECT_EQ(elsewhere, 3);
        std::vector<std::thread::id> seen(100);
        pool().for_each(100, [&](std::int64_t i) {
            seen[static_cast<std::size_t>(i)] = std::this_thread::get_id();
        });
        for (std::thread::id id : seen) EXPECT_EQ(id, std::this_thread::get_id());
    }
    EXPECT_EQ(pool().size(), 3);
}

}  // namespace
}  // namespace hpxpy
