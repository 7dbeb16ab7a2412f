// NumPy's rules of indexing: what a key selects, read and written.
// SPDX-License-Identifier: BSL-1.0
#include "functions/indexing.hpp"

#include <algorithm>
#include <cstring>

#include "algorithms/indexing.hpp"
#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "functions/write.hpp"

namespace hpxpy {

void Key::add(Array array) {
    if (array.dtype() != DType::bool_ && !is_integer(array.dtype()))
        fail<IndexError>("index: an array of ", name_of(array.dtype()),
                         " is no index; use integers or booleans");
    arrays_.push_back({items_.size(), std::move(array)});
    items_.emplace_back(Slice{});
}

const Array* Key::array(std::size_t at) const {
    for (const ArrayAt& each : arrays_)
        if (each.item == at) return &each.array;
    return nullptr;
}

int Key::axes_of(std::size_t at) const {
    if (const Array* x = array(at)) return x->dtype() == DType::bool_ ? x->dimensions() : 1;
    return std::holds_alternative<std::int64_t>(items_[at]) ||
           std::holds_alternative<Slice>(items_[at]);
}

const Array* Key::whole_mask(const Array& x) const {
    const Array* mask = items_.size() == 1 ? array(0) : nullptr;
    return mask && mask->dtype() == DType::bool_ && mask->dimensions() > 0 &&
                   mask->shape() == x.shape()
               ? mask
               : nullptr;
}

namespace {

// As the array API has it, a length of 0 fits any other: nothing is chosen.
void check_mask(const Array& x, const Array& mask, int axis) {
    for (int i = 0; i < mask.dimensions(); ++i) {
        bool exists = axis + i < x.dimensions();
        if (exists && (x.shape()[axis + i] == mask.shape()[i] || mask.shape()[i] == 0)) continue;
        fail<IndexError>("index: a mask of shape ", to_string(mask.shape()),
                         " does not fit an array of shape ", to_string(x.shape()),
                         exists ? "; they differ at axis " + std::to_string(axis + i)
                                : std::string("; it has too many axes"));
    }
}

// What a key with arrays selects: from `axis` on, the axes of `view` that positions name.
struct Selection {
    Array view;
    int axis = 0;
    std::vector<Array> positions;
    std::vector<int> names;  ///< which axes of the array those are
};

// NumPy's rules: integers are positions too where there are arrays; what stands next to each other
// stays in its place, else the positions' axes come first.
Selection select(const Array& x, const Key& key) {
    std::vector<IndexItem> items;
    Selection selection;
    std::vector<std::int64_t> named;  // axes of the view
    int named_axes = 0, ellipses = 0;
    for (std::size_t i = 0; i < key.size(); ++i) {
        named_axes += key.axes_of(i);
        ellipses += std::holds_alternative<Ellipsis>(key.item(i));
    }
    if (ellipses > 1)
        fail<IndexError>("index: ", ellipses, " ellipses ('...'); at most one may be used");
    if (named_axes > x.dimensions())
        fail<IndexError>("index: ", named_axes, " indices for an array of ", x.dimensions(),
                         x.dimensions() == 1 ? " dimension" : " dimensions");
    int axis = 0, viewed = 0, groups = 0;
    bool in_group = false;
    auto name_axis = [&](Array positions, int of_array) {
        selection.names.push_back(of_array);
        if (!in_group) ++groups;
        in_group = true;
        named.push_back(viewed++);
        selection.positions.push_back(std::move(positions));
    };
    for (std::size_t item = 0; item < key.size(); ++item) {
        if (const Array* array = key.array(item)) {
            if (array->dtype() != DType::bool_) {
                items.emplace_back(Slice{});
                name_axis(*array, axis++);
                continue;
            }
            check_mask(x, *array, axis);
            if (array->dimensions() == 0) {
                items.emplace_back(NewAxis{});
                name_axis(flat_nonzero("index", *array), axis);
                continue;
            }
            for (Array& each : nonzero("index", *array)) {
                items.emplace_back(Slice{});
                name_axis(std::move(each), axis++);
            }
            continue;
        }
        const IndexItem& plain = key.item(item);
        if (const auto* i = std::get_if<std::int64_t>(&plain)) {
            if (*i < -x.shape()[axis] || *i >= x.shape()[axis])
                fail<IndexError>("index: ", *i, " is out of range for axis ", axis, " of length ",
                                 x.shape()[axis]);
            items.emplace_back(Slice{});
            name_axis(constant({}, Scalar::of(*i), nullptr), axis++);
            continue;
        }
        in_group = false;
        items.push_back(plain);
        if (std::holds_alternative<Ellipsis>(plain)) {
            axis += x.dimensions() - named_axes;
            viewed += x.dimensions() - named_axes;
        } else {
            axis += std::holds_alternative<Slice>(plain);
            ++viewed;
        }
    }
    selection.view = index(x, items);
    if (groups == 1) {
        selection.axis = static_cast<int>(named[0]);
        return selection;
    }
    std::vector<std::int64_t> order = named;
    for (int i = 0; i < selection.view.dimensions(); ++i)
        if (std::find(named.begin(), named.end(), i) == named.end()) order.push_back(i);
    selection.view = permute("index", selection.view, order);
    return selection;
}

void assign_selected(const Array& x, const Key& key, const Array& value);

// After a write into what `key` selects of `x`: into what that is a copy of, too.
void write_selected_through(const Array& x, const Key& key) {
    std::optional<Array> marks = marks_for(x);
    if (!marks) return;
    assign_selected(*marks, key, constant({}, Scalar::of(true), nullptr));
    write_through(x, &*marks);
}

void assign_selected(const Array& x, const Key& key, const Array& value) {
    if (!x.writeable)
        fail<ValueError>("assign: this array is read-only; copy() gives one that is not");
    const Array* mask = key.whole_mask(x);
    if (mask && value.dimensions() == 0) {
        // One pass without positions.
        if (is_complex(value.dtype()) && !is_complex(x.dtype()))
            fail<TypeError>("assign: ", name_of(value.dtype()), " values do not fit into a ",
                            name_of(x.dtype()), " array; assign their real part");
        assign_where("assign", x, *mask,
                     value.dtype() == x.dtype() ? value : convert(value, x.dtype()));
        return;
    }
    if (mask && value.dimensions() == 1) {
        put_true("assign", x, *mask, value);
    } else {
        Selection selection = select(x, key);
        put_at("assign", selection.view, selection.axis, selection.positions, value,
               selection.names);
    }
    write_selected_through(x, key);
}

}  // namespace

namespace {

// Where in its memory an element of an array that is at hand lies; nothing where there is no such element.
std::optional<std::int64_t> offset_of(const Array& x, std::span<const std::int64_t> position) {
    if (position.empty() || position.size() != static_cast<std::size_t>(x.dimensions()))
        return std::nullopt;
    if (x.distributed() || !x.node->at_hand()) return std::nullopt;
    std::int64_t offset = x.view.offset;
    for (int axis = 0; axis < x.dimensions(); ++axis) {
        std::int64_t i = position[static_cast<std::size_t>(axis)], length = x.view.shape[axis];
        if (i < -length || i >= length) return std::nullopt;
        offset += (i < 0 ? i + length : i) * x.view.strides[axis];
    }
    return offset * itemsize(x.dtype());
}

}  // namespace

std::optional<Array> element_at(const Array& x, std::span<const std::int64_t> position) {
    std::optional<std::int64_t> at = offset_of(x, position);
    if (!at) return std::nullopt;
    Array element = new_array(x.dtype(), {});
    std::memcpy(element.node->bytes(), x.node->bytes() + *at,
                static_cast<std::size_t>(itemsize(x.dtype())));
    element.value = true;
    return element;
}

bool put_element(const Array& x, std::span<const std::int64_t> position, const Scalar& value) {
    bool free = x.writeable && x.node->free_to_write();
    std::optional<std::int64_t> at = free ? offset_of(x, position) : std::nullopt;
    if (!at) return false;
    std::memcpy(x.node->bytes() + *at, value.bytes, static_cast<std::size_t>(itemsize(x.dtype())));
    return true;
}

Array indexed(const Array& x, const Key& key) {
    if (key.holds_arrays()) {
        if (const Array* mask = key.whole_mask(x)) return take_true(x, *mask);
        Selection selection = select(x, key);
        return take_at("index", selection.view, selection.axis, selection.positions,
                       selection.names);
    }
    Array result = index(x, key.items());
    // A view needs nothing; what was copied or moved does.
    bool made = result.node->pending() && !(result.node.ref() == x.node.ref());
    if (!made) return result;
    if (x.distributed() && !result.value) {
        std::vector<int> axes;
        Array elements = index(x, key.items(), true, &axes);
        show_in(result, elements, std::move(axes));
        result.writeable = elements.writeable;
    }
    return deliver(std::move(result));
}

void assign_at(const Array& x, const Key& key, const Input& value, bool temporary) {
    const Array* given = given_array(value);
    if (key.holds_arrays())
        return assign_selected(x, key,
                               given ? *given : constant({}, std::get<Scalar>(value), nullptr));
    std::vector<int> kept;
    Array target = index(x, key.items(), true, &kept);
    // A row of the distributed axis stays an axis of length 1, which the value lacks.
    int from_end = kept.empty() ? 0 : target.dimensions() - kept[0];
    if (!given || kept.empty() || given->dimensions() < from_end)
        return assign("assign", target, value, temporary);
    Array shaped = expand_dims("assign", *given, given->dimensions() - from_end + 1);
    assign("assign", target, Input(&shaped), temporary);
}

void assign_along(const char* function, const Array& x, const Array& positions, const Array& value,
                  int axis) {
    put_along(function, x, positions, value, axis);
    std::optional<Array> marks = marks_for(x);
    if (!marks) return;
    put_along(function, *marks, positions, constant({}, Scalar::of(true), nullptr), axis);
    write_through(x, &*marks);
}

std::pair<Array, Array> places_along(const Array& x, int axis, const Array& indices) {
    Array given = dense_values("places", indices, DType::int64);
    Array parts = new_array(DType::int64, given.view.shape);
    Array places = new_array(DType::int64, given.view.shape);
    auto numbers = [](const Array& of) { return reinterpret_cast<std::int64_t*>(data_of(of)); };
    const maps::Dealt* dealt = x.distributed() ? x.map()->along(axis) : nullptr;
    std::vector<maps::Indices> held;
    for (int p = 0; dealt && p < dealt->parts(); ++p) held.push_back(dealt->held(p));
    for (std::int64_t k = 0; k < given.view.count(); ++k) {
        std::int64_t i = numbers(given)[k];
        int part = dealt ? dealt->owner(i) : 0;
        numbers(parts)[k] = part;
        numbers(places)[k] = dealt ? held[static_cast<std::size_t>(part)].below(i) : i;
    }
    return {std::move(parts), std::move(places)};
}

}  // namespace hpxpy
