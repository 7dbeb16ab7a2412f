// What is started at once: the operands of all exchanges are evaluated by one plan, and the states of reductions over all
// localities are joined as the parts of one item.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/together.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "comm/collectives.hpp"
#include "exchanges/check.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/kinds.hpp"
#include "exec/evaluate.hpp"
#include "exec/forest.hpp"
#include "kernels/kernels.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// One reduction's states among those of several; they follow it in memory.
struct alignas(16) Part {
    std::int64_t
        bytes;  ///< of the states, which are followed by the next part on the next multiple of 16
    std::int64_t items;
    Reduction reduction;
    DType compute;
    bool forest, last;
};

std::int64_t rounded(std::int64_t bytes) { return (bytes + 15) / 16 * 16; }

// Calls body(part, states) for each part at `at`; gives the bytes of all.
template <class Body>
std::int64_t for_parts(const void* at, const Body& body) {
    const auto* first = static_cast<const char*>(at);
    const char* next = first;
    for (bool last = false; !last;) {
        Part part;
        std::memcpy(&part, next, sizeof part);
        body(part, next + sizeof part);
        next += static_cast<std::int64_t>(sizeof part) + rounded(part.bytes);
        last = part.last;
    }
    return next - first;
}

std::int64_t parts_bytes(const void* at) {
    return for_parts(at, [](const Part&, const char*) {});
}

// Appends to parts in memory.
char* put_part(char* to, Part part, const void* states) {
    std::memcpy(to, &part, sizeof part);
    copy_bytes(to + sizeof part, states, part.bytes);
    return to + sizeof part + rounded(part.bytes);
}

void join_part(const Part& part, const void* left, void* into) {
    if (part.forest)
        join_forests(left, into, 1);
    else
        kernels::reduction(part.reduction, part.compute).join(left, into, part.items);
}

void join_parts(const void* left, void* into, std::int64_t) {
    std::vector<const char*> others;
    for_parts(left, [&](const Part&, const char* states) { others.push_back(states); });
    struct Joined {
        Part part;
        Ref<Buffer> states;
    };
    std::vector<Joined> all;
    for_parts(into, [&](const Part& part, const char* states) {
        std::int64_t room = part.forest ? most_forest_bytes : part.bytes;
        all.push_back({part, Buffer::allocate(std::max<std::int64_t>(room, 1))});
        copy_bytes(all.back().states->data(), states, part.bytes);
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& [part, states] = all[i];
        join_part(part, others[i], states->data());
        if (part.forest) part.bytes = forest_bytes(states->data());
    }
    auto* to = static_cast<char*>(into);
    for (const auto& [part, states] : all) to = put_part(to, part, states->data());
}

bool joins_all(const Node& node) { return node.request->reduction && node.request->group.empty(); }

// What part `index` became, as the node's result.
void take_part(Node& node, const void* joined, std::size_t index) {
    const auto& loops = kernels::reduction(*node.request->reduction, node.request->compute);
    std::size_t i = 0;
    for_parts(joined, [&](const Part& part, const char* states) {
        if (i++ != index) return;
        alignas(16) char state[32];
        if (part.forest) join_forest(states, state);
        put_joined(node, loops, part.forest ? state : states, part.items);
    });
}

// The states of reductions over all localities, which are at hand, travel as one item.
void join_at_once(std::span<const Ref<Node>> nodes) {
    comm::Signature mine;
    mine.function = "together";
    Hash hash;
    std::int64_t most = 0, bytes = 0;
    for (const Ref<Node>& node : nodes) {
        ExchangeRequest& request = *node->request;
        const Node& input = *node->inputs[0].node;
        if (request.from) check_copies(request.name(), node->inputs[0], *request.from);
        request.state_bytes = input.buffer->bytes();
        request.joins_forests = input.gives_forest();
        std::int64_t room =
            input.gives_forest() ? forest_of(input).most_bytes() : request.state_bytes;
        most += static_cast<std::int64_t>(sizeof(Part)) + rounded(room);
        bytes += static_cast<std::int64_t>(sizeof(Part)) + rounded(request.state_bytes);
        mine.op += (mine.op.empty() ? "" : ", ") + request.name();
        hash.add(request.name())
            .add(static_cast<std::int64_t>(request.compute))
            .add(static_cast<std::int64_t>(request.fingerprint()))
            .add(to_string(node->shape));
    }
    mine.fingerprint = hash.value();
    mine.dtype = nodes[0]->request->compute;
    mine.shape = nodes[0]->shape;

    Ref<Buffer> given = Buffer::allocate(most),
                joined = Buffer::allocate(std::max(most, comm::most_payload));
    std::memset(given->data(), 0, static_cast<std::size_t>(most));
    auto* to = static_cast<char*>(given->data());
    for (const Ref<Node>& node : nodes) {
        const Node& input = *node->inputs[0].node;
        Part part{input.gives_forest() ? forest_bytes(input.bytes()) : input.buffer->bytes(),
                  node->count(),
                  *node->request->reduction,
                  node->request->compute,
                  input.gives_forest(),
                  node.get() == nodes.back().get()};
        to = put_part(to, part, input.bytes());
    }
    if (plan_record_open())
        record_step("all_reduce of " + mine.op + " at once: joins " + std::to_string(bytes) +
                    " B of its own with those of all localities");
    // Few bytes travel with the agreement, as far as they are filled.
    bool few = most <= comm::most_payload;
    const comm::Joining joining{join_parts, few ? comm::most_payload : most, false,
                                few ? parts_bytes : nullptr};
    auto exchange = in_turn(world(), "together", [&] {
        return comm::start_all_reduce(world(), mine, given, 0, joined, 1, joining);
    });
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        Node* result = nodes[i].get();
        allocate(*result);
        pending_done(*result);
        result->transit = std::make_unique<Transit>();
        result->transit->wait = [exchange] { wait_outside(exchange); };
        result->transit->finish = [result, exchange, joined, i] {
            wait_outside(exchange);
            take_part(*result, joined->data(), i);
        };
    }
}

// Whether the operand of an exchange is made of one of `others`.
bool needs_one_of(Node& node, const std::unordered_set<const Node*>& others,
                  std::unordered_set<const Node*>& seen) {
    if (!node.pending() || !seen.insert(&node).second) return false;
    for (const Operand& input : node.inputs)
        if (others.count(input.node.get()) || needs_one_of(*input.node, others, seen)) return true;
    return false;
}

// Takes out those of `nodes` that need none of the others.
std::vector<Ref<Node>> next_wave(std::vector<Ref<Node>>& nodes) {
    std::unordered_set<const Node*> all;
    for (const Ref<Node>& node : nodes) all.insert(node.get());
    std::vector<Ref<Node>> wave, rest;
    for (const Ref<Node>& node : nodes) {
        std::unordered_set<const Node*> seen;
        (needs_one_of(*node, all, seen) ? rest : wave).push_back(node);
    }
    nodes = std::move(rest);
    return wave;
}

void start_wave(std::vector<Ref<Node>> wave) {
    // One pass computes what all of them send.
    std::vector<Ref<Node>> operands;
    for (const Ref<Node>& node : wave) operands.push_back(node->inputs[0].node);
    evaluate(operands);
    std::vector<Ref<Node>> joins;
    for (const Ref<Node>& node : wave)
        if (joins_all(*node)) joins.push_back(node);
    if (joins.size() > 1) {
        std::erase_if(wave, [](const Ref<Node>& node) { return joins_all(*node); });
        come_after_earlier(world());
        join_at_once(joins);
    }
    recorded_exchanges() = std::move(wave);
    start_recorded();
}

}  // namespace

void begin_together() {
    if (exchanges_held())
        fail<RuntimeError>("together: one is open already; leave it before the next one");
    exchanges_held() = true;
}

void end_together(bool drop) {
    exchanges_held() = false;
    std::vector<Ref<Node>> nodes = std::exchange(recorded_exchanges(), {});
    if (drop) return;
    while (!nodes.empty()) start_wave(next_wave(nodes));
}

}  // namespace hpxpy
