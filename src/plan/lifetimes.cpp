// What a plan leaves without a reader is not stored, or its memory is taken over.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "plan/step.hpp"

namespace hpxpy {

Lifetimes::Lifetimes(std::span<const Ref<Node>> roots, Roots fate) {
    for (const Ref<Node>& root : roots) {
        visit(root);
        names_[root.get()].root = true;
    }
    find_owners(fate);
    for (const Node* node : order_) {
        auto repeats = [&](const Operand& input) {
            return names_.at(input.node.get()).again && !must_store(*input.node);
        };
        names_.at(node).again =
            node->pending() &&
            (node->streamed || std::any_of(node->inputs.begin(), node->inputs.end(), repeats));
    }
}

void Lifetimes::visit(const Ref<Node>& node) {
    auto [place, first_visit] = names_.try_emplace(node.get());
    if (!first_visit) return;
    place->second.all = node->references();
    for (const Operand& input : node->inputs) {
        visit(input.node);
        ++names_[input.node.get()].inner;
    }
    order_.push_back(node.get());
}

// What was computed before and is now computed again is kept by storing its owner: of a chain that one name
// holds, the newest of the chain, which lets go of all below.
void Lifetimes::find_owners(Roots fate) {
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
        const Node* node = *it;
        Names& names = names_.at(node);
        if (names.root && fate != Roots::kept)
            names.owner = nullptr;
        else if (names.root || names.all > names.inner)
            names.owner = node;
        if (!names.owner || !node->pending()) continue;
        if (node->streamed) must_store_.insert(names.owner);
        for (const Operand& input : node->inputs) {
            Names& below = names_.at(input.node.get());
            bool alone = !below.owner || below.owner == names.owner;
            below.owner = alone ? names.owner : input.node.get();
        }
    }
}

bool Lifetimes::shared_again(const Node& node) const {
    const Names& names = names_.at(&node);
    return names.again && names.inner > 1;
}

bool Lifetimes::is_inner(const Node& node) const {
    const Names& names = names_.at(&node);
    return !names.root && names.all == names.inner;
}

// A node that was stored lets go of its inputs, and so does one that dies.
std::unordered_set<const Node*> Lifetimes::dying(const Plan& plan) const {
    std::unordered_set<const Node*> stored, dead;
    for (const Step& step : plan.steps) {
        for (const Store& store : step.stores) stored.insert(store.node.get());
        for (const Reduce& reduce : step.reductions) stored.insert(reduce.node.get());
    }
    std::unordered_map<const Node*, int> let_go;
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
        const Node* node = *it;
        const Names& names = names_.at(node);
        bool dies = !names.root && names.all == let_go[node];
        if (dies) dead.insert(node);
        if (!dies && !stored.count(node)) continue;
        for (const Operand& input : node->inputs) ++let_go[input.node.get()];
    }
    return dead;
}

namespace {

// Nobody else reads or sends the memory, and it is ours.
bool is_free(const Node& node) {
    if (node.pending()) return true;
    return !node.transit && node.senders.empty() && node.buffer && !node.buffer->shared() &&
           node.buffer->references() == 1;
}

// The load whose memory `store` can take over in the last step that reads it.
int taken_over(const Step& step, const Store& store, const std::vector<const Load*>& free) {
    for (std::size_t i = 0; i < step.loads.size(); ++i) {
        const Load& load = step.loads[i];
        const Node& node = *load.node;
        bool fits = load.view == View::dense(step.domain) && store.view == load.view &&
                    node.shape == step.domain &&
                    itemsize(node.dtype) == itemsize(store.node->dtype) && !load.scalar();
        if (fits && std::find(free.begin(), free.end(), &load) != free.end())
            return static_cast<int>(i);
    }
    return -1;
}

}  // namespace

void Lifetimes::end_lives(Plan& plan) const {
    std::unordered_set<const Node*> dead = dying(plan);
    if (dead.empty()) return;
    std::unordered_map<const Node*, const Step*> last_reader;
    for (const Step& step : plan.steps)
        for (const Load& load : step.loads) last_reader[load.node.get()] = &step;
    for (Step& step : plan.steps)
        std::erase_if(step.stores, [&](const Store& store) {
            return dead.count(store.node.get()) && !last_reader.count(store.node.get());
        });
    for (Step& step : plan.steps) {
        std::vector<const Load*> free;
        for (const Load& load : step.loads) {
            auto reads = std::count_if(step.loads.begin(), step.loads.end(),
                                       [&](const Load& other) { return other.node == load.node; });
            if (reads == 1 && dead.count(load.node.get()) &&
                last_reader[load.node.get()] == &step && is_free(*load.node))
                free.push_back(&load);
        }
        for (Store& store : step.stores) {
            if (!store.node->pending()) continue;
            store.over = taken_over(step, store, free);
            if (store.over >= 0) std::erase(free, &step.loads[store.over]);
        }
    }
}

}  // namespace hpxpy
