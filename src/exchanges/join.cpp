// Joining the states of a reduction over all localities.
// SPDX-License-Identifier: BSL-1.0
#include <memory>

#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/kinds.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

void start_join(Node& node, const Operand& input, const ExchangeRequest& request) {
    const auto& loops = kernels::reduction(*request.reduction, request.compute);
    comm::Signature mine;
    mine.function = row(*request.reduction).name;
    mine.op = row(*request.reduction).name;
    mine.dtype = request.compute;
    mine.shape = node.shape;
    std::int64_t items = node.count();
    // Joining states is the same either way round but for the sign of zero and the payload of nan.
    comm::Joining joining{loops.join, loops.state_size, false};
    Ref<Buffer> states = loops.finish ? Buffer::allocate(items * loops.state_size) : node.buffer;
    auto exchange = in_turn(world(), mine.function.c_str(), [&] {
        return comm::start_all_reduce(world(), mine, input.node->buffer, 0, states, items, joining);
    });
    Node* result = &node;
    node.transit = std::make_unique<Transit>();
    node.transit->wait = [exchange] { wait_outside(exchange); };
    node.transit->finish = [result, exchange, states, items, finish = loops.finish] {
        wait_outside(exchange);
        if (finish) finish(result->bytes(), states->data(), items);
    };
}

}  // namespace hpxpy
