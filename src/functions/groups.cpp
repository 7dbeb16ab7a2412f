// Who wants to be in which group is told to all first; the engine then splits by small numbers.
// SPDX-License-Identifier: BSL-1.0
#include "functions/groups.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "runtime/groups.hpp"
#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

struct Wish {
    std::int64_t joins;
    std::int64_t color;
    std::int64_t key;
    std::int64_t locality;  ///< in the whole program
    std::int64_t groups;    ///< how many it has helped to make
};

Wish wish_of(std::optional<std::int64_t> color, std::int64_t key) {
    static std::int64_t groups = 0;
    return {color.has_value(), color.value_or(0), key, world().id(), ++groups};
}

std::vector<Wish> everybodys(comm::Communicator& group, const char* function, const Wish& mine) {
    std::vector<Wish> wishes;
    for (const auto& bytes : comm::all_gather_bytes(group, function, {&mine, sizeof mine})) {
        Wish& wish = wishes.emplace_back();
        std::memcpy(&wish, bytes.data(), sizeof wish);
    }
    return wishes;
}

/// Colors as numbers from 0 on, of those that were given; who joins none comes last.
int number_of_color(const std::vector<Wish>& wishes, const Wish& mine) {
    std::map<std::int64_t, int> numbers;
    for (const Wish& wish : wishes)
        if (wish.joins) numbers.emplace(wish.color, 0);
    int next = 0;
    for (auto& [color, number] : numbers) number = next++;
    return mine.joins ? numbers[mine.color] : next;
}

/// Tells a group that was made of whom it consists, in their order.
void name_members(comm::Communicator& group, const std::vector<Wish>& members) {
    for (const Wish& member : members) group.members.push_back(static_cast<int>(member.locality));
    group.identity = (members[0].locality << 32) + members[0].groups;
}

}  // namespace

std::optional<std::int64_t> split_group(comm::Communicator& group,
                                        std::optional<std::int64_t> color, std::int64_t key) {
    Wish mine = wish_of(color, key);
    return in_turn(group, "split", [&]() -> std::optional<std::int64_t> {
        std::vector<Wish> wishes = everybodys(group, "split", mine);
        std::vector<Wish> members;
        for (const Wish& wish : wishes)
            if (wish.joins == mine.joins && wish.color == mine.color) members.push_back(wish);
        std::stable_sort(members.begin(), members.end(),
                         [](const Wish& a, const Wish& b) { return a.key < b.key; });
        auto me = std::find_if(members.begin(), members.end(), [&](const Wish& member) {
            return member.locality == mine.locality;
        });
        auto part =
            group.split(number_of_color(wishes, mine), static_cast<int>(me - members.begin()));
        if (!color) {
            part->free();
            return std::nullopt;
        }
        name_members(*part, members);
        return keep_group(std::move(part));
    });
}

std::int64_t group_from_mpi(int handle) {
    Wish mine = wish_of(0, 0);
    Waiting waiting;
    auto group = group_of_mpi(handle);
    if (!group)
        fail<RuntimeError>(
            "from_mpi4py: localities of this program do not talk through MPI; start it with "
            "engine 'mpi', or make groups with hpx.world.split");
    // What is under way may outlive this call, if that is interrupted.
    comm::Communicator& made = *group;
    std::int64_t number = keep_group(std::move(group));
    name_members(made, everybodys(made, "from_mpi4py", mine));
    return number;
}

void end_group(std::int64_t number) {
    if (number == 0)
        fail<ValueError>("free: hpx.world is the whole program, which ends with finalize");
    comm::Communicator& ending = group(number);
    in_turn(ending, "free", [&] {
        comm::barrier(ending, "the end of a group");
        comm::finish_pending();
        free_group(number);
        return 0;
    });
}

int first_on_host(comm::Communicator& group) {
    const auto& all = group.localities();
    const std::string& host = all[static_cast<std::size_t>(group.id())].host;
    int first = 0;
    while (all[static_cast<std::size_t>(first)].host != host) ++first;
    return first;
}

}  // namespace hpxpy
