// Decides what of recorded work is done now.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/deliver.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "base/error.hpp"
#include "exchanges/check.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

constexpr std::int32_t most_operations = 200;

// Few elements, and nothing behind them that is still to be computed.
bool is_small(const Node& node) {
    if (node.count() > small_count) return false;
    return std::all_of(node.inputs.begin(), node.inputs.end(), [](const Operand& input) {
        const Node& source = *input.node;
        bool at_hand = source.at_hand() || source.kind == NodeKind::constant;
        return at_hand && input.view.count() <= small_count;
    });
}

// Bytes of stored operands that no array names any more.
std::int64_t kept_bytes() {
    std::unordered_set<const Node*> seen;
    std::int64_t bytes = 0;
    for (const Node* node = pending_list().oldest; node; node = node->newer)
        for (const Operand& input : node->inputs) {
            const Node& source = *input.node;
            if (!source.pending() && source.handles == 0 && source.buffer &&
                seen.insert(&source).second)
                bytes += source.buffer->bytes();
        }
    return bytes;
}

// The walk over what is pending is worth it only after memory has grown by a part of the bound.
void bound_recorded_work() {
    static std::int64_t checked_at = 0;
    const std::int64_t limit = common_settings().pending_limit;
    std::int64_t used = memory_use().used;
    if (used < checked_at) checked_at = used;
    if (used - checked_at < limit / 4 && pending_list().nodes < 4096) return;
    if (exchanges_starting() > 0 || exchanges_held()) return;
    while (pending_list().nodes >= 4096 || kept_bytes() > limit) {
        Node* oldest = pending_list().oldest;
        while (oldest && (oldest->handles == 0 || oldest->kind == NodeKind::constant))
            oldest = oldest->newer;
        if (!oldest) break;
        Ref<Node> root(oldest);
        evaluate(std::span(&root, 1));
    }
    checked_at = memory_use().used;
}

}  // namespace

namespace {

// x[i] and x[i, j] name one element that is at hand: copied without a plan.
bool copy_element(Node& node) {
    if (node.kind != NodeKind::convert || node.count() != 1) return false;
    const Operand& input = node.inputs[0];
    Node& source = *input.node;
    if (!source.at_hand() || source.dtype != node.dtype) return false;
    std::int64_t size = itemsize(node.dtype);
    allocate(node);
    std::memcpy(node.bytes(), source.bytes() + input.view.offset * size,
                static_cast<std::size_t>(size));
    pending_done(node);
    return true;
}

}  // namespace

namespace {

// Zeros, ones and what is full of another number: without a plan.
bool fill_few(Node& node) {
    if (node.kind != NodeKind::constant || node.count() > small_count || play()) return false;
    allocate(node);
    kernels::copies(itemsize(node.dtype)).fill(node.bytes(), node.constant.bytes, node.count());
    pending_done(node);
    return true;
}

// Keeps the moves of few elements for calls that take the result as an operand. What lies in other memory keeps that,
// too, and may not keep what that was made of: a program's steps would never end.
void keep_few(Node& node, std::vector<Ref<Node>> moves) {
    auto keeps_more = [](const Portion& portion) {
        const Node& base = *portion.memory.node;
        return base.count() > small_count || (base.ties && !base.ties->moves.empty());
    };
    auto is_many = [&](const Ref<Node>& move) {
        std::span<const Portion> portions = move->portions();
        return move->count() > small_count ||
               std::any_of(portions.begin(), portions.end(), keeps_more);
    };
    std::erase_if(moves, is_many);
    keep_moves(node, std::move(moves));
}

// Whether it is made of what `together` holds back.
bool needs_exchange(const Node& node) {
    if (node.kind == NodeKind::exchange) return true;
    return std::any_of(node.inputs.begin(), node.inputs.end(), [](const Operand& input) {
        return input.node->pending() && needs_exchange(*input.node);
    });
}

}  // namespace

Array deliver(Array x) {
    check_recorded(x);
    Node& node = *x.node;
    std::vector<Ref<Node>> moves = start_recorded(&node);
    if (node.pending() && node.count() <= small_count) keep_few(node, std::move(moves));
    if (node.pending() && !copy_element(node) && !fill_few(node)) {
        if (node.pending_operations > most_operations) count_operations(node);
        bool now = is_small(node) || node.pending_operations > most_operations || node.reads_shared;
        if (now && !(exchanges_held() && needs_exchange(node))) {
            evaluate(x);
        } else {
            bound_recorded_work();
        }
    }
    return x;
}

// What `together` holds back is others' record, too.
void forget_recorded() {
    if (!exchanges_held()) recorded_exchanges().clear();
}

Scalar element(const char* function, const Array& x) {
    if (element_count(x.shape()) != 1)
        fail<ValueError>(function, ": an array of shape ", to_string(x.shape()),
                         " has more or less than one element; index it first");
    if (x.distributed()) {
        Array whole = deliver(redistribute(x, nullptr));
        return element(function, whole);
    }
    evaluate(x);
    if (comm::Play* playing = play()) {
        Worth worth = x.node->buffer->worth();
        if (std::optional<double> value = playing->assumed())
            return Scalar::of(*value).as_dtype(x.dtype());
        if (worth != Worth::own) playing->value_read(data_of(x), itemsize(x.dtype()));
    }
    return Scalar::read(x.dtype(), data_of(x));
}

}  // namespace hpxpy
