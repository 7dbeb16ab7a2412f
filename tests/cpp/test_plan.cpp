// Plans: what is fused into one step, what is a step of its own, and the text that tells it.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan/step.hpp"

namespace hpxpy {
namespace {

// A stored array; its elements are never read here.
Array stored(const Dims& shape, DType dtype = DType::float64) {
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->shape = shape;
    node->buffer = Buffer::allocate(node->count() * itemsize(dtype));
    return array_of(std::move(node));
}

Array apply(Op op, std::initializer_list<Input> inputs) {
    return elementwise(op, std::vector<Input>(inputs));
}

Plan plan_of(const Array& x) { return make_plan(std::span(&x.node.ref(), 1)); }

TEST(Fusion, OneStepForTheMainExpression) {
    Array a = stored({1000}), b = stored({1000}), c = stored({1000});
    Array product = apply(Op::multiply, {&a, &b});
    Array sum = apply(Op::add, {&product, &c});
    Array square = apply(Op::square, {&sum});
    product = sum = Array{};
    Array total = reduce(Reduction::sum, square, {});
    square = Array{};
    Plan plan = plan_of(total);
    ASSERT_EQ(plan.steps.size(), 1u);
    const Step& step = plan.steps[0];
    EXPECT_EQ(step.loads.size(), 3u);
    EXPECT_EQ(step.instructions.size(), 2u);  // multiply_add, square
    EXPECT_EQ(step.instructions[0].op, Op::multiply_add);
    EXPECT_TRUE(step.stores.empty());
    EXPECT_EQ(step.reductions.size(), 1u);
    EXPECT_EQ(verify(step), "");
    EXPECT_EQ(to_string(plan),
              "1 step\n"
              "step 1: fused 4 operations over (1000,)\n"
              "  in0 = load float64\n"
              "  in1 = load float64\n"
              "  in2 = load float64\n"
              "  t0 = multiply_add(in0, in1, in2)  float64\n"
              "  t1 = square(t0)  float64\n"
              "  sum of t1 into () float64\n"
              "  reads 24.0 KB, writes 8 B\n");
}

TEST(Fusion, EqualLoadsAndConversionsAreDoneOnce) {
    Array a = stored({1000}, DType::int32), b = stored({1000});
    Array x = apply(Op::add, {&a, &b}), y = apply(Op::multiply, {&x, &a});
    Plan plan = plan_of(y);
    ASSERT_EQ(plan.steps.size(), 1u);
    EXPECT_EQ(plan.steps[0].loads.size(), 2u);
    int conversions = 0;
    for (const Instruction& instruction : plan.steps[0].instructions)
        conversions += instruction.what == Instruction::What::convert;
    EXPECT_EQ(conversions, 1);
}

TEST(Fusion, NamedIntermediatesAreStreamedOnceAndThenStored) {
    Array a = stored({1000});
    Array named = apply(Op::square, {&a});
    Array first = apply(Op::negative, {&named});
    Plan plan = plan_of(first);
    ASSERT_EQ(plan.steps.size(), 1u);
    EXPECT_EQ(plan.steps[0].stores.size(), 1u);
    ASSERT_EQ(plan.steps[0].streamed.size(), 1u);
    named.node->streamed = true;
    plan = plan_of(first);
    std::size_t stores = 0;
    for (const Step& step : plan.steps) stores += step.stores.size();
    EXPECT_EQ(stores, 2u);
}

TEST(Fusion, SeveralRootsShareAPass) {
    Array a = stored({1000});
    Array x = apply(Op::square, {&a}), y = apply(Op::negative, {&a});
    Array s = reduce(Reduction::max, a, {});
    const Ref<Node> roots[] = {x.node.ref(), y.node.ref()};
    EXPECT_EQ(make_plan(roots).steps.size(), 1u);
    EXPECT_EQ(plan_of(s).steps.size(), 1u);
}

TEST(Fusion, WhatIsSeenThroughAnotherViewIsAStepBefore) {
    Array a = stored({1000});
    Array x = apply(Op::square, {&a});
    const IndexItem turned[] = {Slice{std::nullopt, std::nullopt, -1}};
    Array seen = index(x, turned);
    Array sum = apply(Op::add, {&x, &seen});
    EXPECT_EQ(plan_of(sum).steps.size(), 2u);
}

TEST(Fusion, AReductionIsAStepBeforeItsUse) {
    Array a = stored({100, 20});
    Array mean_of = mean(a, {std::vector<std::int64_t>{0}, false, {}});
    Array centred = apply(Op::subtract, {&a, &mean_of});
    for (const Step& step : plan_of(centred).steps) EXPECT_EQ(verify(step), "");
    EXPECT_GE(plan_of(centred).steps.size(), 2u);
}

TEST(Assignment, TheRightSideIsFusedIntoTheWrite) {
    Array a = stored({1000}), b = stored({1000}, DType::float32);
    Array value = apply(Op::multiply, {&b, Scalar::of(2.0)});
    Plan plan = make_assignment(a, value, true);
    ASSERT_EQ(plan.steps.size(), 1u);
    EXPECT_EQ(plan.steps[0].stores.size(), 1u);
    EXPECT_EQ(plan.steps[0].stores[0].node.get(), a.node.ref().get());
    EXPECT_EQ(verify(plan.steps[0]), "");
}

TEST(Sharing, EqualInstructionsAndReductionsAreDoneOnce) {
    Array a = stored({1000, 20});
    ReduceOptions rows{std::vector<std::int64_t>{0}, false, {}};
    Array mean_of = mean(a, rows), first = variance(a, rows, 0), second = variance(a, rows, 1);
    const Ref<Node> roots[] = {mean_of.node.ref(), first.node.ref(), second.node.ref()};
    Plan plan = make_plan(roots);
    EXPECT_EQ(verify(plan), "");
    ASSERT_EQ(plan.steps.size(), 2u);
    EXPECT_EQ(plan.steps[0].reductions.size(), 2u);  // sum and squares
    EXPECT_EQ(plan.steps[1].stores.size(), 3u);
}

TEST(Sharing, AStepBeforeTakesWhatFits) {
    Array a = stored({1000}), b = stored({500});
    Array x = apply(Op::square, {&a}), y = apply(Op::square, {&b}), z = apply(Op::sqrt, {&x});
    const Ref<Node> roots[] = {x.node.ref(), y.node.ref(), z.node.ref()};
    Plan plan = make_plan(roots);
    ASSERT_EQ(plan.steps.size(), 2u);
    EXPECT_EQ(plan.steps[0].stores.size(), 2u);
    EXPECT_EQ(plan.steps[0].loads.size(), 1u);
}

TEST(Lives, AnOperandThatDiesGivesItsMemory) {
    Array a = stored({1000}), b = stored({1000});
    Array sum = apply(Op::add, {&a, &b});
    EXPECT_EQ(plan_of(sum).steps[0].stores[0].over, -1);
    b = Array{};
    Plan plan = plan_of(sum);
    EXPECT_EQ(verify(plan), "");
    EXPECT_EQ(plan.steps[0].stores[0].over, 1);
    // Half as wide: it does not fit.
    Array c = stored({1000}, DType::float32), d = stored({1000}, DType::float32);
    Array less = apply(Op::less, {&c, &d});
    c = d = Array{};
    EXPECT_EQ(plan_of(less).steps[0].stores[0].over, -1);
}

TEST(Lives, AnOperandSeenThroughTwoViewsKeepsItsMemory) {
    Array a = stored({1000});
    const IndexItem turned[] = {Slice{std::nullopt, std::nullopt, -1}};
    Array back = index(a, turned);
    Array sum = apply(Op::add, {&a, &back});
    a = back = Array{};
    EXPECT_EQ(plan_of(sum).steps[0].stores[0].over, -1);
}

TEST(Lives, WhatASecondPassNeedsIsReadThere) {
    Array a = stored({1000});
    Array doubled = apply(Op::add, {&a, &a});
    Array centre = mean(doubled, {});
    Array centred = apply(Op::subtract, {&doubled, &centre});
    a = doubled = centre = Array{};
    Plan plan = plan_of(centred);
    EXPECT_EQ(verify(plan), "");
    ASSERT_EQ(plan.steps.size(), 3u);
    EXPECT_TRUE(plan.steps[0].stores.empty());
    ASSERT_EQ(plan.steps[2].stores.size(), 1u);
    EXPECT_EQ(plan.steps[2].stores[0].over, 0);
}

TEST(Tiles, CoverTheDomainOnce) {
    Array a = stored({70, 600}), b = stored({600, 70});
    const std::int64_t turned[] = {1, 0};
    Array other = permute("permute_dims", b, turned);
    Array sum = apply(Op::add, {&a, &other});
    Plan plan = plan_of(sum);
    ASSERT_EQ(plan.steps.size(), 1u);
    ASSERT_EQ(plan.steps[0].tiled_axis, 0);
    std::int64_t count = 0;
    for (const Step& part : tiles(plan.steps[0])) {
        EXPECT_EQ(verify(part), "");
        EXPECT_EQ(part.tiled_axis, -1);
        count += part.count();
        const View& view = part.stores[0].view;
        EXPECT_LE(extent(view).last, 70 * 600);
        for (const Step& again : tiles(plan.steps[0])) {
            bool itself = again.stores[0].view == view;
            EXPECT_EQ(may_overlap(again.stores[0].view, view), itself);
        }
    }
    EXPECT_EQ(count, 70 * 600);
}

TEST(Tiles, AWriteIntoATransposedArrayGoesAlongItsMemory) {
    Array a = stored({700, 600}), b = stored({700, 600});
    const std::int64_t turned[] = {1, 0};
    Array target = permute("permute_dims", a, turned), value = permute("permute_dims", b, turned);
    Plan plan = make_assignment(target, value, true);
    EXPECT_EQ(plan.steps[0].domain, (Dims{700, 600}));
    EXPECT_EQ(plan.steps[0].tiled_axis, -1);
    EXPECT_EQ(verify(plan), "");
}

TEST(Fusion, AnExpressionInAnotherOrderIsComputedInPassing) {
    const std::int64_t turned[] = {1, 0};
    Array a = stored({300, 400}), b = stored({400, 300});
    Array doubled = permute("permute_dims", apply(Op::add, {&a, &a}), turned);
    Array sum = apply(Op::add, {&doubled, &b});
    doubled = Array{};
    Plan plan = plan_of(sum);
    ASSERT_EQ(plan.steps.size(), 1u);
    EXPECT_EQ(plan.steps[0].loads.size(), 2u);
    EXPECT_EQ(plan.steps[0].loads[0].view.strides, (Dims{1, 400}));
    EXPECT_EQ(verify(plan), "");
}

TEST(Fusion, AnExpressionSeenInTwoOrdersIsStoredOnce) {
    const std::int64_t turned[] = {1, 0};
    Array a = stored({300, 300});
    Array root = apply(Op::sqrt, {&a});
    Array other = permute("permute_dims", root, turned);
    Array sum = apply(Op::add, {&root, &other});
    Plan plan = plan_of(sum);
    ASSERT_EQ(plan.steps.size(), 2u);
    EXPECT_EQ(plan.steps[0].stores.size(), 1u);
    EXPECT_EQ(plan.steps[1].loads.size(), 2u);
    EXPECT_EQ(verify(plan), "");
}

TEST(Verify, TellsWhatIsWrongBetweenSteps) {
    Array a = stored({1000});
    Array doubled = apply(Op::add, {&a, &a});
    Array centre = mean(doubled, {});
    Array centred = apply(Op::subtract, {&doubled, &centre});
    Plan plan = plan_of(centred);
    ASSERT_EQ(verify(plan), "");
    std::swap(plan.steps[0], plan.steps[1]);
    EXPECT_EQ(verify(plan), "step 1 reads what no step before has stored");
    plan = plan_of(centred);
    plan.steps[2].stores[0].over = 1;
    EXPECT_EQ(verify(plan), "step 3: a store takes over memory that is read otherwise");
    plan.steps[2].stores[0].over = 7;
    EXPECT_EQ(verify(plan), "step 3: a store takes over a load that does not exist");
    plan = plan_of(centred);
    Step again = plan.steps[2];
    plan.steps[2].stores[0].over = 0;
    plan.steps.push_back(again);
    EXPECT_EQ(verify(plan), "step 4 reads memory that was taken over");
}

TEST(Verify, TellsWhatIsWrong) {
    Array a = stored({10});
    Array x = apply(Op::square, {&a});
    Plan plan = plan_of(x);
    plan.steps[0].instructions[0].inputs[0] = {Value::From::instruction, 5};
    EXPECT_NE(verify(plan.steps[0]), "");
    plan = plan_of(x);
    plan.steps[0].instructions[0].compute = DType::int8;
    EXPECT_NE(verify(plan.steps[0]), "");
}

TEST(Plans, ArePureAndRepeatable) {
    Array a = stored({1000});
    Array x = apply(Op::square, {&a});
    Array y = apply(Op::sqrt, {&x});
    std::string first = to_string(plan_of(y));
    EXPECT_EQ(to_string(plan_of(y)), first);
    EXPECT_FALSE(x.node->streamed);
}

}  // namespace
}  // namespace hpxpy
