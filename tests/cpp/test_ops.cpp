// The operations table: rows, aliases, promotion and the dtypes that operations take and give.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/error.hpp"
#include "ops/op.hpp"

namespace hpxpy {
namespace {

DType dtype(int i) { return static_cast<DType>(i); }

TEST(OpsTable, NamesAreUniqueAndFound) {
    std::set<std::string_view> names;
    for (int i = 0; i < op_count; ++i) {
        const OpRow& r = row(static_cast<Op>(i));
        EXPECT_TRUE(names.insert(r.name).second) << r.name;
        EXPECT_EQ(find_op(r.name).has_value(), !r.is_pair) << r.name;
        EXPECT_EQ(r.is_pair, r.doc.empty()) << r.name;
        EXPECT_TRUE(r.arity >= 1 && r.arity <= 3) << r.name;
    }
    for (int i = 0; i < reduction_count; ++i) {
        const ReductionRow& r = row(static_cast<Reduction>(i));
        EXPECT_TRUE(names.insert(r.name).second) << r.name;
        EXPECT_EQ(find_reduction(r.name), static_cast<Reduction>(i));
    }
    EXPECT_FALSE(find_op("nonsense"));
    EXPECT_FALSE(find_reduction("add"));
}

TEST(OpsTable, AliasesNameRows) {
    for (const AliasRow& alias : alias_rows)
        EXPECT_TRUE(find_op(alias.name) || find_reduction(alias.name)) << alias.alias;
    EXPECT_EQ(find_op("power"), Op::pow);
    EXPECT_EQ(find_op("true_divide"), Op::divide);
    EXPECT_EQ(find_reduction("amax"), Reduction::max);
}

TEST(OpsTable, PairsAreMadeOfBinaryRows) {
    EXPECT_EQ(row(Op::multiply_add).first, Op::multiply);
    EXPECT_EQ(row(Op::multiply_add).second, Op::add);
    for (int i = 0; i < op_count; ++i) {
        const OpRow& r = row(static_cast<Op>(i));
        if (!r.is_pair) continue;
        EXPECT_EQ(row(r.first).arity, 2) << r.name;
        EXPECT_EQ(row(r.second).arity, 2) << r.name;
    }
}

TEST(Promotion, IsCommutativeAndKeepsOneDtype) {
    for (int i = 0; i < dtype_count; ++i) {
        EXPECT_EQ(promote(dtype(i), dtype(i)), dtype(i));
        for (int k = 0; k < dtype_count; ++k)
            EXPECT_EQ(promote(dtype(i), dtype(k)), promote(dtype(k), dtype(i)));
    }
}

TEST(Promotion, IsNumPys) {
    EXPECT_EQ(promote(DType::int8, DType::uint8), DType::int16);
    EXPECT_EQ(promote(DType::int32, DType::uint32), DType::int64);
    EXPECT_EQ(promote(DType::int64, DType::uint64), DType::float64);
    EXPECT_EQ(promote(DType::int16, DType::float32), DType::float32);
    EXPECT_EQ(promote(DType::int32, DType::float32), DType::float64);
    EXPECT_EQ(promote(DType::float64, DType::complex64), DType::complex128);
    EXPECT_EQ(promote(DType::bool_, DType::uint16), DType::uint16);
}

TEST(Promotion, PythonScalarsAreWeak) {
    EXPECT_EQ(promote_weak(DType::int8, Kind::signed_integer), DType::int8);
    EXPECT_EQ(promote_weak(DType::bool_, Kind::signed_integer), DType::int64);
    EXPECT_EQ(promote_weak(DType::float32, Kind::real_floating), DType::float32);
    EXPECT_EQ(promote_weak(DType::int32, Kind::real_floating), DType::float64);
    EXPECT_EQ(promote_weak(DType::float32, Kind::complex_floating), DType::complex64);
    EXPECT_EQ(promote_weak(DType::uint8, Kind::boolean), DType::uint8);
}

TEST(ComputeDtype, FollowsTheRow) {
    EXPECT_EQ(compute_dtype(Op::divide, DType::int8), DType::float64);
    EXPECT_EQ(compute_dtype(Op::sqrt, DType::int8), DType::float32);
    EXPECT_EQ(compute_dtype(Op::sqrt, DType::int32), DType::float64);
    EXPECT_EQ(compute_dtype(Op::floor_divide, DType::bool_), DType::int8);
    EXPECT_EQ(result_dtype(Op::less, DType::float32), DType::bool_);
    EXPECT_EQ(result_dtype(Op::abs, DType::complex64), DType::float32);
    EXPECT_EQ(compute_dtype(Reduction::sum, DType::int8), DType::int64);
    EXPECT_EQ(compute_dtype(Reduction::sum, DType::uint8), DType::uint64);
    EXPECT_EQ(compute_dtype(Reduction::sum, DType::bool_), DType::int64);
    EXPECT_EQ(compute_dtype(Reduction::any, DType::float64), DType::bool_);
    EXPECT_EQ(result_dtype(Reduction::argmax, DType::float32), DType::int64);
}

TEST(ComputeDtype, RefusesWithTheNameAndTheDtype) {
    auto message = [](Op op, DType given) -> std::string {
        try {
            compute_dtype(op, given);
        } catch (const TypeError& error) {
            return error.what();
        }
        return "nothing thrown";
    };
    EXPECT_EQ(message(Op::bitwise_and, DType::float64),
              "bitwise_and: dtype float64 is not supported; it takes booleans and integers");
    EXPECT_EQ(message(Op::floor, DType::complex128),
              "floor: dtype complex128 is not supported; it takes real numbers");
    EXPECT_NE(message(Op::negative, DType::bool_).find("negative: dtype bool"), std::string::npos);
}

}  // namespace
}  // namespace hpxpy
