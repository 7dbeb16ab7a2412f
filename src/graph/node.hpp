// The expression that an array is a handle on: what is stored, what is still to be computed, what
// travels between localities. Made by graph, read by plan, filled by exec.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/buffer.hpp"
#include "base/scalar.hpp"
#include "base/shape.hpp"
#include "base/traffic.hpp"
#include "maps/transfer.hpp"
#include "ops/op.hpp"

namespace hpxpy {

class Node;

/// The whole of a distributed array: its shape and which locality holds what.
struct Place {
    Dims shape;
    maps::Map map;
    bool operator==(const Place&) const = default;
};

/// A view on a node's storage.
struct Operand {
    Ref<Node> node;
    View view;
};

/// A box of a node's elements that lie in other memory, through a view of the box's shape.
struct Portion {
    Dims first;
    Operand memory;
    bool comes = false;  ///< from another locality: it is there when the node's transit is over
};

enum class NodeKind : std::uint8_t {
    stored,       ///< memory
    elementwise,  ///< a row of the table over inputs of the node's shape
    convert,      ///< its input as another dtype
    constant,     ///< one value in every element
    count,        ///< first, first + 1, ... along the only axis (int64 or float64)
    reduction,    ///< a row of the reductions over some axes of its input
    exchange      ///< comes from other localities
};

/// What an exchange node asks for; it starts before the recording call returns.
struct ExchangeRequest {
    /// Of a reduction's states, joined over `group`; otherwise a redistribution.
    std::optional<Reduction> reduction;
    DType compute = DType::bool_;
    /// The localities that join, in their order; empty: all.
    std::vector<int> group;
    /// Where the input lies, and where the result is wanted; no map: a full copy everywhere. Of states, where what was
    /// reduced lies.
    std::optional<Place> from;
    std::optional<Place> to;

    /// Of a reduction's states: their bytes, known when it starts.
    std::int64_t state_bytes = 0;
    /// These are parts of one tree, of another size on each locality, known when it starts.
    bool joins_forests = false;
    /// One's own part stays where it is, known when it starts.
    bool in_place = false;
    /// An earlier exchange has brought all of it, known when it starts.
    bool came_before = false;

    /// A halo is of neighbours' rows of one layout; a gather gives one locality everything.
    Traffic kind() const;
    /// What it is called: its kind, or a reduction's name.
    std::string name() const;
    /// Where from and where to, in few words.
    std::string route() const;
    /// Differs where the maps do.
    std::uint64_t fingerprint() const;
    /// Of a redistribution: what this locality sends and gets.
    maps::Transfers transfers(int locality) const;
    /// Of a redistribution: the whole array's.
    const Dims& shape() const { return from ? from->shape : to->shape; }
    /// Everybody has all of it already, and takes a part: nothing is sent.
    bool is_local() const { return !reduction && !from; }
};

/// Contents that are on their way: `wait` waits for them, `finish` waits and puts them in place.
struct Transit {
    std::function<void()> wait;
    std::function<void()> finish;
    /// Of portions: whether they are there; does not wait.
    std::function<bool()> done;
    /// Where one locality is played: what comes is what would come in a real run.
    bool is_true = false;
    /// How many there are.
    static inline std::int64_t count = 0;
    Transit() { ++count; }
    ~Transit() { --count; }
    Transit(const Transit&) = delete;
    Transit& operator=(const Transit&) = delete;
};

/// What an exchange brought: elements of `source` as they are now, seen through `view`.
struct Brought {
    Node* source;
    View view;
    std::optional<Place> from, to;
    bool operator==(const Brought&) const = default;
};

/// Of a row of a dealt axis, which its owner has brought to all: the elements of which it is a copy. What is written into
/// the row is written there, too.
struct Origin {
    Operand elements;  ///< with the row's axis, of length 1
    std::shared_ptr<const Place> place;
    View row;  ///< the copy, without that axis
    std::shared_ptr<const Place> row_place;
    std::vector<int> axes;  ///< those of length 1
};

/// What ties a node to the memory of others; few have any.
struct Ties {
    /// Of an exchange that left one's own part where it was: where its elements lie, instead of a buffer, until
    /// somebody needs them in one.
    std::vector<Portion> portions;
    /// The nodes of which portions lie in this memory.
    std::vector<Node*> borrowers;
    /// Of an exchange: what it holds, as long as that is so; and the exchanges that hold elements of this node.
    std::optional<Brought> brought;
    std::vector<Node*> copies;
    /// Of a result of few elements, which is computed at its call: the exchanges of that.
    std::vector<Ref<Node>> moves;
    std::shared_ptr<const Origin> origin;
};

/// Somebody who sends a node's memory.
struct Sender {
    std::function<bool()> done;
    std::function<void()> wait;
};

/// One array's worth of elements in dense C order (a stored node may hold more, seen through views).
/// Only exec changes a node after it was made: it stores the result and drops the inputs.
class Node final : public RefCounted {
public:
    NodeKind kind = NodeKind::stored;
    Op op{};
    Reduction reduction{};
    DType dtype = DType::bool_;
    /// The dtype in which an elementwise node or a reduction works.
    DType compute = DType::bool_;
    /// Of a stored, streamed-once node that is asked for again: store it.
    bool streamed = false;
    /// A reduction that gives its states (see kernels), for an exchange to join.
    bool raw_states = false;
    /// Memory that others can write is read by it or by what it is made of.
    bool reads_shared = false;
    /// At least as many as the operations that evaluating it would run; what is named twice may count twice.
    std::int32_t pending_operations = 0;
    /// How many Array handles name it; the others are nodes.
    std::atomic<std::int32_t> handles{0};
    /// Pending nodes that read this stored one directly.
    std::int32_t pending_readers = 0;
    bool listed = false;  ///< among the pending nodes

    Dims shape;
    std::vector<Operand> inputs;
    Scalar constant;
    std::int64_t first = 0;
    /// Of a reduction: which axes of the input are joined, and the position of its first element.
    std::uint64_t reduced = 0;  ///< bit k: axis k
    /// Of raw states that are a forest (see exec/forest.hpp): how many elements all localities join; the first of these
    /// here is element `first` of them. Below 0: the states are what this locality has joined.
    std::int64_t whole = -1;
    bool gives_forest() const { return whole >= 0; }
    /// Of a reduction that gives positions: what those within this locality's part are among all, where they do not follow
    /// each other from `first` on.
    std::shared_ptr<const std::function<std::int64_t(std::int64_t)>> numbering;
    /// How many states the whole array's reduction has side by side, where its bits are not to depend on how many are
    /// here; else 0.
    std::int64_t columns = 0;
    /// Of an exchange; kept while its contents travel, or something pending reads them.
    std::unique_ptr<ExchangeRequest> request;

    Ref<Buffer> buffer;
    /// What ties it to the memory of other nodes, if something does.
    std::unique_ptr<Ties> ties;
    /// Set while the contents are still travelling.
    std::unique_ptr<Transit> transit;
    /// Those who may still be sending this memory; a write waits for them.
    std::vector<Sender> senders;

    // The list of pending nodes, oldest first.
    Node* older = nullptr;
    Node* newer = nullptr;

    bool pending() const { return kind != NodeKind::stored; }
    std::int64_t count() const { return element_count(shape); }
    char* bytes() const { return static_cast<char*>(buffer->data()); }
    /// Its elements are computed, have come, and lie in memory of its own.
    bool at_hand() const { return !pending() && !transit && buffer; }
    /// Its elements may be written at once: nothing recorded reads them, nothing is sent or copied from them.
    bool free_to_write() const { return pending_readers == 0 && senders.empty() && !ties; }
    std::span<const Portion> portions() const {
        return ties ? std::span<const Portion>(ties->portions) : std::span<const Portion>();
    }
    /// What an exchange has brought, as long as it is so, or nullptr.
    const Brought* brought() const { return ties && ties->brought ? &*ties->brought : nullptr; }
    const Origin* origin() const { return ties ? ties->origin.get() : nullptr; }
    /// Memory that others can write holds its elements, or some of them.
    bool lies_in_shared() const;
    /// Its elements, or some of them, lie in the memory of `other`.
    bool lies_in(const Node& other) const;

    static void destroy(Node* node);
};

/// Lets the elements of `node`, which has no buffer, lie in these portions; and no longer.
void begin_portions(Node& node, std::vector<Portion> portions);
void end_portions(Node& node);

/// `node` holds what `brought` says from now on; a node that changes or ends is no copy any more, and has none.
void begin_copy(Node& node, Brought brought);
void end_copies(Node& node);

/// The exchanges of the call that gave `node` live as long as it does.
void keep_moves(Node& node, std::vector<Ref<Node>> moves);

/// `node` is to be a copy of those elements that writes them, too.
void set_origin(Node& node, Origin origin);

/// Drops the record of an exchange that is over for all who read it.
void forget_exchange(Node& node);

/// Registers a new pending node and counts its readings; `pending_done` undoes both (inputs are dropped).
void pending_begin(Node& node);
void pending_done(Node& node);

/// Counts the operations that evaluating a pending node would run, each once, and lets it remember the number.
void count_operations(Node& node);

/// The pending nodes, oldest first.
struct PendingList {
    Node* oldest = nullptr;
    Node* newest = nullptr;
    std::int64_t nodes = 0;
    std::int64_t recorded = 0;  ///< elementwise operations and reductions since the start
};
PendingList& pending_list();

/// Exchange nodes that were recorded and not yet started, in program order; exec empties it.
std::vector<Ref<Node>>& recorded_exchanges();
/// Whether they wait for the end of `together`.
bool& exchanges_held();

}  // namespace hpxpy
