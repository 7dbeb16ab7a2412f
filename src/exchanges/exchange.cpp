// Starts the exchanges that recording asked for: redistributions and joined reductions.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/exchange.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "comm/collectives.hpp"
#include "exchanges/kinds.hpp"
#include "exec/evaluate.hpp"
#include "plan/step.hpp"
#include "runtime/lock.hpp"
#include "runtime/queued.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// The shape of the whole array that is moved, or of the whole result of a join.
Dims whole_shape(const Node& move) {
    const ExchangeRequest& request = *move.request;
    if (!request.reduction) return request.shape();
    return request.to ? request.to->shape : move.shape;
}

// All localities start the same redistributions and joins within groups, or none does: they learn it before anything is
// sent.
void agree_on(std::span<const Ref<Node>> moves) {
    comm::Signature mine;
    Hash maps;
    for (const Ref<Node>& move : moves) {
        const ExchangeRequest& request = *move->request;
        if (request.is_local()) continue;
        if (mine.detail.empty()) {
            mine.function = request.name();
            mine.dtype = move->dtype;
            mine.shape = whole_shape(*move);
        } else {
            mine.detail += ", and ";
        }
        mine.detail += request.route();
        maps.add(request.name())
            .add(static_cast<std::int64_t>(move->dtype))
            .add(static_cast<std::int64_t>(request.fingerprint()))
            .add(to_string(whole_shape(*move)));
    }
    if (mine.detail.empty()) return;
    mine.fingerprint = maps.value();
    in_turn(world(), mine.function.c_str(), [&] { comm::agree(world(), mine); });
}

void start(Node& node) {
    Operand input = node.inputs[0];
    evaluate(std::span(&input.node, 1));
    if (node.request->reduction) node.request->state_bytes = input.node->buffer->bytes();
    // While others are waited for, the node's own record may go.
    ExchangeRequest request = *node.request;
    pending_done(node);
    if (request.reduction)
        start_join(node, input, request);
    else
        start_redistribution(node, input, request);
    if (plan_record_open() && !request.is_local()) record_step(exchange_text(node, request));
}

}  // namespace

void wait_outside(const comm::ExchangeRef& exchange) {
    Outside outside;
    comm::wait(exchange);
}

void keep_until_sent(Node& node, const comm::ExchangeRef& exchange) {
    std::erase_if(node.senders, [](const Sender& sender) { return sender.done(); });
    auto done = [exchange] {
        try {
            return exchange->test();
        } catch (const Error&) {
            return true;
        }
    };
    node.senders.push_back({done, [exchange] {
                                Waiting waiting;
                                comm::wait(exchange);
                            }});
}

void start_recorded() {
    if (recorded_exchanges().empty()) return;
    std::vector<Ref<Node>> nodes = std::move(recorded_exchanges());
    recorded_exchanges().clear();
    // Parts of what all have are taken at once: other localities may need no copy for theirs.
    if (std::all_of(nodes.begin(), nodes.end(),
                    [](const Ref<Node>& node) { return node->request->is_local(); })) {
        for (const Ref<Node>& node : nodes) start(*node);
        return;
    }
    come_after_earlier(world());
    // All that this call recorded, with nothing of other threads in between.
    comm::Turn turn(world(), "exchange");
    // While this thread waits, what was recorded with these may not be evaluated by others.
    struct Starting {
        Starting() { ++exchanges_starting(); }
        ~Starting() { --exchanges_starting(); }
    } starting;
    auto joins = [](const Ref<Node>& node) {
        return node->request->reduction && node->request->group.empty();
    };
    for (auto at = nodes.begin(); at != nodes.end();) {
        // Reductions over all localities agree as they are joined.
        auto end = joins(*at) ? at + 1 : std::find_if(at, nodes.end(), joins);
        if (!joins(*at)) agree_on({at, end});
        for (; at != end; ++at) {
            await_arrivals(std::span(&(*at)->inputs[0].node, 1));
            start(**at);
        }
    }
}

void record_exchange(const std::string& title, const std::function<std::int64_t(int, int)>& bytes) {
    std::vector<Passage> gives, gets;
    int me = world().id();
    for (int p = 0; p < world().size(); ++p) {
        if (p == me) continue;
        if (std::int64_t given = bytes(me, p)) gives.push_back({p, given});
        if (std::int64_t got = bytes(p, me)) gets.push_back({p, got});
    }
    record_step(title + ": " + passages_text(gives, gets));
}

void come_after_earlier(comm::Communicator& group) {
    if (has_queued(group)) {
        Waiting waiting;
        await_queued(group);
    }
    if (!comm::has_untold()) return;
    Waiting waiting;
    comm::raise_untold(group);
}

int& exchanges_starting() {
    static int count = 0;
    return count;
}

void know_localities() { here() = {world().id(), world().size()}; }

}  // namespace hpxpy
