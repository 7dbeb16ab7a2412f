// The collectives that join localities' arrays element by element: reductions and scans.
// SPDX-License-Identifier: BSL-1.0
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "functions/collective.hpp"
#include "functions/travel.hpp"
#include "kernels/kernels.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

/// The reduction that a name of MPI's and NumPy's stands for; ValueError if none does.
Reduction reduction_named(const char* function, const std::string& op) {
    static const std::pair<const char*, Reduction> known[] = {
        {"sum", Reduction::sum},          {"prod", Reduction::prod},
        {"min", Reduction::min},          {"max", Reduction::max},
        {"and", Reduction::_bitwise_and}, {"or", Reduction::_bitwise_or},
        {"xor", Reduction::_bitwise_xor},
    };
    for (auto [name, reduction] : known)
        if (op == name) return reduction;
    fail<ValueError>(
        function, ": Unknown reduction operation '", op,
        "'; choose sum, prod, min, max, and, or, xor, or give a function of two arrays");
}

/// What a collective joins, and with what.
struct Joined {
    Array x;
    Reduction reduction;
    kernels::Join join;

    Joined(const char* function, const Array& given, const std::string& name)
        : x(given), reduction(reduction_named(function, name)) {
        if (counts() && x.dtype() == DType::bool_) x = convert(x, DType::int64);
        join = kernels::joining(row(reduction).joining, x.dtype());
        if (!join)
            fail<TypeError>(function, ": op '", name, "' does not take ", name_of(x.dtype()),
                            "; it joins booleans and integers");
    }
    bool counts() const { return row(reduction).result == Result::widen; }
    bool orders() const { return row(reduction).identity == Identity::none; }
    comm::Joining joining() const {
        return {join, itemsize(x.dtype()), !orders() && !is_complex(x.dtype())};
    }
};

/// The arrays of all localities joined; all of them get it. With a root the call is one for root.
Array joined_everywhere(const char* function, Joined& joined, const std::string& op, int root,
                        comm::Communicator& group) {
    if (joined.x.distributed()) {
        // Here, localities that differ in root alone would not be found by the exchange itself.
        if (root >= 0) {
            comm::Signature mine = signature_of(function, &joined.x, root);
            mine.shape = joined.x.shape();
            mine.op = op;
            in_turn(group, function, [&] { return comm::agree(group, mine); });
        }
        return deliver(reduce(joined.reduction, joined.x, {}));
    }
    Array in = dense(joined.x);
    Array result = new_array(in.dtype(), in.view.shape);
    const Ref<Node>& node = result.node.ref();
    comm::Signature mine = signature_of(function, &in, root);
    mine.op = op;
    auto exchange = in_turn(group, function, [&] {
        return comm::start_all_reduce(group, mine, in.node->buffer, byte_offset(in), node->buffer,
                                      in.view.count(), joined.joining());
    });
    if (plan_record_open())
        record_step(all_reduce_text(op, in.dtype(), in.view.shape,
                                    in.view.count() * itemsize(in.dtype()),
                                    group.members.empty() ? 0 : group.size()));
    keep_sent(in, exchange);
    node->transit = transit_of(exchange);
    // Small data travel with the agreement; localities that differ learn it at the call.
    if (in.view.count() * itemsize(in.dtype()) <= comm::small_payload)
        await_arrivals(std::span(&node, 1));
    result.value = result.view.shape.empty();
    return result;
}

}  // namespace

Array all_reduce(const Array& x, const std::string& op, comm::Communicator& group) {
    check_group("all_reduce", x, group);
    Joined joined("all_reduce", x, op);
    return joined_everywhere("all_reduce", joined, op, -1, group);
}

std::optional<Array> reduce_to(const Array& x, const std::string& op, int root,
                               comm::Communicator& group) {
    check_group("reduce", x, group);
    check_root("reduce", root, group);
    Joined joined("reduce", x, op);
    Array result = joined_everywhere("reduce", joined, op, root, group);
    if (group.id() != root) return std::nullopt;
    return result;
}

Array scan_localities(const char* function, const Array& x, const std::string& op, bool inclusive,
                      comm::Communicator& group) {
    if (x.distributed())
        fail<TypeError>(function,
                        ": this array is distributed, and localities' own arrays are joined; scan "
                        "its elements with cumulative_sum, or give local_partition");
    Joined joined(function, x, op);
    Array in = dense(joined.x);
    std::int64_t items = in.view.count();
    std::size_t bytes = static_cast<std::size_t>(items * itemsize(in.dtype()));
    const char* own = in.node->bytes() + byte_offset(in);
    Array result = new_array(in.dtype(), in.view.shape);
    comm::Signature mine = signature_of(function, &in, -1);
    mine.op = op;
    if (bytes > 0) std::memcpy(result.node->bytes(), own, bytes);
    Array earlier = new_array(in.dtype(), in.view.shape);
    in_turn(group, function, [&] {
        comm::exclusive_scan(group, mine, own, earlier.node->bytes(), items, joined.joining(),
                             false);
        return 0;
    });
    if (plan_record_open())
        record_exchange(
            group, exchange_title(function, in.dtype(), in.view.shape) + " by " + op,
            [&](int from, int to) { return from < to ? static_cast<std::int64_t>(bytes) : 0; });
    if (group.id() > 0 && inclusive)
        joined.join(earlier.node->bytes(), result.node->bytes(), items);
    Array& wanted = group.id() > 0 && !inclusive ? earlier : result;
    wanted.value = wanted.view.shape.empty();
    return wanted;
}

}  // namespace hpxpy
