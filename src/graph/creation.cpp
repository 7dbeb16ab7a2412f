// Recording of arrays that come from nothing: constants, counts, and where their blocks lie.
// SPDX-License-Identifier: BSL-1.0
#include "base/error.hpp"
#include "graph/array.hpp"

namespace hpxpy {

Dims local_shape(const Dims& shape, const Place* place) {
    Dims local = shape;
    if (place) local[place->map.axis()] = place->map.range(here().id).length();
    return local;
}

std::shared_ptr<const Place> block_place(const char* function, const Dims& shape,
                                         std::int64_t axis) {
    if (shape.empty())
        fail<ValueError>(function, ": a 0-d array cannot be distributed; leave distribution out");
    int at = normalize_axis(function, axis, shape.size());
    return std::make_shared<Place>(
        Place{shape, maps::Map::block(at, shape[at], here().localities)});
}

namespace {

// The axis that is dealt out. What both say must be the same, unless the program's default says it.
int dealt_axis(const char* function, const maps::Distribution& asked, int dimensions,
               std::optional<std::int64_t> axis) {
    int at = normalize_axis(function, axis.value_or(asked.axis.value_or(0)), dimensions);
    if (!axis || !asked.axis || asked.standing) return at;
    int other = normalize_axis(function, *asked.axis, dimensions);
    if (at != other)
        fail<ValueError>(function, ": axis=", *axis, " was given with a distribution along axis ",
                         *asked.axis, "; leave one of them out");
    return at;
}

// Whether an array of `shape` can lie as another one does.
bool fits(const maps::Distribution& other, const Dims& shape) {
    std::int64_t axis = other.axis.value_or(0);
    return axis < shape.size() && other.blocks && other.blocks->length() == shape[axis];
}

}  // namespace

void require_possible(const char* function, const maps::Distribution& asked) {
    if (asked.kind == maps::Distribution::Kind::cyclic)
        fail<ValueError>(function,
                         ": distribution 'cyclic' does not exist; choose 'block' or None");
    if (!asked.blocks || asked.blocks->localities() == here().localities) return;
    int blocks = asked.blocks->localities();
    fail<ValueError>(function, ": the distribution (", asked.to_string(), ") has ", blocks,
                     blocks == 1 ? " block" : " blocks", ", and this program ", here().localities,
                     here().localities == 1 ? " locality" : " localities");
}

std::shared_ptr<const Place> place_of(const char* function, const maps::Distribution& asked,
                                      const Dims& shape, std::optional<std::int64_t> axis) {
    using Kind = maps::Distribution::Kind;
    if (asked.kind == Kind::none || (asked.standing && shape.empty())) return nullptr;
    if (asked.if_it_fits && !fits(asked, shape)) return nullptr;
    std::string name(function);
    if (asked.standing) name += " (set_default_distribution)";
    require_possible(name.c_str(), asked);
    if (shape.empty()) return block_place(name.c_str(), shape, 0);
    int at = dealt_axis(name.c_str(), asked, shape.size(), axis);
    if (!asked.blocks) return block_place(name.c_str(), shape, at);
    const maps::Map& map = *asked.blocks;
    if (map.length() != shape[at])
        fail<ValueError>(name, ": a distribution of length ", map.length(), " (", asked.to_string(),
                         ") does not fit axis ", at, " of shape ", to_string(shape), ", of length ",
                         shape[at]);
    return std::make_shared<Place>(Place{shape, map.with_axis(at)});
}

Array constant(const Dims& shape, const Scalar& value, std::shared_ptr<const Place> place) {
    element_count(shape);
    Ref<Node> node(new Node);
    node->kind = NodeKind::constant;
    node->dtype = value.dtype;
    node->constant = value;
    node->shape = local_shape(shape, place.get());
    pending_begin(*node);
    return array_of(std::move(node), std::move(place));
}

Array count_up(std::int64_t first, std::int64_t count, DType dtype,
               std::shared_ptr<const Place> place) {
    Ref<Node> node(new Node);
    node->kind = NodeKind::count;
    node->dtype = dtype;
    node->shape = local_shape(Dims{count}, place.get());
    node->first = first + (place ? place->map.range(here().id).first : 0);
    pending_begin(*node);
    return array_of(std::move(node), std::move(place));
}

}  // namespace hpxpy
