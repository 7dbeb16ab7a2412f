// Groups of localities, kept in the order in which they were made: their members end them in that order.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/groups.hpp"

#include <map>
#include <mutex>

#include "base/error.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

/// Never destroyed: the last groups end when the process exits.
struct Groups {
    std::mutex lock;
    std::map<std::int64_t, std::unique_ptr<comm::Communicator>> kept;
    std::int64_t made = 0;
    /// Ended before the runtime: errors of their calls may still name them.
    std::vector<std::unique_ptr<comm::Communicator>> freed;
};

Groups& groups() {
    static Groups& instance = *new Groups;
    return instance;
}

}  // namespace

comm::Communicator& group(std::int64_t number) {
    comm::Communicator& all = world();
    if (number == 0) return all;
    Groups& g = groups();
    std::lock_guard guard(g.lock);
    auto found = g.kept.find(number);
    if (found == g.kept.end())
        fail<RuntimeError>("group: this group has ended, by free or by finalize; split again");
    return *found->second;
}

std::int64_t keep_group(std::unique_ptr<comm::Communicator> group) {
    Groups& g = groups();
    std::lock_guard guard(g.lock);
    g.kept[++g.made] = std::move(group);
    return g.made;
}

void free_group(std::int64_t number) {
    group(number).free();
    Groups& g = groups();
    std::lock_guard guard(g.lock);
    g.freed.push_back(std::move(g.kept.extract(number).mapped()));
}

std::vector<comm::Communicator*> kept_groups() {
    Groups& g = groups();
    std::lock_guard guard(g.lock);
    std::vector<comm::Communicator*> all;
    for (auto& [number, group] : g.kept) all.push_back(group.get());
    return all;
}

std::vector<const comm::Communicator*> all_groups() {
    Groups& g = groups();
    std::lock_guard guard(g.lock);
    std::vector<const comm::Communicator*> all;
    for (const auto& group : g.freed) all.push_back(group.get());
    for (const auto& [number, group] : g.kept) all.push_back(group.get());
    return all;
}

void free_groups() {
    Groups& g = groups();
    for (comm::Communicator* group : kept_groups()) group->free();
    std::lock_guard guard(g.lock);
    g.kept.clear();
    g.freed.clear();
}

std::int64_t total_collectives() {
    std::int64_t total = world().collectives;
    for (const comm::Communicator* group : all_groups()) total += group->collectives;
    return total;
}

}  // namespace hpxpy
