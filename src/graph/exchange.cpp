// Recording of what must cross localities. Nothing is sent here: exec starts what was recorded
// before the call returns, in this order, which is the same on every locality.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "graph/array.hpp"

namespace hpxpy {

namespace {

Ref<Node> exchange_node(Operand input, DType dtype, const Dims& shape, ExchangeRequest request) {
    Ref<Node> node(new Node);
    node->kind = NodeKind::exchange;
    node->dtype = dtype;
    node->shape = shape;
    node->inputs.push_back(std::move(input));
    node->request = std::make_unique<ExchangeRequest>(std::move(request));
    pending_begin(*node);
    recorded_exchanges().push_back(node);
    return node;
}

// The locality that alone holds all of an array of this shape, if there are several localities and one does.
std::optional<int> only_holder(const Place& place) {
    if (place.map.localities() == 1 || !place.map.is_simple()) return std::nullopt;
    const maps::Dealt& dealt = place.map.dealt()[0];
    if (dealt.length == 0) return std::nullopt;
    int first = dealt.owner(0);
    return first == dealt.owner(dealt.length - 1) ? std::optional(first) : std::nullopt;
}

}  // namespace

Traffic ExchangeRequest::kind() const {
    if (reduction) return Traffic::all_reduce;
    if (!to) return Traffic::join;
    if (from && from->map.same_layout(to->map)) return Traffic::halo;
    return only_holder(*to) ? Traffic::gather : Traffic::redistribute;
}

std::string ExchangeRequest::name() const {
    return std::string(reduction ? row(*reduction).name : name_of(kind()));
}

std::string ExchangeRequest::route() const {
    if (reduction) {
        if (group.empty()) return "over all localities";
        return "over groups of " + std::to_string(group.size()) + " localities";
    }
    if (to && from && from->map.same_layout(to->map)) {
        std::string text;
        for (const maps::Dealt& each : from->map.dealt()) {
            const maps::Dealt& other = *to->map.along(each.axis);
            if (each.start == other.start) continue;
            text += text.empty() ? "in blocks of axis " : "; of axis ";
            text += std::to_string(each.axis) + ", rows " + each.rows() + " to rows " +
                    other.rows() + " of " + std::to_string(each.layout->length);
        }
        return text;
    }
    std::string target = to ? to->map.summary() : "a full copy everywhere";
    if (kind() == Traffic::gather) target = "locality " + std::to_string(*only_holder(*to));
    return "from " + (from ? from->map.summary() : "full copies") + " to " + target;
}

std::uint64_t ExchangeRequest::fingerprint() const {
    Hash hash;
    if (from) hash.add(static_cast<std::int64_t>(from->map.fingerprint()));
    if (to) hash.add(static_cast<std::int64_t>(to->map.fingerprint()));
    return hash.value();
}

maps::Transfers ExchangeRequest::transfers(int locality) const {
    return maps::transfers(from ? &from->map : nullptr, to ? &to->map : nullptr, shape(), locality);
}

std::shared_ptr<const Place> place_on(const Dims& shape, const maps::Map& map) {
    return map.dealt().empty() ? nullptr : std::make_shared<Place>(Place{shape, map});
}

namespace {

// The view of this locality's part of an array that is the same everywhere, if strides can describe it.
std::optional<View> own_part(const View& view, const maps::Map& map) {
    View part = view;
    for (const maps::Dealt& each : map.dealt()) {
        maps::Indices held = each.held(map.part(each, here().id));
        std::int64_t step = 1, stride = view.strides[each.axis];
        if (!held.is_strided(step)) return std::nullopt;
        std::int64_t count = held.count();
        if (count) part.offset += held.at(0) * stride;
        part.shape[each.axis] = count;
        part.strides[each.axis] = stride * step;
    }
    return part;
}

}  // namespace

Array redistribute(const Array& x, const maps::Map* map) {
    if (map && map->dealt().empty()) map = nullptr;
    const maps::Map* own = x.map();
    if (own && map && own->same_owners(*map, x.shape())) {
        Array same = x;
        same.place = std::make_shared<Place>(Place{x.shape(), *map});
        return same;
    }
    std::shared_ptr<const Place> place;
    if (map) place = std::make_shared<Place>(Place{x.shape(), *map});
    ExchangeRequest request;
    if (own) {
        request.from = *x.place;
    } else {
        // Everybody has all of it: each takes its part.
        if (!map) return x;
        if (std::optional<View> view = own_part(x.view, *map)) {
            Array part = x;
            part.view = std::move(*view);
            part.place = place;
            return part;
        }
    }
    if (place) request.to = *place;
    Ref<Node> node = exchange_node({x.node.ref(), x.view}, x.dtype(),
                                   local_shape(x.shape(), place.get()), std::move(request));
    return array_of(std::move(node), std::move(place));
}

Array join_states(Ref<Node> states, Reduction reduction, DType compute, const Place& from,
                  std::uint64_t axes, std::shared_ptr<const Place> place) {
    ExchangeRequest request;
    request.reduction = reduction;
    request.compute = compute;
    request.group = from.map.beside(here().id, axes);
    request.from = from;
    if (place) request.to = *place;
    Dims shape = states->shape;
    Operand input{std::move(states), View::dense(shape)};
    return array_of(exchange_node(std::move(input), result_dtype(reduction, compute), shape,
                                  std::move(request)),
                    std::move(place));
}

}  // namespace hpxpy
