// The collectives on arrays: what MPI does to local arrays, and what it means for distributed ones.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "functions/collective.hpp"
#include "functions/write.hpp"
#include "kernels/kernels.hpp"
#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// `x` as dense memory that nobody writes while it is sent: its own, or a copy.
Array dense(const Array& x) {
    evaluate(x);
    return x.view.is_contiguous() && !x.node->buffer->shared() ? x : copy(x);
}

// What is sent may not change until it has left; small data were copied.
void keep_sent(const Array& in, const comm::ExchangeRef& exchange) {
    if (exchange && in.view.count() * itemsize(in.dtype()) > comm::copied_send_limit)
        keep_until_sent(*in.node, exchange);
}

std::int64_t byte_offset(const Array& x) { return x.view.offset * itemsize(x.dtype()); }

std::unique_ptr<Transit> transit_of(comm::ExchangeRef exchange) {
    auto transit = std::make_unique<Transit>();
    transit->wait = transit->finish = [exchange = std::move(exchange)] {
        Outside released;
        comm::wait(exchange);
    };
    return transit;
}

// An array of received memory that is still on its way.
Array arriving(DType dtype, const Dims& shape, Ref<Buffer> data, comm::ExchangeRef exchange,
               std::int64_t offset = 0) {
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->shape = shape;
    node->buffer = std::move(data);
    if (exchange) node->transit = transit_of(std::move(exchange));
    Array result = array_of(std::move(node));
    result.view.offset = offset / itemsize(dtype);
    result.value = shape.empty();
    return result;
}

comm::Signature signature(const char* function, const Array* x, int root) {
    comm::Signature mine;
    mine.function = function;
    mine.root = root;
    mine.has_array = x != nullptr;
    if (x) {
        mine.dtype = x->dtype();
        mine.shape = x->view.shape;
    }
    return mine;
}

// Of bits there are joining loops but no reduction rows: halves are joined until one element is left.
Array join_elements(const Array& x, Op op) {
    kernels::Join join = kernels::joining(op, x.dtype());
    Array block = copy(x);
    std::int64_t n = block.view.count(), size = itemsize(x.dtype());
    Array result = new_array(x.dtype(), {});
    char* bytes = result.node->bytes();
    if (n == 0) {
        std::memset(bytes, op == Op::bitwise_and && x.dtype() != DType::bool_ ? 0xff : 0,
                    static_cast<std::size_t>(size));
        if (op == Op::bitwise_and && x.dtype() == DType::bool_) *bytes = 1;
    } else {
        while (n > 1) {
            std::int64_t half = n / 2;
            join(block.node->bytes(), block.node->bytes() + (n - half) * size, half);
            std::memmove(block.node->bytes(), block.node->bytes() + half * size,
                         static_cast<std::size_t>((n - half) * size));
            n -= half;
        }
        std::memcpy(bytes, block.node->bytes(), static_cast<std::size_t>(size));
    }
    return result;
}

}  // namespace

Op joining_op(const char* function, const std::string& op) {
    static const std::pair<const char*, Op> known[] = {
        {"sum", Op::add},         {"prod", Op::multiply},   {"min", Op::minimum},
        {"max", Op::maximum},     {"and", Op::bitwise_and}, {"or", Op::bitwise_or},
        {"xor", Op::bitwise_xor},
    };
    for (auto [name, joining] : known)
        if (op == name) return joining;
    fail<ValueError>(
        function, ": Unknown reduction operation '", op,
        "'; choose sum, prod, min, max, and, or, xor, or give a function of two arrays");
}

void check_root(const char* function, int root) {
    int size = world().size();
    if (root < 0 || root >= size)
        fail<ValueError>(function, ": root ", root, " does not exist; this group has ",
                         size == 1 ? "locality 0 only" : "localities 0 to ",
                         size == 1 ? "" : std::to_string(size - 1));
}

Array all_reduce(const Array& given, const std::string& op) {
    Op joining = joining_op("all_reduce", op);
    Array x = given;
    bool counts = joining == Op::add || joining == Op::multiply;
    if (counts && x.dtype() == DType::bool_) x = convert(x, DType::int64);
    kernels::Join join = kernels::joining(joining, x.dtype());
    if (!join)
        fail<TypeError>("all_reduce: op '", op, "' does not take ", name_of(x.dtype()),
                        "; it joins booleans and integers");
    if (x.distributed()) {
        auto reduction = joining == Op::add        ? Reduction::sum
                         : joining == Op::multiply ? Reduction::prod
                         : joining == Op::minimum  ? Reduction::min
                                                   : Reduction::max;
        if (counts || joining == Op::minimum || joining == Op::maximum)
            return deliver(reduce(reduction, x, {}));
        x = join_elements(x, joining);
    }
    Array in = dense(x);
    Array result = new_array(in.dtype(), in.view.shape);
    const Ref<Node>& node = result.node.ref();
    comm::Signature mine = signature("all_reduce", &in, -1);
    mine.op = op;
    bool commutes = joining != Op::minimum && joining != Op::maximum && !is_complex(in.dtype());
    comm::Joining joins{join, itemsize(in.dtype()), commutes};
    auto exchange = in_turn(mine.function.c_str(), [&] {
        return comm::start_all_reduce(world(), mine, in.node->buffer, byte_offset(in), node->buffer,
                                      in.view.count(), joins);
    });
    keep_sent(in, exchange);
    node->transit = transit_of(exchange);
    // Small data travel with the agreement; localities that differ learn it at the call.
    if (in.view.count() * itemsize(in.dtype()) <= comm::small_payload)
        await_arrivals(std::span(&node, 1));
    result.value = result.view.shape.empty();
    return result;
}

Array broadcast(const std::optional<Array>& x, int root) {
    check_root("broadcast", root);
    if (x && x->distributed()) return deliver(redistribute(*x, nullptr));
    bool is_root = world().id() == root;
    if (is_root && !x)
        fail<TypeError>("broadcast: locality ", root,
                        " is the root and gave None; it gives the array");
    std::optional<Array> in;
    if (is_root) in = dense(*x);
    comm::Signature mine = signature("broadcast", in ? &*in : nullptr, root);
    auto received = in_turn(mine.function.c_str(), [&] {
        return comm::start_broadcast(world(), mine, in ? in->node->buffer : Ref<Buffer>(),
                                     in ? byte_offset(*in) : 0);
    });
    if (in) keep_sent(*in, received.exchange);
    return arriving(received.signature.dtype, received.signature.shape, received.data,
                    received.exchange);
}

std::vector<Array> gather_local(const Array& x, int root, const char* function) {
    if (root >= 0) check_root(function, root);
    Array in = dense(x);
    comm::Signature mine = signature(function, &in, root);
    mine.shapes_may_differ = true;
    auto gathered = in_turn(mine.function.c_str(), [&] {
        return comm::start_gather(world(), mine, in.node->buffer, byte_offset(in), root);
    });
    keep_sent(in, gathered.exchange);
    std::vector<Array> parts;
    for (std::size_t i = 0; i < gathered.shapes.size(); ++i)
        parts.push_back(arriving(in.dtype(), gathered.shapes[i], gathered.data, gathered.exchange,
                                 gathered.offsets[i]));
    return parts;
}

std::optional<Array> gather_distributed(const Array& x, int root, const char* function) {
    if (root < 0) return deliver(redistribute(x, nullptr));
    check_root(function, root);
    // A map that gives root everything is a redistribution like any other.
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(world().size()), 0);
    sizes[static_cast<std::size_t>(root)] = x.shape()[x.map()->axis()];
    maps::Map all_on_root = maps::Map::blocks(x.map()->axis(), sizes);
    Array whole = deliver(redistribute(x, &all_on_root));
    if (world().id() != root) return std::nullopt;
    whole.place = nullptr;
    return whole.node.ref() == x.node.ref() ? copy(whole) : whole;
}

Array scatter(const std::optional<Array>& x, int root, std::optional<std::int64_t> axis) {
    check_root("scatter", root);
    if (x && x->distributed())
        fail<TypeError>(
            "scatter: this array is distributed already; redistribute moves it to another map");
    bool is_root = world().id() == root;
    if (is_root && !x)
        fail<TypeError>("scatter: locality ", root,
                        " is the root and gave None; it gives the array");
    std::optional<Array> in;
    int moved_axis = 0;
    if (is_root) {
        if (x->dimensions() == 0)
            fail<ValueError>(
                "scatter: a 0-d array has no rows to deal out; give one of 1 dimension or more");
        moved_axis = normalize_axis("scatter", axis.value_or(0), x->dimensions());
        std::vector<std::int64_t> order{moved_axis};
        for (int i = 0; i < x->dimensions(); ++i)
            if (i != moved_axis) order.push_back(i);
        in = dense(permute("scatter", *x, order));
        if (in->view.offset != 0) in = copy(*in);
    }
    comm::Signature mine = signature("scatter", in ? &*in : nullptr, root);
    mine.op = axis ? "block along axis " + std::to_string(*axis) : "local";
    auto part_of = [](const comm::Signature& whole, int locality) {
        int n = world().size();
        maps::Range rows = maps::Map::block(0, whole.shape[0], n).range(locality);
        std::int64_t row = itemsize(whole.dtype);
        for (int i = 1; i < whole.shape.size(); ++i) row *= whole.shape[i];
        return maps::Range{rows.first * row, rows.last * row};
    };
    auto received = in_turn(mine.function.c_str(), [&] {
        return comm::start_scatter(world(), mine, in ? in->node->buffer : Ref<Buffer>(), root,
                                   part_of);
    });
    if (in) keep_sent(*in, received.exchange);
    const Dims& whole = received.signature.shape;
    maps::Map map = maps::Map::block(0, whole[0], world().size());
    Dims local = whole;
    local[0] = map.range(world().id()).length();
    Array part = arriving(received.signature.dtype, local, received.data, received.exchange);
    if (!axis) return part;
    part.place = std::make_shared<Place>(Place{whole, map});
    std::vector<std::int64_t> back;
    back.reserve(static_cast<std::size_t>(whole.size()));
    int at = normalize_axis("scatter", *axis, whole.size());
    for (int i = 0; i < whole.size(); ++i) back.push_back(i == at ? 0 : i < at ? i + 1 : i);
    return permute("scatter", part, back);
}

void barrier(const std::string& name) {
    in_turn("barrier", [&] {
        comm::barrier(world(), name);
        return 0;
    });
}

Array from_local(const Array& block, std::int64_t axis) {
    if (block.distributed())
        fail<TypeError>("from_local: this array is distributed already; give this locality's part");
    if (block.dimensions() == 0)
        fail<ValueError>(
            "from_local: a 0-d array cannot be a block; give one of 1 dimension or more");
    know_localities();
    int at = normalize_axis("from_local", axis, block.dimensions());
    Array in = dense(block);
    comm::Signature mine = signature("from_local", &in, -1);
    mine.shapes_may_differ = true;
    std::int64_t length = in.view.shape[at];
    std::vector<std::int64_t> row;
    auto all = in_turn(mine.function.c_str(), [&] {
        comm::agree(world(), mine);
        row.assign(in.view.shape.begin(), in.view.shape.end());
        return comm::all_gather_bytes(
            world(), "from_local",
            {row.data(), static_cast<std::int64_t>(row.size() * sizeof(std::int64_t))});
    });
    std::vector<std::int64_t> sizes;
    Dims whole = in.view.shape;
    whole[at] = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        Dims shape(in.dimensions());
        std::memcpy(shape.data(), all[i].data(), all[i].size());
        sizes.push_back(shape[at]);
        whole[at] += shape[at];
        shape[at] = length;
        if (shape != in.view.shape) {
            shape[at] = sizes.back();
            fail<ValueError>("from_local: locality ", i, " gives a block of shape ",
                             to_string(shape), ", locality ", world().id(), " one of ",
                             to_string(in.view.shape), "; they may differ along axis ", at,
                             " only");
        }
    }
    Array result = in.node.ref() == block.node.ref() ? copy(in) : in;
    result.value = false;
    result.place = std::make_shared<Place>(Place{whole, maps::Map::blocks(at, sizes)});
    return result;
}

}  // namespace hpxpy
