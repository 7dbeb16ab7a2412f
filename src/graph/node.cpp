// The life of nodes: the list of what is pending, and who still reads what is stored.
// SPDX-License-Identifier: BSL-1.0
#include "graph/node.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace hpxpy {

PendingList& pending_list() {
    static PendingList list;
    return list;
}

std::vector<Ref<Node>>& recorded_exchanges() {
    static std::vector<Ref<Node>> nodes;
    return nodes;
}

bool& exchanges_held() {
    static bool held = false;
    return held;
}

void pending_begin(Node& node) {
    PendingList& list = pending_list();
    node.older = list.newest;
    (list.newest ? list.newest->newer : list.oldest) = &node;
    list.newest = &node;
    ++list.nodes;
    if (node.kind == NodeKind::elementwise || node.kind == NodeKind::reduction) ++list.recorded;
    node.listed = true;
    std::int32_t operations = 1;
    for (Operand& input : node.inputs) {
        Node& source = *input.node;
        if (source.pending()) {
            operations += source.pending_operations;
            node.reads_shared |= source.reads_shared;
        } else {
            node.reads_shared |= source.lies_in_shared();
        }
        ++source.pending_readers;
    }
    node.pending_operations = operations;
}

namespace {

std::int32_t distinct_operations(const Node& node, std::unordered_set<const Node*>& seen) {
    if (!node.pending() || !seen.insert(&node).second) return 0;
    std::int32_t operations = 1;
    for (const Operand& input : node.inputs) operations += distinct_operations(*input.node, seen);
    return operations;
}

}  // namespace

void count_operations(Node& node) {
    std::unordered_set<const Node*> seen;
    node.pending_operations = distinct_operations(node, seen);
}

void forget_exchange(Node& node) {
    if (node.request && !node.pending() && !node.transit && node.pending_readers == 0)
        node.request.reset();
}

void pending_done(Node& node) {
    PendingList& list = pending_list();
    (node.older ? node.older->newer : list.oldest) = node.newer;
    (node.newer ? node.newer->older : list.newest) = node.older;
    node.older = node.newer = nullptr;
    --list.nodes;
    node.listed = false;
    for (Operand& input : node.inputs) {
        --input.node->pending_readers;
        forget_exchange(*input.node);
    }
    node.pending_operations = 0;
    node.kind = NodeKind::stored;
    node.inputs.clear();
}

bool Node::lies_in_shared() const {
    if (buffer) return buffer->shared();
    return std::any_of(portions().begin(), portions().end(), [](const Portion& portion) {
        return portion.memory.node->buffer->shared();
    });
}

bool Node::lies_in(const Node& other) const {
    if (this == &other) return true;
    return std::any_of(portions().begin(), portions().end(),
                       [&](const Portion& portion) { return portion.memory.node.get() == &other; });
}

namespace {

Ties& ties_of(Node& node) {
    if (!node.ties) node.ties = std::make_unique<Ties>();
    return *node.ties;
}

}  // namespace

void begin_portions(Node& node, std::vector<Portion> portions) {
    for (const Portion& portion : portions)
        ties_of(*portion.memory.node).borrowers.push_back(&node);
    ties_of(node).portions = std::move(portions);
}

void end_portions(Node& node) {
    if (!node.ties) return;
    std::vector<Portion> portions = std::move(node.ties->portions);
    node.ties->portions.clear();
    for (const Portion& portion : portions) std::erase(portion.memory.node->ties->borrowers, &node);
}

void begin_copy(Node& node, Brought brought) {
    ties_of(*brought.source).copies.push_back(&node);
    ties_of(node).brought = std::move(brought);
}

void end_copies(Node& node) {
    if (!node.ties) return;
    Ties& ties = *node.ties;
    for (Node* copy : ties.copies) copy->ties->brought.reset();
    ties.copies.clear();
    if (!ties.brought) return;
    std::erase(ties.brought->source->ties->copies, &node);
    ties.brought.reset();
}

void keep_moves(Node& node, std::vector<Ref<Node>> moves) {
    if (!moves.empty()) ties_of(node).moves = std::move(moves);
}

void set_origin(Node& node, Origin origin) {
    ties_of(node).origin = std::make_shared<const Origin>(std::move(origin));
}

void Node::destroy(Node* node) {
    if (node->ties) {
        end_portions(*node);
        end_copies(*node);
    }
    if (node->listed) pending_done(*node);
    // What still travels pins its own memory; nobody waits for it here.
    delete node;
}

}  // namespace hpxpy
