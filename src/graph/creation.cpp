// Recording of arrays that come from nothing: constants, counts, and where their blocks lie.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "base/error.hpp"
#include "graph/array.hpp"

namespace hpxpy {

Dims local_shape(const Dims& shape, const Place* place) {
    return maps::local_shape(place ? &place->map : nullptr, shape, here().id);
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
    if (!other.map) return !other.axis || *other.axis < shape.size();
    const auto& dealt = other.map->dealt();
    return std::all_of(dealt.begin(), dealt.end(), [&](const maps::Dealt& each) {
        return each.axis < shape.size() && each.length == shape[each.axis];
    });
}

// A map that is given in full, along another axis if only one is dealt out.
std::shared_ptr<const Place> as_given(const char* function, const maps::Distribution& asked,
                                      const Dims& shape, std::optional<std::int64_t> axis) {
    maps::Map map = *asked.map;
    if (std::optional<int> own = map.only_axis())
        map = map.shifted(dealt_axis(function, asked, shape.size(), axis) - *own);
    else if (axis)
        fail<ValueError>(function, ": axis=", *axis, " was given with a distribution (",
                         asked.to_string(), ") that says which axes are dealt out; leave axis out");
    for (const maps::Dealt& each : map.dealt())
        if (each.axis >= shape.size() || each.length != shape[each.axis])
            fail<ValueError>(
                function, ": a distribution of length ", each.length, " (", asked.to_string(),
                ") does not fit axis ", each.axis, " of shape ", to_string(shape),
                each.axis < shape.size() ? ", of length " + std::to_string(shape[each.axis]) : "");
    return std::make_shared<Place>(Place{shape, std::move(map)});
}

}  // namespace

void require_possible(const char* function, const maps::Distribution& asked) {
    int localities = here().localities;
    auto program = [&] {
        return std::to_string(localities) + (localities == 1 ? " locality" : " localities");
    };
    if (asked.map && asked.map->localities() != localities) {
        int blocks = asked.map->localities();
        fail<ValueError>(function, ": the distribution (", asked.to_string(), ") has ", blocks,
                         blocks == 1 ? " block" : " blocks", ", and this program ", program());
    }
    if (asked.grid) {
        std::int64_t places = 1;
        for (std::int64_t length : *asked.grid) places *= length;
        if (places != localities)
            fail<ValueError>(function, ": a grid of ", to_string(*asked.grid), " has ", places,
                             places == 1 ? " place" : " places", ", and this program ", program(),
                             "; their number must be the same");
    }
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
    if (asked.map) return as_given(name.c_str(), asked, shape, axis);
    int at = 0;
    if (asked.entries.empty())
        at = dealt_axis(name.c_str(), asked, shape.size(), axis);
    else if (axis && !asked.standing)
        fail<ValueError>(name, ": axis=", *axis, " was given with a distribution (",
                         asked.to_string(), ") that says which axes are dealt out; leave axis out");
    maps::Distribution fitted = asked;
    // Of the program's default hold the entries for the axes that there are.
    if (asked.standing && fitted.entries.size() > static_cast<std::size_t>(shape.size()))
        fitted.entries.resize(static_cast<std::size_t>(shape.size()));
    std::optional<maps::Map> map = maps::map_of(name.c_str(), fitted, shape, at, here().localities);
    if (!map) return nullptr;
    return std::make_shared<Place>(Place{shape, std::move(*map)});
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

namespace {

Array counted(std::int64_t first, std::int64_t count, DType dtype) {
    Ref<Node> node(new Node);
    node->kind = NodeKind::count;
    node->dtype = dtype;
    node->shape = Dims{count};
    node->first = first;
    pending_begin(*node);
    return array_of(std::move(node));
}

}  // namespace

Array positions(const maps::Indices& held, std::int64_t first, DType dtype) {
    std::int64_t count = held.count(), step = 1;
    if (held.is_strided(step)) {
        std::int64_t at = count ? held.at(0) : 0;
        if (step == 1) return counted(first + at, count, dtype);
        Array k = counted(0, count, DType::int64);
        const Input scaled[] = {&k, Scalar::of(step)};
        k = elementwise(Op::multiply, scaled);
        const Input moved[] = {&k, Scalar::of(first + at)};
        return convert(elementwise(Op::add, moved), dtype);
    }
    // Runs of one length, of which the first may have begun before: with q elements since its begin, index
    // begin + q + q // run * gap.
    std::int64_t head = held.run_from(0);
    std::int64_t run = std::max(head, held.run_from(head));
    std::int64_t gap = held.at(head) - held.at(head - 1) - 1, missing = run - head;
    Array q = counted(missing, count, DType::int64);
    const Input halves[] = {&q, Scalar::of(run)};
    Array before = elementwise(Op::floor_divide, halves);
    const Input widened[] = {&before, Scalar::of(gap)};
    before = elementwise(Op::multiply, widened);
    const Input joined[] = {&q, &before};
    Array index = elementwise(Op::add, joined);
    const Input moved[] = {&index, Scalar::of(first + held.at(0) - missing)};
    return convert(elementwise(Op::add, moved), dtype);
}

Array count_up(std::int64_t first, std::int64_t count, DType dtype,
               std::shared_ptr<const Place> place) {
    if (!place) return counted(first, count, dtype);
    Array result = positions(place->map.held(0, count, here().id), first, dtype);
    result.place = std::move(place);
    return result;
}

}  // namespace hpxpy
