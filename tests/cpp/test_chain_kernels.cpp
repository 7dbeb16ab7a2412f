// Chains on every instruction set: the same values as the operations' own loops, one after another.
// SPDX-License-Identifier: BSL-1.0
#include "kernel_tools.hpp"
#include "kernels/chains.hpp"

namespace hpxpy::kernels {
namespace {

constexpr DType dtypes[] = {DType::float32, DType::float64};

struct Operation {
    Op op;
    bool single = false;
    bool from = false;
};

std::vector<Operation> all_operations() {
    std::vector<Operation> all{{Op::negative}, {Op::square}};
    for (Op op : {Op::add, Op::subtract, Op::multiply, Op::divide})
        for (bool single : {false, true})
            for (bool from : {false, true}) all.push_back({op, single, from});
    return all;
}

// The operations on `start`, each with its own operand, by loops of one operation.
std::vector<Bytes> by_loops(const Table& table, DType dtype, const std::vector<Operation>& list,
                            const Bytes& start, const std::vector<Bytes>& operands,
                            std::int64_t n) {
    std::vector<Bytes> values;
    const Bytes* value = &start;
    for (std::size_t k = 0; k < list.size(); ++k) {
        auto [op, single, from] = list[k];
        const void* in[3] = {value->data(), operands[k].data(), nullptr};
        if (from) std::swap(in[0], in[1]);
        Bytes out(static_cast<std::size_t>(n * itemsize(dtype)));
        table.elementwise[at(op)][at(dtype)][single ? (from ? 1 : 2) : 0](out.data(), in, n);
        values.push_back(std::move(out));
        value = &values.back();
    }
    return values;
}

// All operations in one chain, which also stores what comes halfway; on unaligned memory.
void check_chain(std::string_view set, DType dtype, const std::vector<Operation>& list,
                 std::int64_t n, Action first = Action::start) {
    const Table& table = table_of(set);
    Bytes start = random_bytes(dtype, n, 3);
    std::vector<Bytes> operands;
    for (std::size_t k = 0; k < list.size(); ++k)
        operands.push_back(random_bytes(dtype, list[k].single ? 1 : n, static_cast<unsigned>(k)));
    std::vector<Guarded> memory;
    auto unaligned = [&](const Bytes& bytes) {
        memory.emplace_back(static_cast<std::int64_t>(bytes.size()) / itemsize(dtype),
                            itemsize(dtype));
        if (!bytes.empty()) std::memcpy(memory.back().data(), bytes.data(), bytes.size());
        return memory.back().data();
    };
    memory.reserve(list.size() + 2);
    std::vector<Link> links{{first, unaligned(start)}};
    Guarded halfway(n, itemsize(dtype));
    std::size_t middle = list.size() / 2;
    for (std::size_t k = 0; k < list.size(); ++k) {
        auto [op, single, from] = list[k];
        auto action = chain_action(op, single, from);
        ASSERT_TRUE(action);
        links.push_back({*action, row(op).arity == 1 ? nullptr : unaligned(operands[k])});
        if (k == middle) links.push_back({Action::store, halfway.data()});
    }
    // The last one goes over the start.
    links.push_back({Action::store, memory[0].data()});
    table.chains[at(dtype)](links.data(), static_cast<std::int64_t>(links.size()), n);
    std::vector<Bytes> expected = by_loops(table, dtype, list, start, operands, n);
    for (const Guarded& piece : memory) EXPECT_TRUE(piece.intact());
    EXPECT_TRUE(halfway.intact());
    EXPECT_TRUE(same_values(dtype, memory[0].bytes(), expected.back()))
        << title(set, row(list.back().op).name, dtype) << " n " << n;
    EXPECT_TRUE(same_values(dtype, halfway.bytes(), expected[middle]))
        << title(set, row(list[middle].op).name, dtype) << " n " << n;
}

TEST(Chains, EachOperationAfterEach) {
    std::vector<Operation> all = all_operations();
    for (std::string_view set : available_instruction_sets())
        for (DType dtype : dtypes)
            for (const Operation& first : all)
                for (const Operation& second : all)
                    for (Action start : {Action::start, Action::start_from_memory})
                        check_chain(set, dtype, {first, second}, 151, start);
}

TEST(Chains, EveryLength) {
    std::vector<Operation> all = all_operations();
    for (std::string_view set : available_instruction_sets())
        for (DType dtype : dtypes)
            for (std::int64_t n = 0; n < 300; ++n) {
                check_chain(set, dtype, all, n);
                check_chain(set, dtype, {all.back()}, n, Action::start_from_memory);
            }
}

// Short and long chains, of which the last link stores past the caches.
TEST(Chains, StreamPastTheCaches) {
    constexpr std::int64_t n = 1001;
    for (std::string_view set : available_instruction_sets())
        for (DType dtype : dtypes)
            for (std::size_t length : {1u, 21u}) {
                Bytes start = random_bytes(dtype, n, 1);
                std::vector<Operation> list(length, {Op::negative});
                Bytes expected = by_loops(table_of(set), dtype, list, start,
                                          std::vector<Bytes>(length), n)[length - 1];
                Bytes memory(start.size() + 128, 0xA5);
                auto past = reinterpret_cast<std::uintptr_t>(memory.data()) % 64;
                unsigned char* out = memory.data() + (64 - past);
                std::vector<Link> links(length + 1, {*chain_action(Op::negative, false, false)});
                links[0] = {Action::start, start.data()};
                links.push_back({Action::stream, out});
                table_of(set).chains[at(dtype)](links.data(),
                                                static_cast<std::int64_t>(links.size()), n);
                store_fence();
                EXPECT_TRUE(same_values(dtype, Bytes(out, out + start.size()), expected));
                EXPECT_EQ(out[start.size()], 0xA5);
            }
}

TEST(Chains, HaveTheOperationsAndDtypesThatPlansRelyOn) {
    for (Op op : {Op::add, Op::subtract, Op::multiply, Op::divide, Op::negative, Op::square})
        EXPECT_TRUE(chain_action(op, false, false));
    for (Op op : {Op::sqrt, Op::less, Op::multiply_add})
        EXPECT_FALSE(chain_action(op, false, false));
    EXPECT_TRUE(chain(DType::float32) && chain(DType::float64));
    EXPECT_FALSE(chain(DType::int64) || chain(DType::complex128));
}

}  // namespace
}  // namespace hpxpy::kernels
