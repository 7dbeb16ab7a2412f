// Redistributions, halos among them: which pieces go where, packed and unpacked where they do not lie in one piece.
// SPDX-License-Identifier: BSL-1.0
#include <memory>
#include <optional>
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

// A redistribution under way: which pieces go where.
class Move {
public:
    Move(Node& node, const Operand& input, ExchangeRequest& request)
        : node_(node),
          input_(input),
          request_(request),
          group_(world()),
          size_(itemsize(node.dtype)),
          kind_(request.kind()) {
        transfers_ = request.transfers(group_.id());
        const Dims& shape = request.shape();
        held_ = maps::region_of(request.from ? &request.from->map : nullptr, shape, group_.id());
        wanted_ = maps::region_of(request.to ? &request.to->map : nullptr, shape, group_.id());
    }

    void start(bool alone) {
        if (alone) {
            allocate(node_);
            copy_own();
            return;
        }
        prepare_sends();
        if (std::optional<std::vector<Portion>> portions = portions_in_place()) {
            request_.in_place = true;
            if (node_.request) node_.request->in_place = true;
            exchange_into(std::move(*portions));
            return;
        }
        allocate(node_);
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
            for (const auto& [views, memory] : unpack) {
                const auto* at = static_cast<const char*>(memory->data());
                for (const View& view : views) {
                    write_box(*node, view, at);
                    at += view.count() * itemsize(node->dtype);
                }
            }
        };
    }

private:
    // Where the elements of a halo will lie if one's own stay where they are: nothing where these are few, others can
    // write them, or what comes is in no boxes.
    std::optional<std::vector<Portion>> portions_in_place() const {
        if (kind_ != Traffic::halo || input_.node->buffer->shared() ||
            2 * transfers_.own.count() < node_.count())
            return std::nullopt;
        std::vector<Portion> portions;
        auto add = [&](const maps::Piece& piece, const Operand& memory, bool comes) {
            std::vector<View> wanted = maps::views_of(piece, wanted_, View::dense(node_.shape));
            std::optional<Dims> first =
                wanted.size() == 1 ? first_of_box(wanted[0], node_.shape) : std::nullopt;
            if (first) portions.push_back({*first, memory, comes});
            return first.has_value();
        };
        std::vector<View> own = maps::views_of(transfers_.own, held_, input_.view);
        if (own.size() != 1 || !add(transfers_.own, {input_.node, own[0]}, false))
            return std::nullopt;
        for (const auto& [peer, piece] : transfers_.receives) {
            Ref<Node> strip(new Node);
            strip->dtype = node_.dtype;
            for (const auto& runs : piece.axes) strip->shape.push_back(maps::size_of(runs));
            if (!add(piece, {strip, View::dense(strip->shape)}, true)) return std::nullopt;
        }
        return portions;
    }

    // The index of a view's first element, if the view shows a box of a dense array of `shape`.
    static std::optional<Dims> first_of_box(const View& view, const Dims& shape) {
        if (view.dimensions() != shape.size()) return std::nullopt;
        Dims strides = dense_strides(shape), first(shape.size());
        std::int64_t rest = view.offset;
        for (int i = 0; i < shape.size(); ++i) {
            if (view.shape[i] != 1 && view.strides[i] != strides[i]) return std::nullopt;
            if (shape[i] == 1) continue;
            first[i] = rest / strides[i];
            rest %= strides[i];
        }
        return first;
    }

    // Each strip comes into memory of its own.
    void exchange_into(std::vector<Portion> portions) {
        receives_.resize(static_cast<std::size_t>(group_.size()));
        for (std::size_t i = 0; i < transfers_.receives.size(); ++i) {
            Node& strip = *portions[i + 1].memory.node;
            allocate(strip);
            receives_[static_cast<std::size_t>(transfers_.receives[i].peer)] = {
                strip.bytes(), strip.count() * size_};
            keep_.push_back(strip.buffer);
        }
        auto exchange = in_turn(group_, "exchange", [&] {
            return comm::start_all_to_all(group_, kind_, sends_, receives_, keep_);
        });
        if (sends_source_) keep_until_sent(*input_.node, exchange);
        begin_portions(node_, std::move(portions));
        node_.transit = transit_of(exchange);
        node_.transit->done = [exchange] { return exchange->test(); };
    }

    void prepare_sends() {
        sends_.resize(static_cast<std::size_t>(group_.size()));
        for (const auto& [peer, piece] : transfers_.sends) {
            std::vector<View> views = maps::views_of(piece, held_, input_.view);
            std::int64_t bytes = piece.count() * size_;
            comm::ConstBytes& sent = sends_[static_cast<std::size_t>(peer)];
            // Memory that others can write behind our back is sent as it is now.
            bool settled = !input_.node->buffer->shared();
            if (settled && lies_in_one(views) && bytes > comm::copied_send_limit) {
                sent = {input_.node->bytes() + views[0].offset * size_, bytes};
                sends_source_ = true;
                continue;
            }
            Ref<Buffer> packed = Buffer::allocate(bytes);
            Array source{Handle(input_.node), input_.view};
            auto* at = static_cast<char*>(packed->data());
            for (const View& view : views) {
                read_box(source, view, at);
                at += view.count() * size_;
            }
            sent = {packed->data(), bytes};
            keep_.push_back(packed);
        }
        if (sends_source_) keep_.push_back(input_.node->buffer);
    }

    void prepare_receives() {
        receives_.resize(static_cast<std::size_t>(group_.size()));
        View whole = View::dense(node_.shape);
        for (const auto& [peer, piece] : transfers_.receives) {
            std::vector<View> views = maps::views_of(piece, wanted_, whole);
            std::int64_t bytes = piece.count() * size_;
            comm::Bytes& received = receives_[static_cast<std::size_t>(peer)];
            if (lies_in_one(views)) {
                received = {node_.bytes() + views[0].offset * size_, bytes};
                continue;
            }
            Ref<Buffer> packed = Buffer::allocate(bytes);
            received = {packed->data(), bytes};
            keep_.push_back(packed);
            unpack_.emplace_back(std::move(views), packed);
        }
        keep_.push_back(node_.buffer);
    }

    static bool lies_in_one(const std::vector<View>& views) {
        return views.size() == 1 && views[0].is_contiguous();
    }

    // One's own part does not travel.
    void copy_own() {
        if (transfers_.own.count() == 0) return;
        std::vector<View> to = maps::views_of(transfers_.own, wanted_, View::dense(node_.shape));
        std::vector<View> from = maps::views_of(transfers_.own, held_, input_.view);
        for (std::size_t i = 0; i < to.size(); ++i) {
            store(Array{Handle(Ref<Node>(&node_)), to[i]}, Array{Handle(input_.node), from[i]},
                  false);
        }
    }

    Node& node_;
    Operand input_;
    ExchangeRequest& request_;
    comm::Communicator& group_;
    std::int64_t size_;
    Traffic kind_;
    maps::Transfers transfers_;
    maps::Region held_, wanted_;
    std::vector<comm::ConstBytes> sends_;
    std::vector<comm::Bytes> receives_;
    std::vector<Ref<Buffer>> keep_;
    std::vector<std::pair<std::vector<View>, Ref<Buffer>>> unpack_;
    bool sends_source_ = false;
};

}  // namespace

void start_redistribution(Node& node, const Operand& input, ExchangeRequest& request) {
    Move(node, input, request).start(request.is_local());
}

}  // namespace hpxpy
