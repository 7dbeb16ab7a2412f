// Agreements that cost a message each, so only HPXPY_DEBUG=1 asks for them.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/check.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/hash.hpp"
#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

bool compares() { return is_running() && common_settings().debug && world().size() > 1; }

std::string kind_of(const Node& node) {
    switch (node.kind) {
        case NodeKind::elementwise:
            return std::string(row(node.op).name);
        case NodeKind::reduction:
            return std::string(row(node.reduction).name);
        case NodeKind::convert:
        case NodeKind::count:  // some localities' part of one may be no plain count
            return "a view or a conversion";
        default:
            return "an array";
    }
}

std::uint64_t hash_of(const char* data, std::int64_t bytes) {
    return Hash().add(std::string_view(data, static_cast<std::size_t>(bytes))).value();
}

// Of equal elements the same on every locality.
std::uint64_t hash_of(const Array& x) {
    // The states of a reduction are more than its elements.
    if (x.node->raw_states) return hash_of(x.node->bytes(), x.node->buffer->bytes());
    Array dense = copy(x);
    return hash_of(data_of(dense), dense.view.count() * itemsize(dense.dtype()));
}

std::string contents(const Array& x) {
    char text[40];
    std::snprintf(text, sizeof text, "with contents #%016llx",
                  static_cast<unsigned long long>(hash_of(x)));
    return text;
}

void agree_on(comm::Signature mine) {
    in_turn(world(), mine.function.c_str(), [&] { comm::agree(world(), mine); });
}

}  // namespace

void check_recorded(const Array& x) {
    if (!x.distributed() || !compares()) return;
    comm::Signature mine;
    mine.function = "record";
    mine.dtype = x.dtype();
    mine.shape = x.shape();
    mine.detail = "as " + kind_of(*x.node) + " in " + x.map()->summary();
    mine.fingerprint = x.map()->fingerprint();
    agree_on(std::move(mine));
}

void check_replicated(const char* function, std::span<const Input> inputs) {
    if (!compares()) return;
    auto array = [](const Input& input) {
        const auto* x = std::get_if<const Array*>(&input);
        return x ? *x : nullptr;
    };
    bool meets = std::any_of(inputs.begin(), inputs.end(), [&](const Input& input) {
        return array(input) && array(input)->distributed();
    });
    if (!meets) return;
    for (const Input& input : inputs) {
        const Array* x = array(input);
        if (!x || x->distributed()) continue;
        comm::Signature mine;
        mine.function = function;
        mine.dtype = x->dtype();
        mine.shape = x->shape();
        mine.detail = "(a local array met by a distributed one) " + contents(*x);
        agree_on(std::move(mine));
    }
}

void check_copies(const std::string& function, const Operand& input, const Place& place) {
    const maps::Map& map = place.map;
    if (!compares() || map.blocks() == map.localities()) return;
    auto mine = static_cast<std::int64_t>(hash_of(Array{Handle(input.node), input.view}));
    std::vector<std::int64_t> all = in_turn(world(), function.c_str(), [&] {
        return comm::gather_numbers(world(), std::span(&mine, 1));
    });
    std::vector<int> first(static_cast<std::size_t>(map.blocks()), -1);
    for (int p = 0; p < map.localities(); ++p) {
        int& holder = first[static_cast<std::size_t>(map.block_of(p))];
        if (holder < 0) holder = p;
        if (all[static_cast<std::size_t>(holder)] == all[static_cast<std::size_t>(p)]) continue;
        fail<CommunicationError>(
            function, ": localities ", holder, " and ", p,
            " hold copies of one block of an array of shape ", to_string(place.shape), " in ",
            map.summary(),
            ", and they differ; what writes local_partition has to write the same into every copy");
    }
}

}  // namespace hpxpy
