// Nodes whose elements lie in several memories: every position is found, and what is computed of them is the same.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "exec/evaluate.hpp"
#include "exec/portions.hpp"
#include "functions/write.hpp"
#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {
namespace {

class Portions : public ::testing::Test {
protected:
    void SetUp() override { expression_lock().lock(); }
    void TearDown() override {
        expression_lock().unlock();
        if (is_running()) finalize();
    }

    std::int64_t random(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(generator_);
    }

    // Where portions end along an axis.
    std::vector<std::int64_t> cuts(std::int64_t length, std::int64_t most) {
        std::vector<std::int64_t> found{0, length};
        for (std::int64_t k = random(0, most); k > 0; --k) found.push_back(random(0, length));
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
        return found;
    }

    // A node of elements 0, 1, 2, ..., of which each portion lies in memory of its own, some inside of more.
    Ref<Node> portioned(const Dims& shape) {
        Ref<Node> node(new Node);
        node->dtype = DType::float64;
        node->shape = shape;
        std::vector<Portion> portions;
        std::vector<std::vector<std::int64_t>> ends;
        for (int k = 0; k < shape.size(); ++k) ends.push_back(cuts(shape[k], k < 2 ? 2 : 0));
        Dims number(shape.size());
        for (bool more = true; more;) {
            Dims first, box;
            for (int k = 0; k < shape.size(); ++k) {
                const auto& end = ends[static_cast<std::size_t>(k)];
                auto at = static_cast<std::size_t>(number[k]);
                first.push_back(end[at]);
                box.push_back(end[at + 1] - end[at]);
            }
            portions.push_back({first, memory_of(shape, first, box)});
            more = false;
            for (int k = shape.size() - 1; k >= 0 && !more; --k) {
                more = ++number[k] + 1 <
                       static_cast<std::int64_t>(ends[static_cast<std::size_t>(k)].size());
                if (!more) number[k] = 0;
            }
        }
        begin_portions(*node, std::move(portions));
        return node;
    }

    Operand memory_of(const Dims& shape, const Dims& first, const Dims& box) {
        std::int64_t margin = random(0, 2);
        Dims larger = box;
        for (std::int64_t& length : larger) length += 2 * margin;
        Array memory = new_array(DType::float64, larger);
        std::fill_n(reinterpret_cast<double*>(memory.node->bytes()), memory.node->count(), -1.0);
        View view = View::dense(larger);
        for (int k = 0; k < box.size(); ++k) {
            view.offset += margin * view.strides[k];
            view.shape[k] = box[k];
        }
        Dims strides = dense_strides(shape), at(box.size());
        for (std::int64_t i = 0; i < element_count(box); ++i) {
            std::int64_t value = 0, offset = view.offset, rest = i;
            for (int k = box.size() - 1; k >= 0; --k) {
                value += (first[k] + rest % box[k]) * strides[k];
                offset += rest % box[k] * view.strides[k];
                rest /= box[k];
            }
            reinterpret_cast<double*>(memory.node->bytes())[offset] = static_cast<double>(value);
        }
        return {memory.node.ref(), view};
    }

    // Slices of random steps, in another order of axes, some axes cut into two, some stretched, some dropped.
    View random_view(const Dims& shape) {
        View dense = View::dense(shape), view{0, {}, {}};
        std::vector<int> order;
        for (int k = 0; k < shape.size(); ++k) order.push_back(k);
        if (random(0, 2) == 0) std::shuffle(order.begin(), order.end(), generator_);
        for (int k : order) {
            std::int64_t length = random(1, shape[k]), step = random(1, shape[k]);
            length = std::min(length, (shape[k] - 1) / step + 1);
            std::int64_t reach = (length - 1) * step, begin = random(0, shape[k] - 1 - reach);
            if (random(0, 2) > 0) begin = 0, step = 1, length = shape[k];
            bool back = random(0, 3) == 0;
            view.offset += (back ? begin + (length - 1) * step : begin) * dense.strides[k];
            std::int64_t stride = (back ? -step : step) * dense.strides[k];
            if (random(0, 5) == 0) view.shape.push_back(3), view.strides.push_back(0);
            if (random(0, 7) == 0) continue;
            if (length % 2 == 0 && random(0, 3) == 0) {
                view.shape.push_back(length / 2);
                view.strides.push_back(2 * stride);
                length = 2;
            }
            view.shape.push_back(length);
            view.strides.push_back(stride);
        }
        return view;
    }

    Dims random_shape() {
        Dims shape;
        for (std::int64_t k = random(1, 3); k > 0; --k) shape.push_back(random(1, 12));
        return shape;
    }

    std::mt19937_64 generator_{7};
};

TEST_F(Portions, EveryPositionOfEveryViewIsFound) {
    int pieces = 0;
    for (int turn = 0; turn < 3000; ++turn) {
        Dims shape = random_shape();
        Ref<Node> node = portioned(shape);
        Ref<Node> whole = portioned(shape);
        assemble(*whole);
        ASSERT_TRUE(whole->portions().empty());
        for (std::int64_t i = 0; i < whole->count(); ++i)
            ASSERT_EQ(reinterpret_cast<double*>(whole->bytes())[i], static_cast<double>(i));
        View view = random_view(shape);
        std::optional<PortionedAccess> access = PortionedAccess::of(*node, view);
        ASSERT_TRUE(access) << to_string(shape) << " " << to_string(view.shape);
        Access expected(whole->bytes(), view, DType::float64);
        EXPECT_EQ(access->only_element() != nullptr, expected.scalar());
        std::int64_t count = view.count();
        for (int k = 0; k < 5; ++k) {
            std::int64_t first = random(0, count - 1), n = random(1, count - first);
            std::vector<double> a(static_cast<std::size_t>(n)), b(a);
            access->read(a.data(), first, n);
            expected.read(b.data(), first, n);
            ASSERT_EQ(a, b) << to_string(shape) << " " << to_string(view.shape) << " from "
                            << first;
            PortionedAccess::Found found = access->find(first);
            ASSERT_GT(found.count, 0);
            n = std::min(n, found.count);
            found.access->read(a.data(), first, n);
            ASSERT_EQ(std::memcmp(a.data(), b.data(), static_cast<std::size_t>(n) * 8), 0);
            pieces += n > 1;
        }
    }
    EXPECT_GT(pieces, 1000);
}

TEST_F(Portions, AViewAcrossAxesIsNotReadInPlace) {
    Ref<Node> node = portioned({6, 6});
    EXPECT_FALSE(PortionedAccess::of(*node, {0, {6}, {7}}));   // its diagonal
    EXPECT_FALSE(PortionedAccess::of(*node, {0, {36}, {1}}));  // its elements in a row
    EXPECT_TRUE(PortionedAccess::of(*node, {5, {6, 6}, {6, -1}}));
    Array diagonal{Handle(node), {0, {6}, {7}}};
    Array copied = copy(diagonal);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(reinterpret_cast<double*>(data_of(copied))[i], 7.0 * i);
}

TEST_F(Portions, ExpressionsOfThemGiveTheSameBits) {
    for (int turn = 0; turn < 20; ++turn) {
        Dims shape{random(1, 300), random(1, 700)};
        Array x = array_of(portioned(shape)), y = array_of(portioned(shape));
        assemble(*y.node);
        auto of = [](const Array& a) {
            const Input once[] = {&a, Scalar::of(0.1)};
            Array product = elementwise(Op::multiply, once);
            const Input twice[] = {&product, &a};
            return elementwise(Op::add, twice);
        };
        Array a = of(x), b = of(y);
        for (std::vector<std::int64_t> axes : {std::vector<std::int64_t>{0, 1}, {0}, {1}}) {
            ReduceOptions options;
            options.axes = axes;
            Array sum = reduce(Reduction::sum, a, options),
                  other = reduce(Reduction::sum, b, options);
            evaluate(sum);
            evaluate(other);
            ASSERT_EQ(std::memcmp(data_of(sum), data_of(other),
                                  static_cast<std::size_t>(sum.view.count()) * sizeof(double)),
                      0);
        }
        evaluate(a);
        evaluate(b);
        EXPECT_EQ(std::memcmp(data_of(a), data_of(b),
                              static_cast<std::size_t>(a.view.count()) * sizeof(double)),
                  0);
        EXPECT_FALSE(x.node->portions().empty());
    }
}

// A node whose only portion is the whole of a vector.
Ref<Node> shown_part(const Array& base) {
    Ref<Node> node(new Node);
    node->dtype = base.dtype();
    node->shape = base.shape();
    begin_portions(*node, {{Dims(1), {base.node.ref(), base.view}}});
    return node;
}

TEST_F(Portions, WritesToTheMemoryLeaveWhatOthersShow) {
    Array base = count_up(0, 5000, DType::float64, nullptr);
    evaluate(base);
    Ref<Node> node = shown_part(base);
    {
        Array shown = array_of(node);
        const Input once[] = {&shown, Scalar::of(1.0)};
        Array pending = elementwise(Op::add, once);
        assign("assign", base, Scalar::of(-3.0), false);
        EXPECT_TRUE(shown.node->portions().empty());
        evaluate(pending);
        for (int i : {0, 17, 4999}) {
            EXPECT_EQ(reinterpret_cast<double*>(shown.node->bytes())[i], i);
            EXPECT_EQ(reinterpret_cast<double*>(pending.node->bytes())[i], i + 1);
            EXPECT_EQ(reinterpret_cast<double*>(base.node->bytes())[i], -3);
        }
    }
    EXPECT_TRUE(base.node->ties->borrowers.empty());
}

TEST_F(Portions, ANodeThatIsGoneIsNobodysBorrower) {
    Array base = count_up(0, 5000, DType::float64, nullptr);
    evaluate(base);
    Ref<Node> node = shown_part(base);
    EXPECT_EQ(base.node->ties->borrowers.size(), 1U);
    node = {};
    EXPECT_TRUE(base.node->ties->borrowers.empty());
}

}  // namespace
}  // namespace hpxpy
