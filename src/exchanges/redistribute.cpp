// Redistributions, halos among them: which boxes go where, packed and unpacked where they do not lie in one piece.
// SPDX-License-Identifier: BSL-1.0
#include <memory>
#include <utility>
#include <vector>

#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/kinds.hpp"
#include "exec/evaluate.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// The elements of `box` in memory that holds `owned` through `view`.
View box_view(const View& view, const maps::Box& owned, const maps::Box& box) {
    View part{view.offset, box.shape, view.strides};
    for (int i = 0; i < box.shape.size(); ++i)
        part.offset += (box.first[i] - owned.first[i]) * view.strides[i];
    return part;
}

// A redistribution under way: which boxes go where.
class Move {
public:
    Move(Node& node, const Operand& input, const ExchangeRequest& request)
        : node_(node),
          input_(input),
          group_(world()),
          size_(itemsize(node.dtype)),
          kind_(request.kind()) {
        const maps::Map* to = request.to ? &request.to->map : nullptr;
        const Dims& shape = request.from->shape;
        transfers_ = request.transfers(group_.id());
        held_ = maps::box_of(&request.from->map, shape, group_.id());
        wanted_ = maps::box_of(to, shape, group_.id());
    }

    void start() {
        prepare_sends();
        prepare_receives();
        auto exchange = in_turn(group_, "exchange", [&] {
            return comm::start_all_to_all(group_, kind_, sends_, receives_, keep_);
        });
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
            if (settled && view.is_contiguous() && bytes > comm::copied_send_limit) {
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
        const maps::Box& box = transfers_.own;
        if (box.count() == 0) return;
        Array target{Handle(Ref<Node>(&node_)), box_view(View::dense(node_.shape), wanted_, box)};
        Array source{Handle(input_.node), box_view(input_.view, held_, box)};
        Plan plan = make_assignment(target, source, true);
        run_plan(plan, false);
    }

    Node& node_;
    Operand input_;
    comm::Communicator& group_;
    std::int64_t size_;
    Traffic kind_;
    maps::Transfers transfers_;
    maps::Box held_, wanted_;
    std::vector<comm::ConstBytes> sends_;
    std::vector<comm::Bytes> receives_;
    std::vector<Ref<Buffer>> keep_;
    std::vector<std::pair<View, Ref<Buffer>>> unpack_;
    bool sends_source_ = false;
};

}  // namespace

void start_redistribution(Node& node, const Operand& input, const ExchangeRequest& request) {
    Move(node, input, request).start();
}

}  // namespace hpxpy
