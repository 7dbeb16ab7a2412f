// Chains: which instructions of a step one loop runs, and what of it is stored.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include "exec/chains.hpp"

namespace hpxpy {
namespace {

using What = ChainLink::What;

Value load(int index) { return {Value::From::load, index}; }
Value constant(int index) { return {Value::From::constant, index}; }
Value result(int index) { return {Value::From::instruction, index}; }

Instruction instruction(Op op, Value a, Value b = {}, Value c = {}, DType dtype = DType::float64) {
    return {Instruction::What::op, op, dtype, dtype, {a, b, c}};
}

// Two loads that nothing reads here, one constant.
Step step_of(std::vector<Instruction> instructions) {
    Step step;
    step.domain = {1000};
    Ref<Node> node(new Node);
    node->dtype = DType::float64;
    node->shape = {1000};
    for (int i = 0; i < 2; ++i) step.loads.push_back({node, View::dense({1000})});
    step.instructions = std::move(instructions);
    return step;
}

std::vector<What> kinds(const std::vector<ChainLink>& links) {
    std::vector<What> list;
    for (const ChainLink& link : links) list.push_back(link.what);
    return list;
}

TEST(Chains, GoOnWhileEachTakesTheValueBefore) {
    Step step = step_of({instruction(Op::multiply_add, load(0), constant(0), constant(0)),
                         instruction(Op::subtract, load(1), result(0)),
                         instruction(Op::multiply, result(1), result(1)),
                         instruction(Op::sqrt, result(2)), instruction(Op::add, load(0), load(1)),
                         instruction(Op::subtract, result(4), result(4))});
    EXPECT_EQ(chain_end(step, 0), 3);  // no square roots in chains
    EXPECT_EQ(chain_end(step, 3), 3);
    EXPECT_EQ(chain_end(step, 4), 5);  // twice the value before, and no square
    std::vector<ChainLink> links = chain_links(step, 0, 3, use_counts(step));
    EXPECT_EQ(kinds(links), (std::vector<What>{What::start, What::op, What::op, What::op, What::op,
                                               What::store}));
    EXPECT_EQ(links[1].op, Op::multiply);
    EXPECT_EQ(links[2].op, Op::add);
    EXPECT_TRUE(links[3].from);
    EXPECT_EQ(links[4].op, Op::square);
    EXPECT_EQ(links[5].value, result(2));
}

TEST(Chains, StoreWhatOthersUse) {
    Step step = step_of({instruction(Op::add, load(0), load(1)),
                         instruction(Op::multiply_add, result(0), load(1), result(0)),
                         instruction(Op::negative, result(1))});
    EXPECT_EQ(chain_end(step, 0), 3);
    EXPECT_EQ(kinds(chain_links(step, 0, 3, use_counts(step))),
              (std::vector<What>{What::start, What::op, What::store, What::op, What::op, What::op,
                                 What::store}));
}

TEST(Chains, StartWithWhatIsNoSingleElement) {
    Step step = step_of(
        {instruction(Op::subtract, constant(0), load(1)), instruction(Op::negative, result(0))});
    std::vector<ChainLink> links = chain_links(step, 0, 2, use_counts(step));
    EXPECT_EQ(links[0].value, load(1));
    EXPECT_EQ(links[1].value, constant(0));
    EXPECT_TRUE(links[1].from);
}

TEST(Chains, AreOfOneFloatingDtype) {
    Step step = step_of({instruction(Op::add, load(0), load(1), {}, DType::int64),
                         instruction(Op::negative, result(0), {}, {}, DType::int64)});
    EXPECT_EQ(chain_end(step, 0), 0);
}

}  // namespace
}  // namespace hpxpy
