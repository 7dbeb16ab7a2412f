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

// The locality that holds all of the rows, if there are several localities and one does.
std::optional<int> only_holder(const maps::Map& map) {
    std::vector<std::int64_t> sizes = map.sizes();
    auto holds = [](std::int64_t size) { return size > 0; };
    if (sizes.size() == 1 || std::count_if(sizes.begin(), sizes.end(), holds) != 1)
        return std::nullopt;
    return static_cast<int>(std::find_if(sizes.begin(), sizes.end(), holds) - sizes.begin());
}

}  // namespace

Traffic ExchangeRequest::kind() const {
    if (reduction) return Traffic::all_reduce;
    if (!to) return Traffic::join;
    if (from->map.same_layout(to->map)) return Traffic::halo;
    return only_holder(to->map) ? Traffic::gather : Traffic::redistribute;
}

std::string ExchangeRequest::name() const {
    return std::string(reduction ? row(*reduction).name : name_of(kind()));
}

std::string ExchangeRequest::route() const {
    if (reduction) return "over all localities";
    if (to && from->map.same_layout(to->map))
        return "in blocks of axis " + std::to_string(to->map.axis()) + ", rows " +
               from->map.rows() + " to rows " + to->map.rows() + " of " +
               std::to_string(to->map.layout().bounds.back());
    std::string target = to ? to->map.summary() : "a full copy everywhere";
    if (kind() == Traffic::gather) target = "locality " + std::to_string(*only_holder(to->map));
    return "from " + from->map.summary() + " to " + target;
}

std::uint64_t ExchangeRequest::fingerprint() const {
    Hash hash;
    hash.add(static_cast<std::int64_t>(from->map.fingerprint()));
    if (to) hash.add(static_cast<std::int64_t>(to->map.fingerprint()));
    return hash.value();
}

maps::Transfers ExchangeRequest::transfers(int locality) const {
    return maps::transfers(from->map, to ? &to->map : nullptr, from->shape, locality);
}

Array redistribute(const Array& x, const maps::Map* map) {
    const maps::Map* own = x.map();
    if (own && map && own->same_owners(*map)) {
        Array same = x;
        same.place = std::make_shared<Place>(Place{x.shape(), *map});
        return same;
    }
    std::shared_ptr<const Place> place;
    if (map) place = std::make_shared<Place>(Place{x.shape(), *map});
    if (!own) {
        // Everybody has all of it: each takes its part.
        if (!map) return x;
        Array part = x;
        maps::Range range = map->range(here().id);
        part.view.offset += range.first * x.view.strides[map->axis()];
        part.view.shape[map->axis()] = range.length();
        part.place = place;
        return part;
    }
    ExchangeRequest request;
    request.from = *x.place;
    if (place) request.to = *place;
    Ref<Node> node = exchange_node({x.node.ref(), x.view}, x.dtype(),
                                   local_shape(x.shape(), place.get()), std::move(request));
    return array_of(std::move(node), std::move(place));
}

Array all_reduce_states(Ref<Node> states, Reduction reduction, DType compute) {
    ExchangeRequest request;
    request.reduction = reduction;
    request.compute = compute;
    Dims shape = states->shape;
    Operand input{std::move(states), View::dense(shape)};
    return array_of(exchange_node(std::move(input), result_dtype(reduction, compute), shape,
                                  std::move(request)));
}

}  // namespace hpxpy
