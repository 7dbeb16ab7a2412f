// Nodes whose elements lie in several memories: every position is found, and what is computed of them is the same.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
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

// A halo of which the first and the last row are on their way: they come when somebody waits.
class Halo {
public:
    static constexpr std::int64_t rows = 700, columns = 100;

    explicit Halo(std::function<void()> meanwhile = {}) {
        auto memory = [](std::int64_t lines) {
            return new_array(DType::float64, Dims{lines, columns});
        };
        own = memory(rows - 2);
        Array first = memory(1), last = memory(1);
        Ref<Node> node(new Node);
        node->dtype = DType::float64;
        node->shape = Dims{rows, columns};
        fill(own, columns);
        begin_portions(*node, {{Dims{1, 0}, {own.node.ref(), own.view}, false},
                               {Dims{0, 0}, {first.node.ref(), first.view}, true},
                               {Dims{rows - 1, 0}, {last.node.ref(), last.view}, true}});
        node->transit = std::make_unique<Transit>();
        auto waits = waits_ = std::make_shared<int>(0);
        node->transit->wait = node->transit->finish = [=] {
            if ((*waits)++ > 0) return;
            fill(first, 0);
            fill(last, (rows - 1) * columns);
            if (meanwhile) meanwhile();
        };
        node->transit->done = [waits] { return *waits > 0; };
        halo = array_of(std::move(node));
    }

    static double element(std::int64_t i) { return 0.1 * static_cast<double>(i % 977) + 1; }

    static void fill(const Array& x, std::int64_t from) {
        for (std::int64_t i = 0; i < x.node->count(); ++i)
            reinterpret_cast<double*>(x.node->bytes())[i] = element(from + i);
    }

    // The same elements in one piece.
    static Array whole() {
        Array x = new_array(DType::float64, Dims{rows, columns});
        fill(x, 0);
        return x;
    }

    // x[:-2] + x[2:] * x[1:-1]
    static Array of(const Array& x) {
        auto from = [&](std::int64_t row) {
            return Array{x.node, {row * columns, Dims{rows - 2, columns}, Dims{columns, 1}}};
        };
        Array above = from(0), here = from(1), below = from(2);
        const Input factors[] = {&below, &here};
        Array product = elementwise(Op::multiply, factors);
        const Input terms[] = {&above, &product};
        return elementwise(Op::add, terms);
    }

    static void expect_same(const Array& a, const Array& b) {
        evaluate(a);
        evaluate(b);
        EXPECT_EQ(std::memcmp(data_of(a), data_of(b),
                              static_cast<std::size_t>(a.view.count() * itemsize(a.dtype()))),
                  0);
    }

    int waits() const { return *waits_; }

    Array own, halo;

private:
    std::shared_ptr<int> waits_;
};

TEST_F(Portions, WhatNeedsNoStripIsComputedWhileItTravels) {
    for (int axes = 0; axes < 4; ++axes) {
        Array* own = nullptr;
        // By now nobody reads the middle any more.
        Halo travelling([&] {
            std::memset(own->node->bytes() + 400 * Halo::columns * 8, 0xff,
                        100 * Halo::columns * 8);
        });
        own = &travelling.own;
        auto computed = [&](const Array& x) {
            Array value = Halo::of(x);
            std::vector<std::int64_t> joined;
            if (axes & 1) joined.push_back(0);
            if (axes & 2) joined.push_back(1);
            ReduceOptions options;
            options.axes = joined;
            return axes ? reduce(Reduction::sum, value, options) : value;
        };
        Array result = computed(travelling.halo);
        EXPECT_EQ(travelling.waits(), 0);
        evaluate(result);
        EXPECT_EQ(travelling.waits(), 2);  // once to wait, once to put in place
        Halo::expect_same(result, computed(Halo::whole()));
    }
}

TEST_F(Portions, WritesBeginWhileStripsTravel) {
    Array* own = nullptr;
    Halo travelling([&] {
        std::memset(own->node->bytes() + 400 * Halo::columns * 8, 0xff, 100 * Halo::columns * 8);
    });
    own = &travelling.own;
    Array target = new_array(DType::float64, Dims{Halo::rows - 2, Halo::columns});
    Array value = Halo::of(travelling.halo);
    assign("assign", target, Input(&value), true);
    Halo::expect_same(target, Halo::of(Halo::whole()));
}

TEST_F(Portions, WhatInterruptsAWaitIsRaisedWhenAllIsWritten) {
    Halo travelling([] { throw std::logic_error("Ctrl-C"); });
    Array target = new_array(DType::float64, Dims{Halo::rows - 2, Halo::columns});
    Array value = Halo::of(travelling.halo);
    EXPECT_THROW(assign("assign", target, Input(&value), true), std::logic_error);
    Halo::expect_same(target, Halo::of(Halo::whole()));
    // Of a result that nobody has seen nothing is left, and it can be asked for again.
    Halo again([] { throw std::logic_error("Ctrl-C"); });
    Array result = Halo::of(again.halo);
    EXPECT_THROW(evaluate(result), std::logic_error);
    EXPECT_TRUE(result.node->pending());
    EXPECT_FALSE(result.node->buffer);
    Halo::expect_same(result, Halo::of(Halo::whole()));
}

// Another thread, while this one waits for strips.
void beside(const std::function<void()>& work) {
    std::thread([&] {
        std::lock_guard guard(expression_lock());
        work();
    }).join();
}

TEST_F(Portions, WhoComesMeanwhileMayEvaluateTheSame) {
    Array* pending = nullptr;
    Halo first([&] { beside([&] { evaluate(*pending); }); }), second;
    auto of_both = [](const Array& x, const Array& y) {
        Array left = Halo::of(x), right = Halo::of(y);
        const Input terms[] = {&left, &right};
        return elementwise(Op::add, terms);
    };
    Array result = of_both(first.halo, second.halo);
    pending = &result;
    evaluate(result);
    // The other thread did not get what was half done, and this one did not get its own into the way.
    Halo::expect_same(result, of_both(Halo::whole(), Halo::whole()));
}

TEST_F(Portions, WhoComesMeanwhileMayWriteWhatIsRead) {
    Array* own = nullptr;
    Halo travelling([&] {
        beside([&] {
            // Strips are there for the other thread, too.
            assign("assign", *own, Scalar::of(-1.0), false);
        });
    });
    own = &travelling.own;
    Array result = Halo::of(travelling.halo);
    evaluate(result);
    EXPECT_FALSE(result.node->pending());
    EXPECT_EQ(reinterpret_cast<double*>(own->node->bytes())[5], -1);
    Halo::expect_same(result, Halo::of(Halo::whole()));
}

TEST_F(Portions, WhoComesMeanwhileMayReadWhatIsWritten) {
    Array target = new_array(DType::float64, Dims{Halo::rows - 2, Halo::columns});
    Halo::fill(target, 5);
    Array later;
    Halo travelling([&] {
        beside([&] {
            const Input operands[] = {&target, Scalar::of(1.0)};
            later = elementwise(Op::add, operands);
        });
    });
    Array value = Halo::of(travelling.halo);
    assign("assign", target, Input(&value), true);
    Halo::expect_same(target, Halo::of(Halo::whole()));
    // It was recorded before the write was over.
    EXPECT_FALSE(later.node->pending());
}

}  // namespace
}  // namespace hpxpy
