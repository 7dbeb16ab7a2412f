// The collectives that move local arrays as they are, and what they mean for distributed ones.
// SPDX-License-Identifier: BSL-1.0
#include "functions/collective.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "functions/travel.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

std::int64_t bytes_of(DType dtype, const Dims& shape) {
    return element_count(shape) * itemsize(dtype);
}

}  // namespace

void check_root(const char* function, int root, comm::Communicator& group) {
    int size = group.size();
    if (root < 0 || root >= size)
        fail<ValueError>(function, ": root ", root, " does not exist; this group has ",
                         size == 1 ? "locality 0 only" : "localities 0 to ",
                         size == 1 ? "" : std::to_string(size - 1));
}

void check_group(const char* function, const Array& x, comm::Communicator& group) {
    if (x.distributed() && &group != &world())
        fail<TypeError>(function,
                        ": this array is distributed, so it lies on all localities and not on the ",
                        group.size(), " of a group; leave group out, or give local_partition");
}

Array broadcast(const std::optional<Array>& x, int root, comm::Communicator& group) {
    check_root("broadcast", root, group);
    if (x) check_group("broadcast", *x, group);
    if (x && x->distributed()) {
        check_gathered("broadcast", *x);
        return deliver(redistribute(*x, nullptr));
    }
    bool is_root = group.id() == root;
    if (is_root && !x)
        fail<TypeError>("broadcast: locality ", root,
                        " is the root and gave None; it gives the array");
    std::optional<Array> in;
    if (is_root) in = dense(*x);
    bool made_up = !in && x && play() && play()->makes_up();
    comm::Signature mine = signature_of("broadcast", made_up ? &*x : in ? &*in : nullptr, root);
    auto received = in_turn(group, mine.function.c_str(), [&] {
        return comm::start_broadcast(group, mine, in ? in->node->buffer : Ref<Buffer>(),
                                     in ? byte_offset(*in) : 0);
    });
    if (plan_record_open()) {
        const comm::Signature& sent = received.signature;
        record_exchange(
            group,
            exchange_title("broadcast", sent.dtype, sent.shape) + " from locality " +
                std::to_string(group.member(root)),
            [&](int from, int) { return from == root ? bytes_of(sent.dtype, sent.shape) : 0; });
    }
    if (in) keep_sent(*in, received.exchange);
    Array result = arriving(received.signature.dtype, received.signature.shape, received.data,
                            received.exchange);
    if (result.node->transit) result.node->transit->is_true = true;
    return result;
}

std::vector<Array> gather_local(const Array& x, int root, const char* function,
                                comm::Communicator& group) {
    if (root >= 0) check_root(function, root, group);
    Array in = dense(x);
    comm::Signature mine = signature_of(function, &in, root);
    mine.shapes_may_differ = true;
    auto gathered = in_turn(group, mine.function.c_str(), [&] {
        return comm::start_gather(group, mine, in.node->buffer, byte_offset(in), root);
    });
    if (plan_record_open()) {
        std::string target = root < 0 ? "" : " to locality " + std::to_string(group.member(root));
        record_exchange(group, exchange_title(function, in.dtype(), in.view.shape) + target,
                        [&](int from, int to) {
                            if (root >= 0 && to != root) return std::int64_t{0};
                            return bytes_of(in.dtype(), to == group.id() ? gathered.shapes[from]
                                                                         : in.view.shape);
                        });
    }
    keep_sent(in, gathered.exchange);
    std::vector<Array> parts;
    for (std::size_t i = 0; i < gathered.shapes.size(); ++i)
        parts.push_back(arriving(in.dtype(), gathered.shapes[i], gathered.data, gathered.exchange,
                                 gathered.offsets[i]));
    return parts;
}

std::optional<Array> gather_distributed(const Array& x, int root, const char* function) {
    check_gathered(function, x);
    if (root < 0) return deliver(redistribute(x, nullptr));
    check_root(function, root, world());
    // A map that gives root everything is a redistribution like any other.
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(world().size()), 0);
    int axis = x.map()->dealt()[0].axis;
    sizes[static_cast<std::size_t>(root)] = x.shape()[axis];
    maps::Map all_on_root = maps::Map::blocks(axis, sizes);
    Array whole = deliver(redistribute(x, &all_on_root));
    if (world().id() != root) return std::nullopt;
    whole.place = nullptr;
    return whole.node.ref() == x.node.ref() ? copy(whole) : whole;
}

namespace {

// What every locality must say of a distribution alike.
std::string said(const maps::Distribution& asked, std::optional<std::int64_t> axis) {
    std::string text = asked.kind == maps::Distribution::Kind::none ? "local" : asked.to_string();
    return axis ? text + ", axis=" + std::to_string(*axis) : text;
}

// Where root's elements go. Every locality asks this of the shape that all have agreed on, so all fail alike.
Place scattered_to(const Dims& shape, const maps::Distribution& asked,
                   std::optional<std::int64_t> axis, int localities) {
    if (shape.empty())
        fail<ValueError>(
            "scatter: a 0-d array has no rows to deal out; give one of 1 dimension or more");
    if (asked.kind == maps::Distribution::Kind::none)
        return {shape, maps::Map::block(0, shape[0], localities)};
    auto place = place_of("scatter", asked, shape, axis);
    return place ? *place : Place{shape, maps::Map::on_grid(Dims{localities}, {})};
}

// The blocks of a map one behind the other, each as it lies on its localities: where they begin, and one more.
std::vector<std::int64_t> begins_of_blocks(const Place& place) {
    std::vector<std::int64_t> begins(static_cast<std::size_t>(place.map.blocks()) + 1);
    for (int i = 0; i < place.map.localities(); ++i)
        begins[static_cast<std::size_t>(place.map.block_of(i)) + 1] =
            element_count(maps::local_shape(&place.map, place.shape, i));
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    return begins;
}

// The elements of a local array in that order, from the first element of its memory on.
Array in_blocks(const Array& x, const Place& place) {
    bool lie_so = place.map.dealt().empty() ||
                  (place.map.is_simple() && place.map.deals(0) && place.map.dealt()[0].step > 0);
    if (lie_so) {
        Array rows = dense(x);
        return rows.view.offset == 0 ? rows : copy(rows);
    }
    evaluate(x);
    Array blocks = new_array(x.dtype(), {element_count(x.shape())});
    std::vector<std::int64_t> begins = begins_of_blocks(place);
    maps::Region all = maps::region_of(nullptr, place.shape, 0);
    std::vector<bool> done(begins.size());
    for (int i = 0; i < place.map.localities(); ++i) {
        auto block = static_cast<std::size_t>(place.map.block_of(i));
        if (done[block]) continue;
        done[block] = true;
        maps::Piece piece = maps::transfers(nullptr, &place.map, place.shape, i).own;
        maps::Region held = maps::region_of(&place.map, place.shape, i);
        View into = View::dense(maps::shape_of(held));
        into.offset = begins[block];
        std::vector<View> to = maps::views_of(piece, held, into);
        std::vector<View> from = maps::views_of(piece, all, x.view);
        for (std::size_t k = 0; k < to.size(); ++k)
            store(Array{blocks.node, to[k]}, Array{x.node, from[k]}, false);
    }
    return blocks;
}

}  // namespace

Array scatter(const std::optional<Array>& x, int root, const maps::Distribution& asked,
              std::optional<std::int64_t> axis, comm::Communicator& group) {
    check_root("scatter", root, group);
    bool whole_wanted = asked.kind != maps::Distribution::Kind::none;
    if (whole_wanted && &group != &world())
        fail<TypeError>("scatter: a distributed array lies on all localities and not on the ",
                        group.size(), " of a group; leave group out, or distribution");
    if (x && x->distributed())
        fail<TypeError>(
            "scatter: this array is distributed already; redistribute moves it to another map");
    bool is_root = group.id() == root;
    if (is_root && !x)
        fail<TypeError>("scatter: locality ", root,
                        " is the root and gave None; it gives the array");
    std::optional<Array> in;
    comm::Signature mine = signature_of("scatter", is_root ? &*x : nullptr, root);
    mine.op = said(asked, axis);
    mine.fingerprint = asked.fingerprint();
    std::optional<Place> place;
    std::vector<std::int64_t> begins;
    auto part_of = [&](const comm::Signature& whole, int locality) {
        if (!place) {
            place = scattered_to(whole.shape, asked, axis, group.size());
            begins = begins_of_blocks(*place);
        }
        auto block = static_cast<std::size_t>(place->map.block_of(locality));
        std::int64_t size = itemsize(whole.dtype);
        return maps::Range{begins[block] * size, begins[block + 1] * size};
    };
    if (is_root) {
        // What does not fit is told when all have agreed.
        try {
            in = in_blocks(*x, scattered_to(x->shape(), asked, axis, group.size()));
        } catch (const ValueError&) {
        } catch (const AxisError&) {
        }
    }
    auto received = in_turn(group, mine.function.c_str(), [&] {
        return comm::start_scatter(group, mine, in ? in->node->buffer : Ref<Buffer>(), root,
                                   part_of);
    });
    const Dims& whole = received.signature.shape;
    if (plan_record_open())
        record_exchange(group,
                        exchange_title("scatter", received.signature.dtype, whole) +
                            " from locality " + std::to_string(group.member(root)),
                        [&](int from, int to) {
                            maps::Range part = part_of(received.signature, to);
                            return from == root ? part.length() : 0;
                        });
    if (in) keep_sent(*in, received.exchange);
    Array part =
        arriving(received.signature.dtype, maps::local_shape(&place->map, whole, group.id()),
                 received.data, received.exchange);
    if (part.node->transit) part.node->transit->is_true = true;
    if (whole_wanted) part.place = place_on(whole, place->map);
    return part;
}

Array all_to_all(const Array& x, comm::Communicator& group) {
    if (x.distributed())
        fail<TypeError>(
            "all_to_all: this array is distributed; redistribute moves it to another map, and "
            "local_partition is this locality's part");
    if (x.dimensions() == 0)
        fail<ValueError>(
            "all_to_all: a 0-d array has no rows to deal out; give one of 1 dimension or more");
    Array in = dense(x);
    comm::Signature mine = signature_of("all_to_all", &in, -1);
    maps::Map rows = maps::Map::block(0, in.view.shape[0], group.size());
    Dims shape = in.view.shape;
    shape[0] = 1;
    std::int64_t row = element_count(shape) * itemsize(in.dtype());
    std::int64_t own = rows.range(group.id()).length();
    shape[0] = own * group.size();
    Ref<Buffer> received = Buffer::allocate(shape[0] * row);
    std::vector<comm::ConstBytes> out;
    std::vector<comm::Bytes> into;
    for (int i = 0; i < group.size(); ++i) {
        maps::Range part = rows.range(i);
        out.push_back({in.node->bytes() + byte_offset(in) + part.first * row, part.length() * row});
        into.push_back({static_cast<char*>(received->data()) + i * own * row, own * row});
    }
    auto exchange = in_turn(group, "all_to_all", [&] {
        comm::agree(group, mine);
        return comm::start_all_to_all(group, Traffic::all_to_all, out, into,
                                      {in.node->buffer, received});
    });
    if (plan_record_open())
        record_exchange(group, exchange_title("all_to_all", in.dtype(), in.view.shape),
                        [&](int from, int to) {
                            return from == group.id() ? out[static_cast<std::size_t>(to)].size
                                                      : into[static_cast<std::size_t>(from)].size;
                        });
    keep_until_sent(*in.node, exchange);
    return arriving(in.dtype(), shape, received, exchange);
}

namespace {

/// What is told of an array before it is sent.
struct Header {
    std::int64_t dtype;
    std::int64_t dimensions;
    std::int64_t lengths[max_dimensions];
};

Header header_of(const Array& x) {
    Header header{static_cast<std::int64_t>(x.dtype()), x.dimensions(), {}};
    std::copy(x.view.shape.begin(), x.view.shape.end(), header.lengths);
    return header;
}

}  // namespace

std::vector<Array> all_to_all(std::span<const Array> parts, comm::Communicator& group) {
    int size = group.size();
    if (parts.size() != static_cast<std::size_t>(size))
        fail<ValueError>("all_to_all: ", parts.size(), " arrays were given for ", size,
                         " localities; give one for each");
    std::vector<Array> in;
    for (const Array& part : parts) {
        if (part.distributed())
            fail<TypeError>("all_to_all: array ", in.size(),
                            " of the list is distributed; give local arrays");
        in.push_back(dense(part));
    }
    comm::Signature mine = signature_of("all_to_all", nullptr, -1);
    mine.detail = "of a list of arrays";

    Ref<Buffer> told = Buffer::allocate(size * std::int64_t{sizeof(Header)});
    Ref<Buffer> heard = Buffer::allocate(size * std::int64_t{sizeof(Header)});
    auto* tells = static_cast<Header*>(told->data());
    auto* hears = static_cast<Header*>(heard->data());
    std::vector<comm::ConstBytes> out;
    std::vector<comm::Bytes> into;
    for (int i = 0; i < size; ++i) {
        tells[i] = header_of(in[static_cast<std::size_t>(i)]);
        out.push_back({tells + i, sizeof(Header)});
        into.push_back({hears + i, sizeof(Header)});
    }
    std::vector<Ref<Buffer>> kept;
    std::vector<Array> result;
    std::vector<Dims> shapes;
    auto exchange = in_turn(group, "all_to_all", [&] {
        comm::agree(group, mine);
        comm::wait(comm::start_all_to_all(group, Traffic::all_to_all, out, into, {told, heard}));
        for (int i = 0; i < size; ++i) {
            const Array& given = in[static_cast<std::size_t>(i)];
            std::int64_t given_bytes = given.view.count() * itemsize(given.dtype());
            const char* first = given_bytes ? given.node->bytes() + byte_offset(given) : nullptr;
            out[static_cast<std::size_t>(i)] = {first, given_bytes};
            Dims shape(static_cast<int>(hears[i].dimensions));
            std::copy_n(hears[i].lengths, shape.size(), shape.begin());
            std::int64_t bytes =
                element_count(shape) * itemsize(static_cast<DType>(hears[i].dtype));
            Ref<Buffer> memory = Buffer::allocate(bytes);
            into[static_cast<std::size_t>(i)] = {memory->data(), bytes};
            shapes.push_back(shape);
            kept.push_back(std::move(memory));
        }
        std::vector<Ref<Buffer>> pinned = kept;
        for (const Array& given : in) pinned.push_back(given.node->buffer);
        return comm::start_all_to_all(group, Traffic::all_to_all, out, into, std::move(pinned));
    });
    if (plan_record_open())
        record_exchange(group, "all_to_all of " + std::to_string(size) + " arrays",
                        [&](int from, int to) {
                            return from == group.id() ? out[static_cast<std::size_t>(to)].size
                                                      : into[static_cast<std::size_t>(from)].size;
                        });
    for (int i = 0; i < size; ++i) {
        std::size_t at = static_cast<std::size_t>(i);
        keep_until_sent(*in[at].node, exchange);
        result.push_back(
            arriving(static_cast<DType>(hears[i].dtype), shapes[at], kept[at], exchange));
    }
    return result;
}

void record_message(const Array& x, int peer, bool sends) {
    if (peer == world().id()) return;
    int sender = sends ? world().id() : peer;
    record_exchange(world(), exchange_title(sends ? "send" : "recv", x.dtype(), x.view.shape),
                    [&](int from, int to) {
                        bool travels = from == sender && (sends ? to == peer : true);
                        return travels ? bytes_of(x.dtype(), x.view.shape) : 0;
                    });
}

void barrier(const std::string& name, comm::Communicator& group) {
    in_turn(group, "barrier", [&] {
        comm::barrier(group, name);
        return 0;
    });
}

namespace {

// The shapes of all localities' blocks, which agree in dtype and in how many lengths they have.
std::vector<Dims> gathered_shapes(const Array& block, const maps::Distribution& asked,
                                  std::optional<std::int64_t> axis) {
    comm::Signature mine = signature_of("from_local", &block, -1);
    mine.shapes_may_differ = true;
    mine.op = said(asked, axis);
    mine.fingerprint = asked.fingerprint();
    std::vector<std::int64_t> lengths = in_turn(world(), "from_local", [&] {
        comm::agree(world(), mine);
        return comm::gather_numbers(
            world(), {block.view.shape.data(), static_cast<std::size_t>(block.dimensions())});
    });
    std::vector<Dims> shapes(static_cast<std::size_t>(world().size()), block.view.shape);
    const std::int64_t* next = lengths.data();
    for (Dims& shape : shapes) {
        std::copy_n(next, shape.size(), shape.begin());
        next += shape.size();
    }
    return shapes;
}

// The whole of which these are the blocks along an axis; every locality finds the same fault in them.
Place joined(const std::vector<Dims>& shapes, int axis) {
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        Dims as_first = shapes[i];
        as_first[axis] = shapes[0][axis];
        if (as_first != shapes[0])
            fail<ValueError>("from_local: locality ", i, " gives a block of shape ",
                             to_string(shapes[i]), ", locality 0 one of ", to_string(shapes[0]),
                             "; they may differ along axis ", axis, " only");
        sizes.push_back(shapes[i][axis]);
    }
    Place place{shapes[0], maps::Map::blocks(axis, sizes)};
    place.shape[axis] = place.map.dealt()[0].length;
    return place;
}

// The whole of which these are the parts on a grid: lengths along a dealt axis add up along its dimension. Bounds
// that nobody gave are what the parts have.
Place whole_of(const std::vector<Dims>& shapes, const maps::Distribution& asked,
               std::optional<std::int64_t> axis) {
    // Which axes are dealt out along which dimension can be told from any shape of that many dimensions.
    Place place = *place_of("from_local", asked, shapes[0], axis);
    std::vector<maps::Dealt> dealt = place.map.dealt();
    for (maps::Dealt& each : dealt) {
        std::vector<std::int64_t> sizes(static_cast<std::size_t>(each.parts()));
        for (std::size_t p = 0; p < shapes.size(); ++p) {
            auto part = static_cast<std::size_t>(place.map.part(each, static_cast<int>(p)));
            sizes[part] = shapes[p][each.axis];
        }
        std::int64_t length = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
        each.layout = each.in_ranges() ? maps::Map::blocks(0, sizes).dealt()[0].layout
                                       : each.layout->resized(length);
        each.length = place.shape[each.axis] = length;
    }
    place.map = maps::Map::on_grid(place.map.grid(), std::move(dealt));
    return place;
}

// The first locality whose part is not that of the place.
std::optional<std::size_t> misfit(const std::vector<Dims>& shapes, const Place& place) {
    for (std::size_t p = 0; p < shapes.size(); ++p)
        if (shapes[p] != maps::local_shape(&place.map, place.shape, static_cast<int>(p))) return p;
    return std::nullopt;
}

// The same, if the parts fit it.
Place joined_as(const std::vector<Dims>& shapes, const maps::Distribution& asked,
                std::optional<std::int64_t> axis) {
    Place place = whole_of(shapes, asked, axis);
    std::size_t axes = place.map.dealt().size();
    if (axes > 1 && !asked.grid && place.map.localities() > 1)
        fail<ValueError>("from_local: parts may lie on several grids when ", axes,
                         " axes are dealt out; give grid, such as ", to_string(place.map.grid()));
    if (std::optional<std::size_t> p = misfit(shapes, place))
        fail<ValueError>(
            "from_local: locality ", *p, " gives a block of shape ", to_string(shapes[*p]),
            ", where the distribution (", asked.to_string(), ") of the whole, of shape ",
            to_string(place.shape), ", has one of ",
            to_string(maps::local_shape(&place.map, place.shape, static_cast<int>(*p))));
    return place;
}

}  // namespace

Array from_local(const Array& block, const maps::Distribution& asked,
                 std::optional<std::int64_t> axis) {
    using Kind = maps::Distribution::Kind;
    if (block.distributed())
        fail<TypeError>("from_local: this array is distributed already; give this locality's part");
    if (block.dimensions() == 0)
        fail<ValueError>(
            "from_local: a 0-d array cannot be a block; give one of 1 dimension or more");
    know_localities();
    require_possible("from_local", asked);
    bool whole_known = asked.map.has_value();
    bool simple = whole_known ? asked.map->is_simple()
                              : asked.entries.empty() && !asked.grid &&
                                    (asked.kind == Kind::block || asked.kind == Kind::none);
    // Of the bounds that are asked for nothing is known yet but their axis.
    int at = 0;
    if (simple) {
        maps::Distribution along;
        along.kind = Kind::block;
        along.axis = asked.axis;
        at = *place_of("from_local", along, block.shape(), axis)->map.only_axis();
    }
    Array in = dense(block);
    std::vector<Dims> shapes = gathered_shapes(in, asked, axis);
    std::optional<Place> place;
    if (simple || whole_known) {
        if (simple) place = joined(shapes, at);
        if (whole_known) {
            // The shape of the whole as the map has it.
            Dims shape = simple ? place->shape : shapes[0];
            if (!simple)
                for (const maps::Dealt& each : asked.map->dealt())
                    if (each.axis < shape.size()) shape[each.axis] = each.length;
            Place wanted = *place_of("from_local", asked, shape,
                                     simple ? std::optional<std::int64_t>(at) : axis);
            if (std::optional<std::size_t> p = misfit(shapes, wanted)) {
                if (simple)
                    fail<ValueError>("from_local: the blocks lie ", place->map.to_string(),
                                     "; the distribution asks for ", wanted.map.to_string());
                fail<ValueError>(
                    "from_local: locality ", *p, " gives a block of shape ", to_string(shapes[*p]),
                    "; the distribution (", asked.to_string(), ") asks for ",
                    to_string(maps::local_shape(&wanted.map, wanted.shape, static_cast<int>(*p))));
            }
            place = std::move(wanted);
        }
    } else {
        place = joined_as(shapes, asked, axis);
    }
    Array result = in.node.ref() == block.node.ref() ? copy(in) : in;
    result.value = false;
    result.place = std::make_shared<Place>(std::move(*place));
    return result;
}

Array balance(const Array& x) {
    if (!x.distributed()) return copy(x);
    maps::Map even = maps::balanced(*x.map(), x.shape());
    if (even.same_owners(*x.map(), x.shape())) return copy(x);
    return deliver(redistribute(x, &even));
}

void agree_on(const char* function, const maps::Distribution& asked) {
    comm::Signature mine;
    mine.function = function;
    mine.op = said(asked, {});
    mine.fingerprint = asked.fingerprint();
    mine.has_array = false;
    in_turn(world(), function, [&] { return comm::agree(world(), mine); });
}

}  // namespace hpxpy
