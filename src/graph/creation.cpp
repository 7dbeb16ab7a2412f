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
