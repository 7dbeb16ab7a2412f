// x[key] and x[key] = value as NumPy has them, whatever the key holds. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// What stands between the brackets: items of the graph, and arrays, which are positions or masks.
class Key {
public:
    Key() = default;
    explicit Key(std::size_t items) { items_.reserve(items); }
    void add(const IndexItem& item) { items_.push_back(item); }
    /// IndexError if the array holds neither integers nor booleans.
    void add(Array array);

    std::size_t size() const { return items_.size(); }
    const IndexItem& item(std::size_t at) const { return items_[at]; }
    std::span<const IndexItem> items() const { return items_; }
    bool holds_arrays() const { return !arrays_.empty(); }
    /// The array at an item, nullptr if it is none.
    const Array* array(std::size_t at) const;
    /// How many axes of an array the item stands for.
    int axes_of(std::size_t at) const;
    /// The mask, if the key is one that has all axes of `x`; else nullptr.
    const Array* whole_mask(const Array& x) const;

private:
    struct ArrayAt {
        std::size_t item;
        Array array;
    };
    std::vector<IndexItem> items_;  ///< with a slice where an array stands
    std::vector<ArrayAt> arrays_;
};

/// The element at one position an axis, copied without a view between; nothing where `x` is not at hand or has no such
/// element.
std::optional<Array> element_at(const Array& x, std::span<const std::int64_t> position);

/// Writes one element, of the dtype of `x`, where nothing has to be waited for; false otherwise.
bool put_element(const Array& x, std::span<const std::int64_t> position, const Scalar& value);

/// x[key]: a view if the key holds no arrays.
Array indexed(const Array& x, const Key& key);
/// x[key] = value. `temporary` says that nobody but the caller will ever see the value again.
void assign_at(const Array& x, const Key& key, const Input& value, bool temporary);

/// put_along() (algorithms/indexing.hpp), also into what `x` is a copy of.
void assign_along(const char* function, const Array& x, const Array& positions, const Array& value,
                  int axis);

/// Of indices along an axis, a local int64 array: the part that holds each, and its place there; of an axis that is not
/// dealt out, part 0 and the index.
std::pair<Array, Array> places_along(const Array& x, int axis, const Array& indices);

}  // namespace hpxpy
