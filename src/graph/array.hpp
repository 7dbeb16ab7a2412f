// The array that users hold: a view on an expression, and for a distributed array its map. All
// functions here record; none evaluates, communicates or reads an element.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "graph/node.hpp"
#include "maps/distribution.hpp"

namespace hpxpy {

/// A counted reference to a node from an array, as against one from another node.
class Handle {
public:
    Handle() = default;
    Handle(Ref<Node> node) : node_(std::move(node)) {
        if (node_) ++node_->handles;
    }
    Handle(const Handle& other) : Handle(other.node_) {}
    Handle(Handle&& other) noexcept = default;
    Handle& operator=(Handle other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~Handle() {
        if (node_) --node_->handles;
    }
    Node* operator->() const { return node_.get(); }
    Node& operator*() const { return *node_; }
    const Ref<Node>& ref() const { return node_; }

private:
    Ref<Node> node_;
};

struct Array {
    Handle node = {};
    View view = {};  ///< of this locality's part, in elements of the node's storage
    std::shared_ptr<const Place> place = {};
    bool writeable = true;
    /// A 0-d value (a reduction's result, x[i]): in-place operators rebind.
    bool value = false;
    /// Made as a view of another array, whose memory it shows.
    bool shows = false;

    DType dtype() const { return node->dtype; }
    /// The whole array's shape; `view.shape` is that of this locality's part.
    const Dims& shape() const { return place ? place->shape : view.shape; }
    int dimensions() const { return shape().size(); }
    bool distributed() const { return place != nullptr; }
    const maps::Map* map() const { return place ? &place->map : nullptr; }
    /// The view is the node's whole dense storage.
    bool whole() const {
        return view.offset == 0 && view.shape == node->shape && view.is_contiguous();
    }
};

/// Who records: this locality's number, and how many there are. Set by exec when the runtime starts.
struct Here {
    int id = 0;
    int localities = 1;
};
Here& here();

/// Whether reductions and scans of every map have the bits that they have on one locality, at the price of moving what
/// they join; the same on all localities.
bool& deterministic();

/// An operand of a recorded operation: an array, or a Python scalar, which is weak.
using Input = std::variant<const Array*, Scalar>;

/// The operand if it is an array, else nullptr.
inline const Array* given_array(const Input& input) {
    const auto* x = std::get_if<const Array*>(&input);
    return x ? *x : nullptr;
}

/// A new array of the node's dense elements; `place` tells the whole if it is distributed.
Array array_of(Ref<Node> node, std::shared_ptr<const Place> place = nullptr);

// scalars.cpp
/// The dtype that inputs have in common.
DType common_dtype(std::span<const Input> inputs);
/// Python's number as an element of `dtype`, as Python converts it: OverflowError for what does not fit,
/// ValueError for nan among integers, TypeError for a complex number among real ones.
Scalar checked_scalar(const char* function, const Scalar& scalar, DType dtype);

/// Whether an integer dtype holds an integer; true for other dtypes.
bool holds(DType dtype, const Scalar& integer);

/// A comparison whose dtype holds every value of both operands: of a signed integer with a uint64, and with a
/// Python integer beyond the array's dtype, no conversion loses what is compared.
class ExactComparison {
public:
    /// Whether `op` compares, and such integers.
    static bool is_needed(Op op, std::span<const Input> inputs);
    ExactComparison(Op op, std::span<const Input> inputs);
    ExactComparison(const ExactComparison&) = delete;
    ExactComparison& operator=(const ExactComparison&) = delete;
    Op op() const { return op_; }
    std::span<const Input> inputs() const { return inputs_; }

private:
    Op op_;
    Input inputs_[2];
    Array number_;  ///< a Python integer that does not fit
};

// elementwise.cpp
/// The elements of local results lie in the order that their operands have in common, as NumPy's do with order='K'.
Array elementwise(Op op, std::span<const Input> inputs);
/// The arrays among the inputs, distributed ones where an elementwise operation on all of them needs them: several
/// operations on the same operands then move nothing twice.
std::vector<Array> meet(const char* function, std::span<const Input> inputs);
/// x ** number by a cheaper operation on `base`, as NumPy computes it: 1 (then there is no operation), x, x*x, 1/x or
/// the square root. Nothing where there is none.
struct SimplePower {
    std::optional<Op> op;
    Array base;
};
std::optional<SimplePower> simple_power(Op op, std::span<const Input> inputs);
Array convert(const Array& x, DType dtype);
/// The same, in C order.
Array convert_dense(const Array& x, DType dtype);
/// The axes of a result over operands of these views (one shape, two dimensions or more), the outermost in memory
/// first: NumPy's, which is C's where operands differ. Nothing if it is C's.
std::optional<Dims> result_order(std::span<const View* const> views);
/// `x` for assignment into an array of `shape` and `map`: broadcast, and brought to that map.
Array conform(const char* function, const Array& x, const Dims& shape, const maps::Map* map);

// creation.cpp
Array constant(const Dims& shape, const Scalar& value, std::shared_ptr<const Place> place);
/// first, first + 1, ... : `count` elements of int64 or float64.
Array count_up(std::int64_t first, std::int64_t count, DType dtype,
               std::shared_ptr<const Place> place);
/// first + i for each of the indices i, a local array.
Array positions(const maps::Indices& held, std::int64_t first, DType dtype);
/// The place of an array of `shape` dealt out in even blocks along `axis`.
std::shared_ptr<const Place> block_place(const char* function, const Dims& shape,
                                         std::int64_t axis);
/// ValueError for a distribution that this program cannot have: of a kind that does not exist, or of more or fewer blocks
/// than there are localities.
void require_possible(const char* function, const maps::Distribution& asked);
/// The place of an array of `shape` that is dealt out so, along `axis` if it is given; nothing if it is not dealt out.
/// ValueError or AxisError for what does not fit the shape or the number of localities.
std::shared_ptr<const Place> place_of(const char* function, const maps::Distribution& asked,
                                      const Dims& shape, std::optional<std::int64_t> axis);
/// This locality's part of the shape.
Dims local_shape(const Dims& shape, const Place* place);

// views.cpp
struct NewAxis {};
struct Ellipsis {};
struct Slice {
    std::optional<std::int64_t> start, stop, step;
};
using IndexItem = std::variant<std::int64_t, Slice, NewAxis, Ellipsis>;
/// x[items]; on a dealt axis an integer gives a copy of that row to all along its dimension of the grid, unless
/// `keep_rows` is set: then it stays as an axis of length 1, whose positions `kept` receives.
Array index(const Array& x, std::span<const IndexItem> items, bool keep_rows = false,
            std::vector<int>* kept = nullptr);
Array permute(const char* function, const Array& x, std::span<const std::int64_t> axes);
/// One length may be -1. A view where the strides allow it; of a pending or strided array a copy.
Array reshape(const char* function, const Array& x, const Dims& shape, bool* copied = nullptr);
Array broadcast_to(const Array& x, const Dims& shape);
/// A read-only view of a diagonal of two different axes, which becomes the last axis; neither is dealt out.
Array diagonal(const Array& x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2);
Array expand_dims(const char* function, const Array& x, std::int64_t axis);

// reduction.cpp
struct ReduceOptions {
    std::optional<std::vector<std::int64_t>> axes;  ///< none: all
    bool keepdims = false;
    std::optional<DType> dtype;
    /// The dtype of the array that the result goes into, if there is one. It takes part in that of a mean's sum, and of
    /// what reduce_where joins; `reduce` does not read it.
    std::optional<DType> out = {};
};
Array reduce(Reduction reduction, const Array& x, const ReduceOptions& options);
/// The axes of a local array in the order of its memory; nothing if they are. Reductions go along it,
/// whatever was evaluated before.
std::optional<std::vector<std::int64_t>> memory_order(const Array& x);
/// Arithmetic mean: the sum divided by the number of elements joined.
Array mean(const Array& x, const ReduceOptions& options);
/// Sum of the squared deviations from the mean divided by the number of elements joined less `correction`.
Array variance(const Array& x, const ReduceOptions& options, double correction);
/// The same of the elements where `mask`, which broadcasts to the shape of `x`, is true.
Array mean_where(const Array& x, const Array& mask, const ReduceOptions& options);
Array variance_where(const Array& x, const Array& mask, const ReduceOptions& options,
                     double correction);
Array count_nonzero(const Array& x, const ReduceOptions& options);

// exchange.cpp
/// The place of an array of `shape` on this map; nothing if no axis is dealt out any more, so that all have all of it.
std::shared_ptr<const Place> place_on(const Dims& shape, const maps::Map& map);
/// The same elements on another map (nullptr, or one that deals out no axis: a full copy on every locality).
Array redistribute(const Array& x, const maps::Map* map);
/// The states of a reduction's local part joined over the localities that differ along dealt `axes` of `from` alone;
/// used by `reduce`. The result lies at `place`.
Array join_states(Ref<Node> states, Reduction reduction, DType compute, const Place& from,
                  std::uint64_t axes, std::shared_ptr<const Place> place);

}  // namespace hpxpy
