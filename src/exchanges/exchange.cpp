// Starts the exchanges that recording asked for: redistributions and joined reductions.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/exchange.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <unordered_set>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "comm/collectives.hpp"
#include "exchanges/check.hpp"
#include "exchanges/kinds.hpp"
#include "exec/evaluate.hpp"
#include "plan/step.hpp"
#include "runtime/lock.hpp"
#include "runtime/queued.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// The shape of the whole array that is moved, or of the whole result of a join.
Dims whole_shape(const Node& move) {
    const ExchangeRequest& request = *move.request;
    if (!request.reduction) return request.shape();
    return request.to ? request.to->shape : move.shape;
}

// The exchanges that have brought what the expression of `root` is made of, as it is now.
void add_copies(Node& root, std::unordered_set<const Node*>& seen, std::vector<Ref<Node>>& copies) {
    if (!seen.insert(&root).second) return;
    if (root.brought()) copies.push_back(Ref<Node>(&root));
    if (root.ties)
        for (const Ref<Node>& move : root.ties->moves)
            if (move->brought()) copies.push_back(move);
    for (const Operand& input : root.inputs) add_copies(*input.node, seen, copies);
}

// What the exchange is to bring, if that does not change unseen.
std::optional<Brought> brought_by(const Node& move) {
    const ExchangeRequest& request = *move.request;
    const Operand& input = move.inputs[0];
    if (request.reduction || request.is_local() ||
        (!input.node->pending() && input.node->lies_in_shared()))
        return std::nullopt;
    return Brought{input.node.get(), input.view, request.from, request.to};
}

// Of each move the one of `copies` that has brought the same already, or nothing.
std::vector<Ref<Node>> known_copies(std::span<const Ref<Node>> moves,
                                    std::span<const Ref<Node>> copies) {
    std::vector<Ref<Node>> known(moves.size());
    if (copies.empty()) return known;
    for (std::size_t i = 0; i < moves.size(); ++i) {
        std::optional<Brought> wanted = brought_by(*moves[i]);
        auto brings = [&](const Ref<Node>& copy) {
            return wanted && copy->brought() && *copy->brought() == *wanted;
        };
        auto found = std::find_if(copies.begin(), copies.end(), brings);
        if (found != copies.end()) known[i] = *found;
    }
    return known;
}

// Moves that one agreement can tell apart.
constexpr std::ptrdiff_t most_moves = 64;

// All localities start the same redistributions and joins within groups, or none does: they learn it before anything is
// sent. The result tells which of the moves some locality needs; all have the others from earlier ones.
std::uint64_t agree_on(std::span<const Ref<Node>> moves, std::span<const Ref<Node>> known) {
    comm::Signature mine;
    Hash maps;
    for (std::size_t i = 0; i < moves.size(); ++i)
        if (!known[i]) mine.needs |= std::uint64_t{1} << i;
    for (const Ref<Node>& move : moves) {
        const ExchangeRequest& request = *move->request;
        if (request.is_local()) continue;
        if (mine.detail.empty()) {
            mine.function = request.name();
            mine.dtype = move->dtype;
            mine.shape = whole_shape(*move);
        } else {
            mine.detail += ", and ";
        }
        mine.detail += request.route();
        maps.add(request.name())
            .add(static_cast<std::int64_t>(move->dtype))
            .add(static_cast<std::int64_t>(request.fingerprint()))
            .add(to_string(whole_shape(*move)));
    }
    if (mine.detail.empty()) return mine.needs;
    mine.fingerprint = maps.value();
    return in_turn(world(), mine.function.c_str(), [&] { return comm::agree(world(), mine); })
        .needs;
}

// Lies where an earlier exchange, which all localities have, has brought the elements.
void share(Node& node, Node& copy) {
    node.request->came_before = true;
    if (plan_record_open()) record_step(exchange_text(node, *node.request));
    Ref<Node> source(&copy);
    pending_done(node);
    std::vector<Portion> portions(copy.portions().begin(), copy.portions().end());
    if (portions.empty())
        portions.push_back({Dims(node.shape.size()), {source, View::dense(node.shape)}, true});
    begin_portions(node, std::move(portions));
    if (copy.transit) {
        node.transit = std::make_unique<Transit>();
        node.transit->wait = [source] {
            if (source->transit) std::function<void()>(source->transit->wait)();
        };
        node.transit->finish = [source] { settle(*source); };
        node.transit->done = [source] {
            return !source->transit || (source->transit->done && source->transit->done());
        };
    }
}

void start(Node& node) {
    Operand input = node.inputs[0];
    evaluate(std::span(&input.node, 1));
    if (node.request->from) check_copies(node.request->name(), input, *node.request->from);
    if (node.request->reduction) {
        node.request->state_bytes = input.node->buffer->bytes();
        node.request->joins_forests = input.node->gives_forest();
    }
    // While others are waited for, the node's own record may go.
    ExchangeRequest request = *node.request;
    std::optional<Brought> brought = brought_by(node);
    pending_done(node);
    // Who writes the source from now on ends that.
    if (brought) begin_copy(node, std::move(*brought));
    if (request.reduction)
        start_join(node, input, request);
    else
        start_redistribution(node, input, request);
    if (plan_record_open() && !request.is_local()) record_step(exchange_text(node, request));
}

}  // namespace

void wait_outside(const comm::ExchangeRef& exchange) {
    Outside outside;
    comm::wait(exchange);
}

Array dense(const Array& x) {
    evaluate(x);
    return x.view.is_contiguous() && !x.node->buffer->shared() ? x : copy(x);
}

std::unique_ptr<Transit> transit_of(comm::ExchangeRef exchange) {
    auto transit = std::make_unique<Transit>();
    transit->wait = transit->finish = [exchange = std::move(exchange)] { wait_outside(exchange); };
    return transit;
}

void keep_until_sent(Node& node, const comm::ExchangeRef& exchange) {
    std::erase_if(node.senders, [](const Sender& sender) { return sender.done(); });
    auto done = [exchange] {
        try {
            return exchange->test();
        } catch (const Error&) {
            return true;
        }
    };
    node.senders.push_back({done, [exchange] {
                                Waiting waiting;
                                comm::wait(exchange);
                            }});
}

std::vector<Ref<Node>> start_recorded(Node* root) {
    if (recorded_exchanges().empty() || exchanges_held()) return {};
    std::vector<Ref<Node>> nodes = std::move(recorded_exchanges());
    recorded_exchanges().clear();
    // Parts of what all have are taken at once: other localities may need no copy for theirs.
    if (std::all_of(nodes.begin(), nodes.end(),
                    [](const Ref<Node>& node) { return node->request->is_local(); })) {
        for (const Ref<Node>& node : nodes) start(*node);
        return {};
    }
    come_after_earlier(world());
    // All that this call recorded, with nothing of other threads in between.
    comm::Turn turn(world(), "exchange");
    // While this thread waits, what was recorded with these may not be evaluated by others.
    struct Starting {
        Starting() { ++exchanges_starting(); }
        ~Starting() { --exchanges_starting(); }
    } starting;
    auto joins = [](const Ref<Node>& node) {
        return node->request->reduction && node->request->group.empty();
    };
    std::vector<Ref<Node>> copies, moves;
    std::unordered_set<const Node*> seen;
    if (root) add_copies(*root, seen, copies);
    for (auto at = nodes.begin(); at != nodes.end();) {
        // Reductions over all localities agree as they are joined.
        auto end = joins(*at) ? at + 1 : std::find_if(at, nodes.end(), joins);
        end = std::min(end, at + std::min(most_moves, end - at));
        std::vector<Ref<Node>> known = known_copies({at, end}, copies);
        std::uint64_t needed = joins(*at) ? 1 : agree_on({at, end}, known);
        for (std::size_t i = 0; at != end; ++at, ++i, needed >>= 1) {
            if (!(needed & 1) && known[i]) {
                share(**at, *known[i]);
                moves.push_back(known[i]);
                continue;
            }
            await_arrivals(std::span(&(*at)->inputs[0].node, 1));
            start(**at);
            moves.push_back(*at);
        }
    }
    return moves;
}

void record_exchange(const comm::Communicator& group, const std::string& title,
                     const std::function<std::int64_t(int, int)>& bytes) {
    std::vector<Passage> gives, gets;
    int me = group.id();
    for (int p = 0; p < group.size(); ++p) {
        if (p == me) continue;
        if (std::int64_t given = bytes(me, p)) gives.push_back({group.member(p), given});
        if (std::int64_t got = bytes(p, me)) gets.push_back({group.member(p), got});
    }
    std::string among =
        group.members.empty() ? "" : " in a group of " + localities_text(group.size());
    record_step(title + among + ": " + passages_text(gives, gets));
}

void come_after_earlier(comm::Communicator& group) {
    if (has_queued(group)) {
        Waiting waiting;
        await_queued(group);
    }
    if (!comm::has_untold()) return;
    Waiting waiting;
    comm::raise_untold(group);
}

int& exchanges_starting() {
    static int count = 0;
    return count;
}

void know_localities() {
    here() = {world().id(), world().size()};
    deterministic() = common_settings().deterministic;
}

void agree_on_setting(const std::string& function, const std::string& value) {
    comm::Signature mine;
    mine.function = function;
    mine.detail = "to " + value;
    mine.has_array = false;
    in_turn(world(), mine.function.c_str(), [&] { comm::agree(world(), mine); });
}

void check_gathered(const char* function, const Array& x) {
    know_localities();
    std::int64_t bytes = element_count(x.shape()) * itemsize(x.dtype());
    std::int64_t most = common_settings().gather_limit;
    if (bytes > most)
        fail<MemoryError>(function, ": all of this array, ", to_string(x.shape()), " of ",
                          name_of(x.dtype()), ", is ", bytes, " bytes, and a locality gathers ",
                          most,
                          " at most (HPXPY_GATHER_LIMIT; by default what was free at the start); "
                          "use local_partition, this locality's part, or save(), which writes all "
                          "parts into one file");
}

void change_deterministic(bool enabled) {
    if (!is_running()) return;
    set_deterministic(enabled);
    know_localities();
}

}  // namespace hpxpy
