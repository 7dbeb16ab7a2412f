// Joining arrays along an axis: each is evaluated straight into its part of the result.
// SPDX-License-Identifier: BSL-1.0
#include "functions/concat.hpp"
#include "base/error.hpp"
#include "exec/evaluate.hpp"
#include "functions/write.hpp"

namespace hpxpy {

namespace {

void check_shapes(const char* function, std::span<const Array> parts, int axis) {
    const Dims& first = parts[0].shape();
    for (std::size_t k = 1; k < parts.size(); ++k) {
        const Dims& shape = parts[k].shape();
        bool fits = shape.size() == first.size();
        for (int i = 0; fits && i < first.size(); ++i) fits = i == axis || shape[i] == first[i];
        if (!fits)
            fail<ValueError>(function, ": array 0 has shape ", to_string(first), " and array ", k,
                             " ", to_string(shape), "; they may differ along axis ", axis, " only");
    }
}

// Where the result lies: with the first distributed part, dealt out anew along the axis that grows.
std::shared_ptr<const Place> joined_place(std::span<const Array> parts, const Dims& shape,
                                          int axis) {
    for (const Array& part : parts) {
        if (!part.distributed()) continue;
        const maps::Dealt* own = part.map()->along(axis);
        if (!own) return std::make_shared<Place>(Place{shape, *part.map()});
        return std::make_shared<Place>(
            Place{shape, part.map()->with_layout(axis, own->layout->resized(shape[axis]))});
    }
    return nullptr;
}

}  // namespace

Array concat(const char* function, std::span<const Array> parts, std::int64_t given_axis,
             std::optional<DType> dtype) {
    if (parts.empty()) fail<ValueError>(function, ": no arrays were given; one is needed at least");
    if (parts[0].dimensions() == 0)
        fail<ValueError>(function, ": 0-d arrays have no axis to be joined along; use stack");
    int axis = normalize_axis(function, given_axis, parts[0].dimensions());
    check_shapes(function, parts, axis);
    Dims shape = parts[0].shape();
    DType common = parts[0].dtype();
    for (std::size_t k = 1; k < parts.size(); ++k) {
        common = promote(common, parts[k].dtype());
        shape[axis] += parts[k].shape()[axis];
    }
    auto place = joined_place(parts, shape, axis);
    Array result = new_array(dtype.value_or(common), local_shape(shape, place.get()), place);
    std::vector<IndexItem> items(static_cast<std::size_t>(axis) + 1, Slice{});
    std::int64_t at = 0;
    for (const Array& part : parts) {
        std::int64_t end = at + part.shape()[axis];
        items.back() = Slice{at, end, 1};
        if (end > at) assign(function, index(result, items), Input(&part));
        at = end;
    }
    return result;
}

}  // namespace hpxpy
