// What a plan is made of: steps, each one pass over memory. Made by fuse.cpp, printed by print.cpp,
// run by exec.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// Where an instruction finds an operand.
struct Value {
    enum class From : std::uint8_t { none, load, constant, instruction };
    From from = From::none;
    int index = 0;
    bool operator==(const Value&) const = default;
};

/// Reads memory: a view of a stored node with the step's domain as shape.
struct Load {
    Ref<Node> node;
    View view;
    /// One element for the whole domain.
    bool scalar() const;
};

struct Instruction {
    enum class What : std::uint8_t { op, convert, count };
    What what = What::op;
    Op op{};
    /// The dtype it works in; of a conversion, the dtype of its input.
    DType compute = DType::bool_;
    DType result = DType::bool_;
    Value inputs[3];
    std::int64_t first = 0;  ///< of a count
    bool operator==(const Instruction&) const = default;
};

/// Writes a value to every element of the view. A node that is pending gets memory first: new memory,
/// or that of the load `over`, whose node nobody reads any more.
struct Store {
    Value value;
    Ref<Node> node;
    View view;
    int over = -1;
};

struct Reduce {
    Value value;
    Ref<Node> node;  ///< the reduction whose result this is
};

/// One pass over a domain: for each element, load, compute, then store or join.
struct Step {
    Dims domain;
    std::uint64_t reduced = 0;  ///< axes of the domain that the reductions join
    int tiled_axis = -1;        ///< blocks extend along this axis and the last one, as tiles
    std::vector<Load> loads;
    std::vector<Scalar> constants;
    std::vector<Instruction> instructions;
    std::vector<Store> stores;
    std::vector<Reduce> reductions;
    /// Pending nodes computed in passing and not stored.
    std::vector<Node*> streamed;

    DType dtype(Value value) const;
    std::int64_t count() const { return element_count(domain); }
    /// Rows of the table that it runs; conversions do not count.
    int operations() const;
    /// Elements that need nothing of what a halo brings are computed while it travels. Such a step writes nothing that
    /// it reads: it may have to be begun again.
    bool begins_early() const;
};

/// Elements of one block of a reduction that works in `compute`: part of the fixed grid on which its
/// bits depend. Three operands and a register of it fit into the L1 cache.
constexpr std::int64_t reduction_block(DType compute) {
    return itemsize(compute) >= 8 ? 512 : 1024;
}

/// The most reductions that share one pass.
constexpr int max_step_reductions = 8;

struct Plan {
    std::vector<Step> steps;
};

/// What becomes of the roots of a plan: stored, written elsewhere and asked for again, or written and dropped.
enum class Roots : std::uint8_t { stored, kept, dropped };

/// Which nodes a plan leaves without a reader: those that no array and no node outside of the plan names.
/// Made before the plan, as this names nodes too.
class Lifetimes {
public:
    Lifetimes(std::span<const Ref<Node>> roots, Roots fate);

    /// Only pending nodes below the roots name it.
    bool is_inner(const Node& node) const;
    /// The plan is to store it, as a later one would compute it, or what it is made of, for the third time.
    bool must_store(const Node& node) const { return must_store_.count(&node) > 0; }
    /// It, or what it is made of, was computed by an earlier plan, and several nodes of this one name it.
    bool shared_again(const Node& node) const;
    /// Drops stores that no step reads and nobody will, and lets others take over memory of operands
    /// that die with the plan.
    void end_lives(Plan& plan) const;

private:
    struct Names {
        int all = 0;    ///< references when the plan was begun
        int inner = 0;  ///< of them, those of nodes below the roots
        bool root = false;
        bool again = false;  ///< it, or what it is made of, was computed before
        /// Of a node that lives on: the one that all who can ask for it later go through.
        const Node* owner = nullptr;
    };
    void visit(const Ref<Node>& node);
    void find_owners(Roots fate);
    std::unordered_set<const Node*> dying(const Plan& plan) const;

    std::unordered_map<const Node*, Names> names_;
    std::vector<const Node*> order_;  ///< inputs before what is made of them
    std::unordered_set<const Node*> must_store_;
};

/// The steps that store every one of `roots` (pending nodes), in an order that can run. Exchanges in
/// flight are inputs. Pure: changes no node.
Plan make_plan(std::span<const Ref<Node>> roots);

/// The steps for writing `value` into the elements of `target` (equal local shapes), converted to its
/// dtype; the right side is fused into the write. `temporary` says that nobody asks for `value` again.
Plan make_assignment(const Array& target, const Array& value, bool temporary);

/// Orders the domain's axes along the memory that is written, and asks for tiles where operands lie in
/// another order.
void order_domain(Step& step);

/// Steps that together do a step with tiles, in which a tile is one block of neighbouring positions.
std::vector<Step> tiles(const Step& step);

/// Of each instruction: how many operands, stores and reductions its value is.
std::vector<int> use_counts(const Step& step);

/// Joins pairs of instructions that one loop does (multiply_add, ...).
void pair_instructions(Step& step);

/// What is wrong with a step, empty if nothing: every operand exists, comes before its use and has the
/// dtype that its user works in; memory is taken over element by element.
std::string verify(const Step& step);
/// What is wrong with a plan: with a step of it, or that a step reads what no step before has stored, or
/// what one has taken over.
std::string verify(const Plan& plan);

/// One paragraph a step: what is fused, and the bytes that it moves. The exchanges that bring operands are
/// steps, too, or left out.
std::string to_string(const Plan& plan, bool exchanges = true);

/// One line: what an exchange node brings from where, and what this locality gives and gets.
std::string exchange_text(const Node& node, const ExchangeRequest& request);

/// Bytes to or from one locality.
struct Passage {
    int peer = 0;
    std::int64_t bytes = 0;
};
/// "sends 8 B to locality 0, gets 24 B from 5 localities".
std::string passages_text(std::span<const Passage> sends, std::span<const Passage> receives);
/// "one locality", "3 localities".
std::string localities_text(int count);
/// "halo of float64 (9,)"
std::string exchange_title(std::string_view name, DType dtype, const Dims& shape);
/// "all_reduce of sum of float64 (): joins 8 B from each of 3 localities"; of a `group` that is not all, how many it has.
std::string all_reduce_text(std::string_view joining, DType dtype, const Dims& shape,
                            std::int64_t bytes, int group = 0);

}  // namespace hpxpy
