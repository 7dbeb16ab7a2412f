// NumPy's rules without Python, as a caller of C++ has them: ranges, keys, clip and round, reductions.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "functions/creation.hpp"
#include "functions/elementwise.hpp"
#include "functions/indexing.hpp"
#include "functions/reductions.hpp"
#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {
namespace {

using List = std::vector<double>;

class Functions : public ::testing::Test {
protected:
    void SetUp() override { expression_lock().lock(); }
    void TearDown() override {
        expression_lock().unlock();
        if (is_running()) finalize();
    }
};

List list_of(const Array& x) {
    Array stored = copy(convert(x, DType::float64));
    const auto* data = reinterpret_cast<const double*>(stored.node->bytes());
    return {data, data + stored.view.count()};
}

Scalar whole(std::int64_t value) { return Scalar::of(value); }

Array range(std::int64_t stop, std::optional<DType> dtype = {}) {
    return arange(whole(0), whole(stop), whole(1), dtype, {}, {});
}

template <class Error, class Call>
std::string failure(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST_F(Functions, Ranges) {
    Array x = arange(whole(7), whole(0), whole(-3), {}, {}, {});
    EXPECT_EQ(x.dtype(), DType::int64);
    EXPECT_EQ(list_of(x), (List{7, 4, 1}));
    EXPECT_EQ(list_of(arange(Scalar::of(0.5), whole(2), whole(1), {}, {}, {})), (List{0.5, 1.5}));
    // Integers of 64 bits differ by more than they hold.
    constexpr std::uint64_t far = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(arange(whole(-5), Scalar::of(far), Scalar::of(far), {}, {}, {}).shape(), Dims{2});
    EXPECT_EQ(range(-1).shape(), Dims{0});
    Spaced spaced = linspace(whole(0), whole(1), 5, true, {}, {}, {});
    EXPECT_EQ(list_of(spaced.values), (List{0, 0.25, 0.5, 0.75, 1}));
    EXPECT_EQ(spaced.step.as<double>(), 0.25);
    EXPECT_EQ(list_of(eye(2, 3, 1, DType::int8, {}, {})), (List{0, 1, 0, 0, 0, 1}));
    EXPECT_EQ(list_of(eye(1, 2, -9, DType::int8, {}, {})), (List{0, 0}));
}

TEST_F(Functions, RangesThatCannotBe) {
    double infinity = std::numeric_limits<double>::infinity();
    auto made = [](const Scalar& start, const Scalar& stop, const Scalar& step) {
        return failure<ValueError>([&] { arange(start, stop, step, {}, {}, {}); });
    };
    EXPECT_EQ(made(Scalar::of(1.0), Scalar::of(infinity), Scalar::of(0.5)),
              "arange: 1.0 to inf in steps of 0.5 has no finite length");
    EXPECT_EQ(made(whole(0), whole(1), whole(0)),
              "arange: step is 0; use a positive or negative step");
    EXPECT_EQ(failure<TypeError>([] { range(3, DType::bool_); }),
              "arange: 3 booleans are no range; give at most 2, or a dtype");
}

TEST_F(Functions, KeysOfArrays) {
    Array x = reshape("reshape", range(12), Dims{3, 4});
    Array last = arange(whole(3), whole(0), whole(-2), {}, {}, {});
    Key column;
    column.add(Slice{});
    column.add(last);
    EXPECT_EQ(indexed(x, column).shape(), (Dims{3, 2}));
    EXPECT_EQ(list_of(indexed(x, column)), (List{3, 1, 7, 5, 11, 9}));
    Key mixed;
    mixed.add(std::int64_t{-1});
    mixed.add(last);
    EXPECT_EQ(list_of(indexed(x, mixed)), (List{11, 9}));
    const Input compared[] = {&x, whole(9)};
    Key mask;
    mask.add(elementwise(Op::greater, compared));
    EXPECT_EQ(list_of(indexed(x, mask)), (List{10, 11}));
    assign_at(x, mask, whole(-1), false);
    EXPECT_EQ(list_of(index(x, std::vector<IndexItem>{2})), (List{8, 9, -1, -1}));
    EXPECT_EQ(failure<IndexError>([&] { Key{}.add(convert(x, DType::float32)); }),
              "index: an array of float32 is no index; use integers or booleans");
}

TEST_F(Functions, ClipAndRound) {
    Array x = range(5, DType::int8);
    Input low = whole(1), high = whole(3);
    EXPECT_EQ(list_of(clip(x, &low, &high)), (List{1, 1, 2, 3, 3}));
    EXPECT_EQ(list_of(clip(x, nullptr, &high)), (List{0, 1, 2, 3, 3}));
    EXPECT_EQ(list_of(clip(x, nullptr, nullptr)), list_of(x));
    EXPECT_TRUE(sets_no_limit(DType::int8, whole(128), false));
    EXPECT_FALSE(sets_no_limit(DType::int8, whole(128), true));
    EXPECT_FALSE(sets_no_limit(DType::float32, whole(128), false));
    Array halves = linspace(whole(0), whole(1), 3, true, {}, {}, {}).values;
    EXPECT_EQ(list_of(round_to(halves, 0)), (List{0, 0, 1}));
    EXPECT_EQ(list_of(round_to(arange(whole(14), whole(17), whole(1), {}, {}, {}), -1)),
              (List{10, 20, 20}));
}

TEST_F(Functions, ReductionsOfSomeElements) {
    Array x = range(5);
    const Input compared[] = {&x, whole(2)};
    Array some = elementwise(Op::less, compared);
    const Input never[] = {&x, whole(0)};
    Array none = elementwise(Op::less, never);
    auto value = [&](Reduction reduction, const Array* where, std::optional<Scalar> initial) {
        return element("value", deliver(reduce_where(reduction, x, {}, where, initial)))
            .as<double>();
    };
    EXPECT_EQ(value(Reduction::sum, &some, {}), 1);
    EXPECT_EQ(value(Reduction::sum, &some, whole(10)), 11);
    EXPECT_EQ(value(Reduction::max, &some, whole(-1)), 1);
    EXPECT_EQ(value(Reduction::max, &none, whole(-1)), -1);
    EXPECT_EQ(value(Reduction::_bitwise_and, &none, {}), -1);
    EXPECT_EQ(value(Reduction::_bitwise_xor, nullptr, {}), 0 ^ 1 ^ 2 ^ 3 ^ 4);
    EXPECT_EQ(failure<ValueError>([&] { value(Reduction::min, &some, {}); }),
              "min: where= needs initial=, as there is no element to begin with");
    ReduceOptions into{{}, false, {}, DType::uint64};
    EXPECT_EQ(failure<TypeError>([&] { reduce_where(Reduction::argmin, x, into, nullptr, {}); }),
              "argmin: positions are not stored into uint64; give an array of int64 as out=");
    EXPECT_EQ(reduced_dtype(Reduction::sum, DType::int8, {}), DType::int64);
    into.out = DType::int16;
    EXPECT_EQ(reduced_dtype(Reduction::sum, DType::int8, into), DType::int16);
}

TEST_F(Functions, VariancesAroundMeans) {
    Array x = range(4), center = constant({}, Scalar::of(1.0), nullptr);
    auto value = [&](const Array* means) {
        return element("value", deliver(var("var", x, {}, 0, nullptr, means))).as<double>();
    };
    EXPECT_EQ(value(nullptr), 1.25);
    EXPECT_EQ(value(&center), 1.5);
    Array tall = reshape("reshape", range(2), Dims{2, 1});
    EXPECT_EQ(failure<ValueError>([&] { value(&tall); }),
              "var: mean= has shape (2, 1), which does not broadcast to the array's shape (4,)");
}

}  // namespace
}  // namespace hpxpy
