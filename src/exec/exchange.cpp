// Starts the exchanges that recording asked for: redistributions and joined reductions.
// SPDX-License-Identifier: BSL-1.0
#include "exec/exchange.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "dist/collectives.hpp"
#include "exec/access.hpp"
#include "exec/evaluate.hpp"
#include "exec/lock.hpp"
#include "exec/runtime.hpp"

namespace hpxpy {

namespace {

void wait_outside(const dist::ExchangeRef& exchange) {
    Outside outside;
    dist::wait(exchange);
}

// The elements of `box` in memory that holds `owned` through `view`.
View box_view(const View& view, const dist::Box& owned, const dist::Box& box) {
    View part{view.offset, box.shape, view.strides};
    for (int i = 0; i < box.shape.size(); ++i)
        part.offset += (box.first[i] - owned.first[i]) * view.strides[i];
    return part;
}

// A redistribution under way: which boxes go where.
class Move {
public:
    Move(Node& node, const Operand& input, const ExchangeRequest& request)
        : node_(node), input_(input), group_(world()), size_(itemsize(node.dtype)) {
        const dist::Map* to = request.to ? &request.to->map : nullptr;
        const Dims& shape = request.from->shape;
        transfers_ = request.transfers(group_.id());
        held_ = dist::box_of(&request.from->map, shape, group_.id());
        wanted_ = dist::box_of(to, shape, group_.id());
    }

    void start() {
        prepare_sends();
        prepare_receives();
        auto exchange = in_turn(
            "exchange", [&] { return dist::start_all_to_all(group_, sends_, receives_, keep_); });
        copy_own();
        if (sends_source_) {
            keep_until_sent(*input_.node, exchange);
        }
        Node* node = &node_;
        node_.transit = std::make_unique<Transit>();
        node_.transit->wait = [exchange] { wait_outside(exchange); };
        node_.transit->finish = [node, exchange, unpack = std::move(unpack_)] {
            wait_outside(exchange);
            for (const auto& [view, memory] : unpack) write_box(*node, view, memory->data());
        };
    }

private:
    void prepare_sends() {
        sends_.resize(group_.size());
        for (const auto& [peer, box] : transfers_.sends) {
            View view = box_view(input_.view, held_, box);
            std::int64_t bytes = box.count() * size_;
            Array source{Handle(input_.node), input_.view};
            // Memory that others can write behind our back is sent as it is now.
            bool settled = !input_.node->buffer->shared();
            if (settled && view.is_contiguous() && bytes > dist::copied_send_limit) {
                sends_[peer] = {input_.node->bytes() + view.offset * size_, bytes};
                sends_source_ = true;
                continue;
            }
            Ref<Buffer> packed = Buffer::allocate(bytes);
            read_box(source, view, packed->data());
            sends_[peer] = {packed->data(), bytes};
            keep_.push_back(packed);
        }
        if (sends_source_) keep_.push_back(input_.node->buffer);
    }

    void prepare_receives() {
        receives_.resize(group_.size());
        View whole = View::dense(node_.shape);
        for (const auto& [peer, box] : transfers_.receives) {
            View view = box_view(whole, wanted_, box);
            std::int64_t bytes = box.count() * size_;
            if (view.is_contiguous()) {
                receives_[peer] = {node_.bytes() + view.offset * size_, bytes};
                continue;
            }
            Ref<Buffer> packed = Buffer::allocate(bytes);
            receives_[peer] = {packed->data(), bytes};
            keep_.push_back(packed);
            unpack_.emplace_back(view, packed);
        }
        keep_.push_back(node_.buffer);
    }

    // One's own part does not travel.
    void copy_own() {
        const dist::Box& box = transfers_.own;
        if (box.count() == 0) return;
        Array target{Handle(Ref<Node>(&node_)), box_view(View::dense(node_.shape), wanted_, box)};
        Array source{Handle(input_.node), box_view(input_.view, held_, box)};
        Plan plan = make_assignment(target, source, true);
        run_plan(plan);
    }

    Node& node_;
    Operand input_;
    dist::Communicator& group_;
    std::int64_t size_;
    dist::Transfers transfers_;
    dist::Box held_, wanted_;
    std::vector<dist::ConstBytes> sends_;
    std::vector<dist::Bytes> receives_;
    std::vector<Ref<Buffer>> keep_;
    std::vector<std::pair<View, Ref<Buffer>>> unpack_;
    bool sends_source_ = false;
};

void start_joining(Node& node, const Operand& input, const ExchangeRequest& request) {
    const auto& loops = kernels::reduction(*request.reduction, request.compute);
    dist::Signature mine;
    mine.function = row(*request.reduction).name;
    mine.op = row(*request.reduction).name;
    mine.dtype = request.compute;
    mine.shape = node.shape;
    std::int64_t items = node.count();
    // Joining states is the same either way round but for the sign of zero and the payload of nan.
    dist::Joining joining{loops.join, loops.state_size, false};
    Ref<Buffer> states = loops.finish ? Buffer::allocate(items * loops.state_size) : node.buffer;
    auto exchange = in_turn(mine.function.c_str(), [&] {
        return dist::start_all_reduce(world(), mine, input.node->buffer, 0, states, items, joining);
    });
    Node* result = &node;
    node.transit = std::make_unique<Transit>();
    node.transit->wait = [exchange] { wait_outside(exchange); };
    node.transit->finish = [result, exchange, states, items, finish = loops.finish] {
        wait_outside(exchange);
        if (finish) finish(result->bytes(), states->data(), items);
    };
}

// All localities start the same redistributions, or none does: they learn it before anything is sent.
void agree_on(std::span<const Ref<Node>> moves) {
    const Node& first = *moves.front();
    dist::Signature mine;
    mine.function = first.request->name();
    mine.dtype = first.dtype;
    mine.shape = first.request->from->shape;
    mine.detail = first.request->route();
    Hash maps;
    for (const Ref<Node>& move : moves)
        maps.add(move->request->name())
            .add(static_cast<std::int64_t>(move->dtype))
            .add(static_cast<std::int64_t>(move->request->fingerprint()))
            .add(to_string(move->request->from->shape));
    mine.fingerprint = maps.value();
    in_turn(mine.function.c_str(), [&] { dist::agree(world(), mine); });
}

void start(Node& node) {
    Operand input = node.inputs[0];
    ExchangeRequest request = *node.request;
    evaluate(std::span(&input.node, 1));
    allocate(node);
    pending_done(node);
    if (request.reduction)
        start_joining(node, input, request);
    else
        Move(node, input, request).start();
}

}  // namespace

void keep_until_sent(Node& node, const dist::ExchangeRef& exchange) {
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
                                dist::wait(exchange);
                            }});
}

void start_recorded() {
    if (recorded_exchanges().empty()) return;
    tell_untold();
    // All that this call recorded, with nothing of other threads in between.
    dist::Turn turn("exchange");
    std::vector<Ref<Node>> nodes = std::move(recorded_exchanges());
    recorded_exchanges().clear();
    // While this thread waits, what was recorded with these may not be evaluated by others.
    struct Starting {
        Starting() { ++exchanges_starting(); }
        ~Starting() { --exchanges_starting(); }
    } starting;
    auto joins = [](const Ref<Node>& node) { return node->request->reduction.has_value(); };
    for (auto at = nodes.begin(); at != nodes.end();) {
        // Reductions agree as they are joined.
        auto end = joins(*at) ? at + 1 : std::find_if(at, nodes.end(), joins);
        if (!joins(*at)) agree_on({at, end});
        for (; at != end; ++at) {
            await_arrivals(std::span(&(*at)->inputs[0].node, 1));
            start(**at);
        }
    }
}

void tell_untold() {
    if (!dist::has_untold()) return;
    Waiting waiting;
    dist::raise_untold();
}

int& exchanges_starting() {
    static int count = 0;
    return count;
}

void know_localities() { here() = {world().id(), world().size()}; }

}  // namespace hpxpy
