// Recording: shapes, views, dtypes, maps and exchanges of expressions; nothing is computed here.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "graph/array.hpp"

namespace hpxpy {
namespace {

Array ones(const Dims& shape, DType dtype = DType::float64,
           std::shared_ptr<const Place> place = nullptr) {
    return constant(shape, Scalar::of(1).as_dtype(dtype), std::move(place));
}

Array apply(Op op, const Array& a, const Array& b) {
    const Input inputs[] = {&a, &b};
    return elementwise(op, inputs);
}

template <class E, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing thrown";
}

// Sets who records for one test.
class AsLocality {
public:
    AsLocality(int id, int localities) : before_(here()) { here() = {id, localities}; }
    ~AsLocality() {
        here() = before_;
        recorded_exchanges().clear();
    }
    AsLocality(const AsLocality&) = delete;
    AsLocality& operator=(const AsLocality&) = delete;

private:
    Here before_;
};

TEST(Elementwise, BroadcastsAndPromotes) {
    Array a = ones({3, 1}, DType::int32), b = ones({4}, DType::float32);
    Array c = apply(Op::add, a, b);
    EXPECT_EQ(c.shape(), (Dims{3, 4}));
    EXPECT_EQ(c.dtype(), DType::float64);
    EXPECT_TRUE(c.node->pending());
    EXPECT_EQ(c.node->inputs.size(), 2u);
    EXPECT_EQ(c.node->inputs[1].view.strides[0], 0);
}

TEST(Elementwise, KeepsTheOrderThatItsOperandsHaveInCommon) {
    const std::int64_t axes[] = {2, 0, 1};
    Array a = ones({2, 3, 4}), row = ones({3});
    Array turned = permute("permute_dims", a, axes);
    Array c = apply(Op::add, turned, row);
    EXPECT_EQ(c.shape(), (Dims{4, 2, 3}));
    EXPECT_EQ(c.view.strides, (Dims{1, 12, 4}));
    EXPECT_EQ(c.node->shape, (Dims{2, 3, 4}));
    EXPECT_FALSE(c.shows);
    EXPECT_EQ(convert(turned, DType::int8).view.strides, (Dims{1, 12, 4}));
    EXPECT_EQ(convert_dense(turned, DType::int8).view.strides, (Dims{6, 3, 1}));
    Array other = ones({4, 2, 3});
    EXPECT_EQ(apply(Op::add, turned, other).view.strides, (Dims{6, 3, 1}));
}

TEST(Elementwise, NamesTheShapesThatDoNotFit) {
    Array a = ones({3, 2}), b = ones({4});
    std::string text = message_of<ValueError>([&] { apply(Op::add, a, b); });
    EXPECT_NE(text.find("add: shapes (3, 2) and (4,) do not broadcast"), std::string::npos) << text;
}

TEST(Elementwise, PythonIntegersMustFit) {
    Array a = ones({3}, DType::int8);
    const Input inputs[] = {&a, Scalar::of(std::int64_t{300})};
    std::string text = message_of<OverflowError>([&] { elementwise(Op::add, inputs); });
    EXPECT_NE(text.find("300 is out of bounds for int8"), std::string::npos) << text;
}

TEST(PendingList, HoldsWhatIsRecordedAndLetsGo) {
    std::int64_t before = pending_list().nodes;
    {
        Array a = ones({3}), b = apply(Op::add, a, a);
        EXPECT_EQ(pending_list().nodes, before + 2);
        EXPECT_EQ(b.node->handles, 1);
        Array c = b;
        EXPECT_EQ(b.node->handles, 2);
    }
    EXPECT_EQ(pending_list().nodes, before);
}

TEST(PendingList, CountsTheOperationsOfAnExpression) {
    Array a = ones({3}), one = ones({});
    for (int i = 0; i < 300; ++i) a = apply(Op::add, a, one);
    EXPECT_GT(a.node->pending_operations, 300);
}

TEST(Views, SlicesAreViewsOfTheSameNode) {
    Array a = ones({6, 4});
    const IndexItem items[] = {Slice{5, std::nullopt, -2}, std::int64_t{-1}};
    Array b = index(a, items);
    EXPECT_EQ(b.node.ref().get(), a.node.ref().get());
    EXPECT_EQ(b.shape(), (Dims{3}));
    EXPECT_EQ(b.view.offset, 5 * 4 + 3);
    EXPECT_EQ(b.view.strides, (Dims{-8}));
}

TEST(Views, AllIntegersGiveAValue) {
    Array a = ones({6, 4});
    const IndexItem items[] = {std::int64_t{1}, std::int64_t{2}};
    EXPECT_TRUE(index(a, items).value);
    const IndexItem view[] = {std::int64_t{1}, std::int64_t{2}, Ellipsis{}};
    EXPECT_FALSE(index(a, view).value);
}

TEST(Views, ReshapeIsAViewWhereStridesAllowIt) {
    Array a = ones({4, 6});
    bool copied = true;
    EXPECT_EQ(reshape("reshape", a, {2, -1}, &copied).shape(), (Dims{2, 12}));
    EXPECT_FALSE(copied);
    const std::int64_t axes[] = {1, 0};
    Array turned = permute("T", a, axes);
    EXPECT_EQ(reshape("reshape", turned, {24}, &copied).shape(), (Dims{24}));
    EXPECT_TRUE(copied);
    std::string text = message_of<ValueError>([&] { reshape("reshape", a, {5, 2}); });
    EXPECT_NE(text.find("Cannot reshape 24 elements into shape (5, 2), which holds 10"),
              std::string::npos)
        << text;
}

TEST(Reductions, JoinTheLastRunOfAxesFirst) {
    Array a = ones({3, 4, 5});
    ReduceOptions options{std::vector<std::int64_t>{0, 2}, true, {}};
    Array b = reduce(Reduction::sum, a, options);
    EXPECT_EQ(b.shape(), (Dims{1, 4, 1}));
    EXPECT_EQ(reduce(Reduction::argmax, a, {}).dtype(), DType::int64);
    EXPECT_TRUE(reduce(Reduction::sum, a, {}).value);
}

TEST(Reductions, NarrowDtypesAreJoinedWide) {
    Array a = ones({3}, DType::int16);
    ReduceOptions options{{}, false, DType::int8};
    EXPECT_EQ(reduce(Reduction::sum, a, options).dtype(), DType::int8);
    options.dtype = DType::bool_;
    EXPECT_EQ(reduce(Reduction::prod, a, options).dtype(), DType::bool_);
}

TEST(Maps, BlocksAreDealtOut) {
    AsLocality me(1, 3);
    Array a = ones({10, 4}, DType::float64, block_place("zeros", {10, 4}, 0));
    EXPECT_EQ(a.shape(), (Dims{10, 4}));
    EXPECT_EQ(a.view.shape, (Dims{3, 4}));
    Array b = apply(Op::add, a, a);
    EXPECT_EQ(b.map()->sizes(b.map()->dealt()[0]), (std::vector<std::int64_t>{4, 3, 3}));
    EXPECT_TRUE(recorded_exchanges().empty());
}

TEST(Maps, ShiftedViewsMeetAtTheCentre) {
    AsLocality me(1, 3);
    Array u = ones({12}, DType::float64, block_place("zeros", {12}, 0));
    const IndexItem left[] = {Slice{std::nullopt, -2, std::nullopt}};
    const IndexItem right[] = {Slice{2, std::nullopt, std::nullopt}};
    Array sum = apply(Op::add, index(u, left), index(u, right));
    EXPECT_EQ(sum.map()->dealt()[0].start, 1);
    EXPECT_EQ(recorded_exchanges().size(), 2u);
}

TEST(Maps, AReductionOverOneOfTwoDealtAxesIsJoinedAlongItsDimension) {
    AsLocality me(4, 6);
    maps::Distribution asked;
    asked.kind = maps::Distribution::Kind::block;
    asked.entries = {{asked.kind, 0, {}}, {asked.kind, 0, {}}};
    asked.grid = Dims{2, 3};
    Array x = ones({10, 7}, DType::float64, place_of("ones", asked, {10, 7}, std::nullopt));
    EXPECT_EQ(x.view.shape, (Dims{5, 2}));
    ReduceOptions along_rows;
    along_rows.axes = {0};
    Array sums = reduce(Reduction::sum, x, along_rows);
    ASSERT_EQ(recorded_exchanges().size(), 1u);
    EXPECT_EQ(recorded_exchanges()[0]->request->group, (std::vector<int>{1, 4}));
    EXPECT_EQ(sums.map()->only_axis(), 0);
    EXPECT_EQ(sums.map()->blocks(), 3);
    EXPECT_EQ(sums.view.shape, (Dims{2}));
    recorded_exchanges().clear();
    Array total = reduce(Reduction::sum, x, ReduceOptions{});
    EXPECT_TRUE(recorded_exchanges()[0]->request->group.empty());
    EXPECT_FALSE(total.distributed());
}

TEST(Maps, LocalOperandsTakeTheirPartWithoutAMessage) {
    AsLocality me(1, 2);
    maps::Distribution cyclic;
    cyclic.kind = maps::Distribution::Kind::cyclic;
    Array x = ones({9}, DType::float64, place_of("ones", cyclic, {9}, std::nullopt));
    Array local = ones({9});
    apply(Op::add, x, local);
    EXPECT_TRUE(recorded_exchanges().empty());
    // In blocks of two its part is no view: it is copied, and nothing sent.
    cyclic.kind = maps::Distribution::Kind::block_cyclic;
    cyclic.block_size = 2;
    Array y = ones({9}, DType::float64, place_of("ones", cyclic, {9}, std::nullopt));
    apply(Op::add, y, local);
    ASSERT_EQ(recorded_exchanges().size(), 1u);
    EXPECT_TRUE(recorded_exchanges()[0]->request->is_local());
}

TEST(Maps, ReductionsOverTheDistributedAxisExchangeStates) {
    AsLocality me(0, 2);
    Array a = ones({10, 4}, DType::float64, block_place("zeros", {10, 4}, 0));
    Array rows = reduce(Reduction::sum, a, {std::vector<std::int64_t>{1}, false, {}});
    EXPECT_TRUE(rows.distributed());
    EXPECT_TRUE(recorded_exchanges().empty());
    Array columns = reduce(Reduction::sum, a, {std::vector<std::int64_t>{0}, false, {}});
    EXPECT_FALSE(columns.distributed());
    EXPECT_EQ(recorded_exchanges().size(), 1u);
    EXPECT_EQ(columns.shape(), (Dims{4}));
}

TEST(Maps, SameLayoutsOnOneLocalityNeedNoExchange) {
    AsLocality me(0, 2);
    Array a = ones({10}, DType::float64, block_place("zeros", {10}, 0));
    const IndexItem all[] = {Slice{}};
    apply(Op::multiply, index(a, all), a);
    EXPECT_TRUE(recorded_exchanges().empty());
    const IndexItem turned[] = {Slice{std::nullopt, std::nullopt, -1}};
    apply(Op::multiply, index(a, turned), a);
    EXPECT_EQ(recorded_exchanges().size(), 1u);
}

}  // namespace
}  // namespace hpxpy
