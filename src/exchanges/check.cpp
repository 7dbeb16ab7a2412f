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

// Of equal elements the same on every locality.
std::string contents(const Array& x) {
    Array dense = copy(x);
    auto bytes = static_cast<std::size_t>(dense.view.count() * itemsize(dense.dtype()));
    char text[40];
    std::snprintf(text, sizeof text, "with contents #%016llx",
                  static_cast<unsigned long long>(
                      Hash().add(std::string_view(data_of(dense), bytes)).value()));
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

}  // namespace hpxpy
