// The one door from expressions to values: plans them and runs the steps. Callers hold the lock (see
// runtime/lock.hpp).
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "graph/array.hpp"

namespace hpxpy {

struct Plan;
struct Step;

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

/// Fails with the line of the program that asks for elements which were never computed, as one locality is played without
/// values.
[[noreturn]] void fail_blank(const Array& x);

/// Where the first element of an array that is stored lies, for who neither reads nor writes it.
inline char* bytes_at(const Array& x) {
    return x.node->bytes() + x.view.offset * itemsize(x.dtype());
}
/// The same for who does.
inline char* data_of(const Array& x) {
    if (x.node->buffer->worth() == Worth::blank) fail_blank(x);
    return bytes_at(x);
}

/// Waits until the node's contents have arrived.
void settle(Node& node);

/// Where one locality is played without values: whether `count` elements are too many to be computed.
bool leaves_blank(std::int64_t count);

/// Copies what lies in portions, which are settled, into one buffer.
void assemble(Node& node);

/// Must come before memory is changed: what was recorded on it is evaluated, what is sent from it
/// has left. `spared` are pending nodes that the change itself is made of and nobody reads later.
void before_write(Node& node, std::span<const Node* const> spared = {});

/// The two parts of that.
void evaluate_readers(Node& node, std::span<const Node* const> spared);
void await_senders(Node& node);

/// Runs the steps in order and empties them. A plan that is a part of a step which records tell of is not `announced`.
/// False if others held the lock while it waited for what a step reads: then it is to be planned again. What its nodes
/// show is as complete as before, memory that it writes half written. With `raised`, what a signal handler raises while
/// it waits is left there, to be thrown when all is written.
[[nodiscard]] bool run_plan(Plan& plan, bool announced = true,
                            std::exception_ptr* raised = nullptr);

/// The plan that evaluating `x` would run, as text.
std::string explain(const Array& x);

/// From `begin_plan_record` on, plans that run are kept; `end_plan_record` gives those since as text.
std::size_t begin_plan_record();
std::string end_plan_record(std::size_t begun);

/// Whether records are open, and adds a step to them that is part of no plan, such as an exchange.
bool plan_record_open();
void record_step(const std::string& text);

/// Elementwise operations and reductions that plans have run since the start.
std::int64_t operations_run();

/// Writes `value`, a local array of the target's shape that lies elsewhere, into the elements that `target` names;
/// nobody reads those meanwhile (see before_write). `announced` as of run_plan.
void store(const Array& target, const Array& value, bool announced = true);

/// A dense copy of this locality's part in new memory; `x` is evaluated.
Array copy(const Array& x);

/// The element that changes nothing when it is joined.
Scalar neutral_element(Reduction reduction, DType compute);

/// Copies bytes between a dense block and a box of a stored view.
void read_box(const Array& x, const View& box, void* dense);
void write_box(Node& node, const View& box, const void* dense);

}  // namespace hpxpy
