// Who wants to be in which group is told to all first; the engine then splits by small numbers.
// SPDX-License-Identifier: BSL-1.0
#include "functions/groups.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "runtime/groups.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

struct Wish {
    std::int64_t joins;
    std::int64_t color;
    std::int64_t key;
    std::int64_t locality;  ///< in the whole program
    std::int64_t splits;    ///< that it has taken part in
};

std::vector<Wish> everybodys(comm::Communicator& group, const Wish& mine) {
    std::vector<Wish> wishes;
    for (const auto& bytes : comm::all_gather_bytes(group, "split", {&mine, sizeof mine})) {
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

}  // namespace

std::optional<std::int64_t> split_group(comm::Communicator& group,
                                        std::optional<std::int64_t> color, std::int64_t key) {
    static std::int64_t splits = 0;
    Wish mine{color.has_value(), color.value_or(0), key, world().id(), ++splits};
    return in_turn(group, "split", [&]() -> std::optional<std::int64_t> {
        std::vector<Wish> wishes = everybodys(group, mine);
        std::vector<int> order;
        for (std::size_t i = 0; i < wishes.size(); ++i)
            if (wishes[i].joins == mine.joins && wishes[i].color == mine.color)
                order.push_back(static_cast<int>(i));
        auto wish = [&](int i) -> const Wish& { return wishes[static_cast<std::size_t>(i)]; };
        std::stable_sort(order.begin(), order.end(),
                         [&](int a, int b) { return wish(a).key < wish(b).key; });
        auto at = std::find(order.begin(), order.end(), group.id());
        auto part =
            group.split(number_of_color(wishes, mine), static_cast<int>(at - order.begin()));
        if (!color) {
            part->free();
            return std::nullopt;
        }
        for (int i : order) part->members.push_back(static_cast<int>(wish(i).locality));
        part->identity = (wish(order[0]).locality << 32) + wish(order[0]).splits;
        return keep_group(std::move(part));
    });
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
