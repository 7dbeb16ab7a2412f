// The one door from expressions to values: plans them and runs the steps. The bindings call this
// when a value is wanted and after each recording. Callers hold the lock (see lock.hpp).
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "graph/array.hpp"

namespace hpxpy {

struct Step;

/// Recording costs about as much as computing this many elements.
constexpr std::int64_t small_count = 2048;

/// Stores every one of the nodes; waits for what travels. Nothing changes if memory runs out.
void evaluate(std::span<const Ref<Node>> nodes);
void evaluate(const Array& x);

/// Waits, without our locks, for all that evaluating the nodes needs from other localities.
void await_arrivals(std::span<const Ref<Node>> nodes);

/// The step that would store `x` as `dtype` in C order, to be run by who reads its elements: its only reduction, of
/// which they are the operand, is nobody's. What it loads is evaluated. Nothing where `x` must be stored first, as it
/// lies across and its reader takes more than a little of a row, `span`, before it takes the next one's.
std::optional<Step> last_step(const Array& x, DType dtype, std::int64_t span);

/// Gives the node its memory, elements undefined.
void allocate(Node& node);

/// A new array with memory of its own, elements undefined. With a `place`, `shape` is that of this locality's block.
Array new_array(DType dtype, const Dims& shape, std::shared_ptr<const Place> place = nullptr);

/// The first element of an array that is stored.
inline char* data_of(const Array& x) {
    return x.node->bytes() + x.view.offset * itemsize(x.dtype());
}

/// Waits until the node's contents have arrived.
void settle(Node& node);

/// What every recording call ends with: starts the exchanges just recorded, evaluates at once what is
/// small or reads memory that others can write, and keeps recorded work within its bound.
Array deliver(Array x);

/// Drops exchanges recorded by a call that failed.
void forget_recorded();

/// Must come before memory is changed: what was recorded on it is evaluated, what is sent from it
/// has left. `spared` are pending nodes that the change itself is made of and nobody reads later.
void before_write(Node& node, std::span<const Node* const> spared = {});

/// Writes `value` (broadcast, moved to the target's map) into the elements that `target` names.
/// `temporary` says that nobody but the caller will ever see the value again.
void assign(const char* function, const Array& target, const Input& value, bool temporary = false);
/// The same at once where both are at hand and small, and the value has the target's shape or one element; else false.
bool assign_small(const char* function, const Array& target, const Input& value);

/// Writes `value`, real numbers, into the real or the imaginary parts of the complex elements that `target` names; the
/// other parts stay as they are.
void assign_part(const char* function, const Array& target, const Input& value, bool imaginary);
/// Complex elements of these parts, whose infinities, nan and signs of zeros stay apart; `imaginary` is broadcast to the
/// shape of `real`.
Array complex_of(const char* function, const Array& real, const Array& imaginary);

/// The arrays one behind the other along `axis`, of `dtype` or their common one, each evaluated straight into its place.
Array concat(const char* function, std::span<const Array> parts, std::int64_t axis,
             std::optional<DType> dtype);

/// TypeError if results of `from` may not be stored into `to` (NumPy's casting 'same_kind').
void check_same_kind(const char* function, DType from, DType to);

/// x op= value through x's view; returns what the name is bound to (x itself, or for 0-d values a
/// new array). `temporary` says that nobody but the caller will ever see the value again.
Array assign_op(Op op, const Array& x, const Input& value, bool temporary = false);

/// The elementwise operation done at once where everything is small, stored and alike; nothing
/// otherwise.
std::optional<Array> apply_small(Op op, std::span<const Input> inputs);
/// A reduction over all axes done at once, if it is small; nothing otherwise.
std::optional<Array> reduce_small(Reduction reduction, const Array& x);
/// ValueError for integers to negative powers, `where` being true if given. Evaluates exponents that are a signed
/// array, and then `where`; an all-reduce where one is distributed.
void refuse_negative_powers(std::span<const Input> inputs, const Array* where = nullptr);
/// Records (or does at once) an elementwise operation, whose results are wanted `where` that is true.
Array apply_op(Op op, std::span<const Input> inputs, const Array* where = nullptr);

/// The plan that evaluating `x` would run, as text.
std::string explain(const Array& x);

/// From `begin_plan_record` on, plans that run are kept; `end_plan_record` gives those since as text.
std::size_t begin_plan_record();
std::string end_plan_record(std::size_t begun);

/// Elementwise operations and reductions that plans have run since the start.
std::int64_t operations_run();

/// A dense copy of this locality's part in new memory; `x` is evaluated.
Array copy(const Array& x);

/// The single element of `x` (one element in all), which waits for what its call started.
Scalar element(const char* function, const Array& x);

/// The element that changes nothing when it is joined.
Scalar neutral_element(Reduction reduction, DType compute);

/// Copies bytes between a dense block and a box of a stored view.
void read_box(const Array& x, const View& box, void* dense);
void write_box(Node& node, const View& box, const void* dense);

}  // namespace hpxpy
