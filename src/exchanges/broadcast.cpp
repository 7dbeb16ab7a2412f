// Broadcasts in groups of localities: the root sends to each of the others.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/broadcast.hpp"

#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

std::vector<Array> start_broadcasts(const char* function, const std::string& title,
                                    std::span<const Broadcast> broadcasts) {
    comm::Communicator& group = world();
    int me = group.id();
    std::vector<comm::ConstBytes> out(static_cast<std::size_t>(group.size()));
    std::vector<comm::Bytes> into(static_cast<std::size_t>(group.size()));
    std::vector<Ref<Buffer>> keep;
    std::vector<Array> arrays;
    for (const Broadcast& each : broadcasts) {
        std::int64_t bytes = element_count(each.shape) * itemsize(each.dtype);
        if (each.root != me) {
            Array coming = new_array(each.dtype, each.shape);
            into[static_cast<std::size_t>(each.root)] = {coming.node->bytes(), bytes};
            arrays.push_back(std::move(coming));
        } else {
            Array block = dense(each.block);
            for (int peer : each.members)
                if (peer != me) out[static_cast<std::size_t>(peer)] = {bytes_at(block), bytes};
            arrays.push_back(std::move(block));
        }
        keep.push_back(arrays.back().node->buffer);
    }
    if (plan_record_open())
        record_exchange(group, title, [&](int from, int to) {
            return from == me ? out[static_cast<std::size_t>(to)].size
                              : into[static_cast<std::size_t>(from)].size;
        });
    auto arrival = in_turn(group, function, [&] {
        return comm::start_all_to_all(group, Traffic::broadcast, out, into, std::move(keep));
    });
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        Node& node = *arrays[i].node;
        if (broadcasts[i].root == me)
            keep_until_sent(node, arrival);
        else
            node.transit = transit_of(arrival);
    }
    return arrays;
}

}  // namespace hpxpy
