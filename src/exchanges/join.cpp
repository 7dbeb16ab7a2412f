// Joining the states of a reduction over all localities, or over groups of them.
// SPDX-License-Identifier: BSL-1.0
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/kinds.hpp"
#include "exec/evaluate.hpp"
#include "exec/forest.hpp"
#include "kernels/kernels.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

// What the states are in the end, where it is wanted.
void put_joined(Node& node, const kernels::ReductionLoops& loops, const void* states,
                std::int64_t items) {
    if (loops.finish)
        loops.finish(node.bytes(), states, items);
    else
        copy_bytes(node.bytes(), states, items * loops.state_size);
}

namespace {

/// Where the items of part i of n begin.
std::int64_t begin_of(std::int64_t items, std::size_t i, std::size_t n) {
    return items * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(n);
}

// What the localities of a group send each other: lists with an entry for each locality of the program.
class Among {
public:
    explicit Among(const std::vector<int>& group)
        : group_(group),
          out_(static_cast<std::size_t>(world().size())),
          into_(static_cast<std::size_t>(world().size())) {}
    void send(std::size_t member, const void* data, std::int64_t bytes) {
        if (group_[member] != world().id()) out_[at(member)] = {data, bytes};
    }
    void receive(std::size_t member, void* data, std::int64_t bytes) {
        if (group_[member] != world().id()) into_[at(member)] = {data, bytes};
    }
    comm::ExchangeRef start(const char* name, std::vector<Ref<Buffer>> kept) {
        return in_turn(world(), name, [&] {
            return comm::start_all_to_all(world(), Traffic::all_reduce, out_, into_,
                                          std::move(kept));
        });
    }

private:
    std::size_t at(std::size_t member) const { return static_cast<std::size_t>(group_[member]); }
    const std::vector<int>& group_;
    std::vector<comm::ConstBytes> out_;
    std::vector<comm::Bytes> into_;
};

// Joins the parts of all members, one after the other in memory, in the order of the group; the result is the last.
char* join_all(const kernels::ReductionLoops& loops, char* parts, std::size_t members,
               std::int64_t items) {
    std::int64_t bytes = items * loops.state_size;
    for (std::size_t i = 1; i < members; ++i, parts += bytes)
        loops.join(parts, parts + bytes, items);
    return parts;
}

// Few bytes: everybody gets all states of the group and joins them, so one message each does.
comm::ExchangeRef start_small_join(const ExchangeRequest& request, const Ref<Buffer>& own,
                                   const Ref<Buffer>& parts, std::int64_t bytes) {
    Among among(request.group);
    auto* at = static_cast<char*>(parts->data());
    for (std::size_t i = 0; i < request.group.size(); ++i, at += bytes) {
        among.send(i, own->data(), bytes);
        among.receive(i, at, bytes);
        if (request.group[i] == world().id() && own->worth() != Worth::blank)
            std::memcpy(at, own->data(), static_cast<std::size_t>(bytes));
    }
    return among.start("all_reduce", {own, parts});
}

// Many: each joins a part of the items and sends it to all others, so that no byte travels more than twice.
comm::ExchangeRef start_large_join(const ExchangeRequest& request,
                                   const kernels::ReductionLoops& loops, const Ref<Buffer>& own,
                                   const Ref<Buffer>& states, std::int64_t items) {
    const std::vector<int>& group = request.group;
    std::size_t n = group.size(), me = 0;
    while (group[me] != world().id()) ++me;
    std::int64_t size = loops.state_size, first = begin_of(items, me, n);
    std::int64_t mine = begin_of(items, me + 1, n) - first;
    Ref<Buffer> parts = Buffer::allocate(static_cast<std::int64_t>(n) * mine * size);
    const auto* given = static_cast<const char*>(own->data());
    auto* gathered = static_cast<char*>(parts->data());
    const bool blank = own->worth() == Worth::blank;
    Among scattering(group);
    for (std::size_t i = 0; i < n; ++i) {
        std::int64_t begin = begin_of(items, i, n);
        scattering.send(i, given + begin * size, (begin_of(items, i + 1, n) - begin) * size);
        char* at = gathered + static_cast<std::int64_t>(i) * mine * size;
        scattering.receive(i, at, mine * size);
        if (i == me && !blank)
            std::memcpy(at, given + first * size, static_cast<std::size_t>(mine * size));
    }
    wait_outside(scattering.start("all_reduce", {own, parts}));
    auto* whole = static_cast<char*>(states->data());
    if (!blank)
        std::memcpy(whole + first * size, join_all(loops, gathered, n, mine),
                    static_cast<std::size_t>(mine * size));
    Among gathering(group);
    for (std::size_t i = 0; i < n; ++i) {
        std::int64_t begin = begin_of(items, i, n);
        gathering.send(i, whole + first * size, mine * size);
        gathering.receive(i, whole + begin * size, (begin_of(items, i + 1, n) - begin) * size);
    }
    return gathering.start("all_reduce", {states});
}

void start_join_in_group(Node& node, const Operand& input, const ExchangeRequest& request) {
    const auto& loops = kernels::reduction(*request.reduction, request.compute);
    std::int64_t items = node.count(), bytes = items * loops.state_size;
    auto members = static_cast<std::int64_t>(request.group.size());
    bool small = members == 2 || bytes * members <= comm::copied_send_limit;
    Ref<Buffer> states = small          ? Buffer::allocate(bytes * members)
                         : loops.finish ? Buffer::allocate(bytes)
                                        : node.buffer;
    auto exchange = small ? start_small_join(request, input.node->buffer, states, bytes)
                          : start_large_join(request, loops, input.node->buffer, states, items);
    Node* result = &node;
    node.transit = std::make_unique<Transit>();
    node.transit->wait = [exchange] { wait_outside(exchange); };
    node.transit->finish = [=, &loops] {
        wait_outside(exchange);
        auto* joined = static_cast<char*>(states->data());
        if (small) joined = join_all(loops, joined, static_cast<std::size_t>(members), items);
        put_joined(*result, loops, joined, items);
    };
}

// Each locality's forest to all, who join them in the order of the elements.
void start_forest_join(Node& node, const Ref<Buffer>& own, const comm::Signature& mine,
                       const kernels::ReductionLoops& loops) {
    static_assert(most_forest_bytes <= comm::most_payload);
    const comm::Joining joining{join_forests, most_forest_bytes, false, forest_bytes};
    Ref<Buffer> joined = Buffer::allocate(most_forest_bytes);
    auto exchange = in_turn(world(), mine.function.c_str(), [&] {
        return comm::start_all_reduce(world(), mine, own, 0, joined, 1, joining);
    });
    Node* result = &node;
    node.transit = std::make_unique<Transit>();
    node.transit->wait = [exchange] { wait_outside(exchange); };
    node.transit->finish = [result, exchange, joined, &loops] {
        wait_outside(exchange);
        alignas(16) char state[32];
        join_forest(static_cast<const char*>(joined->data()), state);
        put_joined(*result, loops, state, 1);
    };
}

}  // namespace

void start_join(Node& node, const Operand& input, const ExchangeRequest& request) {
    allocate(node);
    if (!request.group.empty()) {
        start_join_in_group(node, input, request);
        return;
    }
    const auto& loops = kernels::reduction(*request.reduction, request.compute);
    comm::Signature mine;
    mine.function = row(*request.reduction).name;
    mine.op = row(*request.reduction).name;
    mine.dtype = request.compute;
    mine.shape = node.shape;
    // Who joins other elements is told, though states look alike.
    mine.fingerprint = request.fingerprint();
    if (input.node->gives_forest()) {
        start_forest_join(node, input.node->buffer, mine, loops);
        return;
    }
    std::int64_t items = node.count();
    // Joining states is the same either way round but for the sign of zero and the payload of nan.
    comm::Joining joining{loops.join, loops.state_size, false};
    Ref<Buffer> states = loops.finish ? Buffer::allocate(items * loops.state_size) : node.buffer;
    auto exchange = in_turn(world(), mine.function.c_str(), [&] {
        return comm::start_all_reduce(world(), mine, input.node->buffer, 0, states, items, joining);
    });
    Node* result = &node;
    node.transit = std::make_unique<Transit>();
    node.transit->wait = [exchange] { wait_outside(exchange); };
    node.transit->finish = [result, exchange, states, items, &loops] {
        wait_outside(exchange);
        put_joined(*result, loops, states->data(), items);
    };
}

}  // namespace hpxpy
