// Plans and runs what is pending, and decides when that happens.
// SPDX-License-Identifier: BSL-1.0
#include "exec/evaluate.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <unordered_map>
#include <unordered_set>

#include "base/error.hpp"
#include "exec/access.hpp"
#include "exec/forest.hpp"
#include "exec/program.hpp"
#include "runtime/interrupt.hpp"
#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

constexpr std::size_t most_companions = 16;
// Steps past this size run without the interpreter's lock.
constexpr std::int64_t long_count = 100000;

std::int64_t run_operations = 0;

// The plans run since the oldest record was begun that is still open.
struct PlanRecords {
    int open = 0;
    std::vector<std::string> texts;
};
PlanRecords& plan_records() {
    static PlanRecords records;
    return records;
}

// Memory comes first, so that nothing is taken over if there is not enough.
void allocate_results(Step& step) {
    for (const Store& store : step.stores)
        if (!store.node->buffer && store.over < 0) allocate(*store.node);
    for (const Reduce& reduce : step.reductions)
        if (!reduce.node->buffer) allocate(*reduce.node);
    for (const Store& store : step.stores)
        if (store.over >= 0) store.node->buffer = step.loads[store.over].node->buffer;
}

// An operand that was taken over by a step that failed is lost, and so is what needs it.
void lose_taken_over(Step& step) {
    for (const Store& store : step.stores) {
        if (store.over < 0) continue;
        store.node->buffer = {};
        Node& lost = *step.loads[store.over].node;
        lost.transit = std::make_unique<Transit>();
        lost.transit->wait = lost.transit->finish = [] {
            fail<MemoryError>("evaluate: an operand was lost when memory ran out");
        };
    }
}

// Steps that write what others can see, or over their operands, are done whole.
bool may_stop(const Step& step) {
    return std::all_of(step.stores.begin(), step.stores.end(),
                       [](const Store& store) { return store.over < 0 && store.node->pending(); });
}

void forget_results(Step& step) {
    for (const Store& store : step.stores) store.node->buffer = {};
    for (const Reduce& reduce : step.reductions) reduce.node->buffer = {};
}

template <class Loops>
void run_loops(Step& step, const Loops& loops) {
    std::optional<Outside> outside;
    if (step.count() >= long_count) outside.emplace();
    std::optional<Interruptible> work;
    if (step.count() >= long_count && may_stop(step)) work.emplace();
    try {
        loops();
        if (work) work->finish();
    } catch (...) {
        outside.reset();
        if (may_stop(step)) forget_results(step);
        lose_taken_over(step);
        throw;
    }
}

bool read_in_place(const Load& load) {
    return !load.node->portions().empty() && PortionedAccess::reads(*load.node, load.view);
}

// What the step reads and has not come yet.
std::vector<Ref<Node>> loads_under_way(const Step& step) {
    std::vector<Ref<Node>> found;
    if (Transit::count == 0) return found;
    for (const Load& load : step.loads)
        if (load.node->transit && std::find(found.begin(), found.end(), load.node) == found.end())
            found.push_back(load.node);
    return found;
}

// Some of what it reads is still to come, and what is here can be read where it is.
bool can_begin(const Step& step) {
    bool waits = false;
    for (const Load& load : step.loads) {
        if (!load.node->transit) continue;
        if (!read_in_place(load)) return false;
        waits |= !load.node->transit->done || !load.node->transit->done();
    }
    return waits && step.begins_early();
}

// While it lives, nobody sees the memory of the step's results, which are half done.
class Hidden {
public:
    explicit Hidden(Step& step) {
        auto hide = [&](Node& node) {
            if (node.pending()) buffers_.emplace_back(&node, std::move(node.buffer));
        };
        for (const Store& store : step.stores) hide(*store.node);
        for (const Reduce& reduce : step.reductions) hide(*reduce.node);
    }
    void show() {
        for (auto& [node, buffer] : buffers_) node->buffer = std::move(buffer);
    }

private:
    std::vector<std::pair<Node*, Ref<Buffer>>> buffers_;
};

// Waits, and for what interrupts that again, if it is to be raised later.
void await(const std::function<void()>& wait, std::exception_ptr* raised) {
    for (;;) {
        try {
            wait();
            return;
        } catch (const Error&) {
            throw;
        } catch (...) {
            if (!raised) throw;
            if (!*raised) *raised = std::current_exception();
        }
    }
}

// Waits for what the step reads, without our locks; false if others came meanwhile, so that the step, and what it was
// planned for, may be done or the memory that it reads be written.
bool await_loads(std::span<const Ref<Node>> loads, std::exception_ptr* raised) {
    std::uint64_t entries = expression_lock().entries();
    // Who comes meanwhile may end the transits.
    std::vector<std::function<void()>> waits;
    for (const Ref<Node>& node : loads) waits.push_back(node->transit->wait);
    {
        Waiting waiting;
        for (const auto& wait : waits) await(wait, raised);
    }
    if (expression_lock().entries() != entries) return false;
    for (const Ref<Node>& node : loads) settle(*node);
    return true;
}

// What lies in several memories and its reader needs in one.
void assemble_loads(const Step& step) {
    for (const Load& load : step.loads)
        if (!load.node->portions().empty() && !read_in_place(load)) assemble(*load.node);
}

std::int64_t bytes_moved(const Step& step) {
    std::int64_t bytes = 0;
    for (const Load& load : step.loads)
        bytes += (load.scalar() ? 1 : step.count()) * itemsize(load.node->dtype);
    for (const Store& store : step.stores) bytes += step.count() * itemsize(store.node->dtype);
    return bytes;
}

Worth worth_of(const Node& node) {
    if (node.buffer) return node.buffer->worth();
    Worth worth = Worth::own;
    for (const Portion& portion : node.portions())
        worth = std::max(worth, worth_of(*portion.memory.node));
    return worth;
}

// What this locality's part of a reduction is like where nothing of it was computed.
void blank_states(Node& node) {
    if (node.gives_forest()) {
        Forest forest = forest_of(node);
        std::memset(node.bytes(), 0, static_cast<std::size_t>(node.buffer->bytes()));
        std::memcpy(node.bytes(), &forest, sizeof forest);
    }
    node.buffer->set_worth(Worth::blank);
}

// Results are worth no more than what they are made of.
void run_played(Step& step) {
    Worth worth = Worth::own;
    for (const Load& load : step.loads) worth = std::max(worth, worth_of(*load.node));
    bool blank = skips_values() && (worth == Worth::blank || leaves_blank(step.count()));
    play()->work_done(bytes_moved(step), 0);
    if (blank)
        worth = Worth::blank;
    else
        run_loops(step, [&] { run_step(step); });
    for (const Store& store : step.stores)
        store.node->buffer->set_worth(std::max(store.node->buffer->worth(), worth));
    for (const Reduce& reduce : step.reductions) {
        if (blank)
            blank_states(*reduce.node);
        else
            reduce.node->buffer->set_worth(worth);
    }
}

bool run_around(Step& step, std::span<const Ref<Node>> coming, std::exception_ptr* raised) {
    allocate_results(step);
    std::optional<EarlyRun> run;
    run_loops(step, [&] {
        run.emplace(step);
        run->run_ready();
    });
    Hidden results(step);
    if (!await_loads(coming, raised)) return false;
    results.show();
    run_loops(step, [&] { run->run_rest(); });
    return true;
}

// Returns whether the step is done; see `await_loads`.
bool run(Step& step, std::exception_ptr* raised = nullptr) {
    std::vector<Ref<Node>> coming = loads_under_way(step);
    if (!coming.empty() && !play() && can_begin(step)) {
        if (!run_around(step, coming, raised)) return false;
    } else {
        if (!coming.empty() && !await_loads(coming, raised)) return false;
        assemble_loads(step);
        allocate_results(step);
        if (play())
            run_played(step);
        else
            run_loops(step, [&] { run_step(step); });
    }
    for (Node* node : step.streamed) node->streamed = true;
    for (const Store& store : step.stores)
        if (store.node->pending()) pending_done(*store.node);
    for (const Reduce& reduce : step.reductions) pending_done(*reduce.node);
    run_operations += step.operations();
    return true;
}

}  // namespace

std::int64_t operations_run() { return run_operations; }

namespace {

// Checks the plan, and keeps its text for those that ask.
void announce(const Plan& plan) {
    if (common_settings().debug) {
        std::string problem = verify(plan);
        if (!problem.empty()) fail<RuntimeError>("plan: ", problem, "\n", to_string(plan));
    }
    // The exchanges that it waits for have steps of their own.
    if (plan_record_open()) plan_records().texts.push_back(to_string(plan, false));
}

}  // namespace

bool run_plan(Plan& plan, bool announced, std::exception_ptr* raised) {
    if (announced) announce(plan);
    for (Step& step : plan.steps) {
        if (!run(step, raised)) return false;
        step = Step{};
    }
    return true;
}

bool plan_record_open() { return plan_records().open > 0; }

void record_step(const std::string& text) {
    plan_records().texts.push_back("1 step\nstep 1: " + text + "\n");
}

std::size_t begin_plan_record() {
    ++plan_records().open;
    return plan_records().texts.size();
}

std::string end_plan_record(std::size_t begun) {
    PlanRecords& records = plan_records();
    std::string text;
    for (std::size_t i = begun; i < records.texts.size(); ++i) text += records.texts[i];
    if (--records.open == 0) records.texts.clear();
    return text;
}

void allocate(Node& node) {
    if (node.gives_forest()) {
        node.buffer = Buffer::allocate(forest_of(node).bytes());
        return;
    }
    std::int64_t size = itemsize(node.dtype);
    if (node.raw_states) size = kernels::reduction(node.reduction, node.compute).state_size;
    std::int64_t bytes;
    if (__builtin_mul_overflow(node.count(), size, &bytes))
        fail<MemoryError>("array: shape ", to_string(node.shape), " of ", name_of(node.dtype),
                          " needs more than 2^63 bytes");
    node.buffer = Buffer::allocate(bytes);
}

Array new_array(DType dtype, const Dims& shape, std::shared_ptr<const Place> place) {
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->shape = shape;
    allocate(*node);
    return array_of(std::move(node), std::move(place));
}

namespace {

// What others have a part in is not what they would send, but for what a root has told.
Worth arriving_worth(const Node& node) {
    if (!play() || node.transit->is_true || world().size() == 1) return Worth::own;
    return skips_values() ? Worth::blank : Worth::made_up;
}

void mark_arrived(Node& node, Worth worth) {
    if (node.buffer) node.buffer->set_worth(worth);
    for (const Portion& portion : node.portions())
        if (portion.comes && portion.memory.node->buffer)
            portion.memory.node->buffer->set_worth(worth);
}

}  // namespace

void settle(Node& node) {
    if (!node.transit) return;
    // The wait may throw; then the contents never came, and every later use says so again.
    // Python's handlers may run meanwhile, so the function called is a copy.
    Worth worth = arriving_worth(node);
    std::function<void()> finish =
        worth == Worth::blank ? node.transit->wait : node.transit->finish;
    finish();
    if (worth != Worth::own) mark_arrived(node, worth);
    node.transit.reset();
    forget_exchange(node);
}

bool leaves_blank(std::int64_t count) {
    // What programs steer themselves by is small.
    constexpr std::int64_t most_computed = 65536;
    return count > most_computed && skips_values();
}

void fail_blank(const Array& x) {
    std::string site = play() ? play()->site() : "";
    fail<RuntimeError>("plan: ", site.empty() ? "the program" : site,
                       " reads elements of an array of ", name_of(x.dtype()), " ",
                       to_string(x.view.shape), " that were never computed (--no-compute); ",
                       "plan it with values, on fewer elements, or, if one element is read, tell "
                       "its value: --assume ",
                       site.empty() ? "FILE:LINE" : site, "=VALUE");
}

void assemble(Node& node) {
    if (node.portions().empty()) return;
    Ref<Buffer> buffer = Buffer::allocate(node.count() * itemsize(node.dtype));
    Dims strides = dense_strides(node.shape);
    for (const Portion& portion : node.portions()) {
        const auto& [source, view] = portion.memory;
        View to{0, view.shape, strides};
        for (int k = 0; k < strides.size(); ++k) to.offset += portion.first[k] * strides[k];
        Ref<Node> target(new Node);
        target->dtype = node.dtype;
        target->shape = node.shape;
        target->buffer = buffer;
        store(Array{Handle(target), to}, Array{Handle(source), view}, false);
    }
    if (plan_record_open())
        record_step(exchange_title("copy", node.dtype, node.shape) +
                    " of what came and of the own part into one piece");
    end_portions(node);
    node.buffer = std::move(buffer);
}

namespace {

// A node that `root` is made of and that has not arrived; without those of which some portions are here.
Node* awaited(Node& root, bool with_halos, std::unordered_set<const Node*>& seen) {
    if (root.transit) return with_halos || root.portions().empty() ? &root : nullptr;
    if (!root.pending() || !seen.insert(&root).second) return nullptr;
    for (Operand& input : root.inputs)
        if (Node* node = awaited(*input.node, with_halos, seen)) return node;
    return nullptr;
}

void await_arrivals(std::span<const Ref<Node>> nodes, bool with_halos) {
    while (Transit::count > 0) {
        std::unordered_set<const Node*> seen;
        Node* node = nullptr;
        for (const Ref<Node>& root : nodes)
            if (!node) node = awaited(*root, with_halos || !root->pending(), seen);
        if (!node) return;
        Ref<Node> kept(node);
        std::function<void()> wait = node->transit->wait;
        {
            Waiting waiting;
            wait();
        }
        // Putting it in place needs the lock; another thread may have done it meanwhile.
        settle(*node);
    }
}

}  // namespace

void await_arrivals(std::span<const Ref<Node>> nodes) { await_arrivals(nodes, true); }

namespace {

// Adds the reductions below `node` that read what other pending work reads, too.
void add_shared_reductions(Node& node, std::unordered_set<const Node*>& seen,
                           std::vector<Node*>& found) {
    if (!node.pending() || !seen.insert(&node).second) return;
    bool shares = node.kind == NodeKind::reduction && node.inputs[0].node->pending_readers > 1;
    if (shares) found.push_back(&node);
    for (const Operand& input : node.inputs) add_shared_reductions(*input.node, seen, found);
}

bool reads_alike(const Node& a, const Node& b) {
    const Operand &first = a.inputs[0], &second = b.inputs[0];
    return first.node == second.node && a.reduced == b.reduced && first.view == second.view;
}

// The nodes, and the recorded reductions that cost no pass over memory besides theirs: of x.mean() and
// x.std() the first that is read computes the sums of both.
std::vector<Ref<Node>> with_companions(std::span<const Ref<Node>> nodes) {
    std::vector<Ref<Node>> all(nodes.begin(), nodes.end());
    std::unordered_set<const Node*> seen;
    std::vector<Node*> reductions;
    for (const Ref<Node>& node : nodes) add_shared_reductions(*node, seen, reductions);
    if (reductions.empty()) return all;
    for (Node* other = pending_list().oldest; other; other = other->newer) {
        if (other->kind != NodeKind::reduction || seen.count(other)) continue;
        bool joins = std::any_of(reductions.begin(), reductions.end(),
                                 [&](const Node* node) { return reads_alike(*node, *other); });
        if (joins && all.size() < nodes.size() + most_companions) all.push_back(Ref<Node>(other));
    }
    return all;
}

}  // namespace

void evaluate(std::span<const Ref<Node>> nodes) {
    bool done = false;
    // What needs no strip of a halo is computed first.
    for (bool with_halos = false; !done; with_halos = true) {
        await_arrivals(nodes, with_halos);
        done = std::none_of(nodes.begin(), nodes.end(),
                            [](const Ref<Node>& node) { return node->pending(); });
        if (done) break;
        std::vector<Ref<Node>> roots = with_companions(nodes);
        Plan plan = make_plan(roots);
        done = run_plan(plan);
    }
    for (const Ref<Node>& node : nodes) {
        settle(*node);
        assemble(*node);
    }
}

void evaluate(const Array& x) { evaluate(std::span(&x.node.ref(), 1)); }

namespace {

// Where operands lie across, their lines (and pages) stay at hand for the next row if these are no more.
constexpr std::int64_t lines_at_hand = 1024;

// A step that stores nothing but `root`, in the order of its domain, for who reads `span` of a row at once.
bool only_stores(const Step& step, const Node& root, std::int64_t span) {
    bool at_hand =
        step.tiled_axis < 0 || std::min(span, step.domain[step.domain.size() - 1]) <= lines_at_hand;
    return step.reductions.empty() && at_hand && step.stores.size() == 1 &&
           step.stores[0].node.get() == &root && step.stores[0].view.is_contiguous();
}

}  // namespace

std::optional<Step> last_step(const Array& x, DType dtype, std::int64_t span) {
    Array root = convert_dense(x, dtype);
    await_arrivals(std::span(&root.node.ref(), 1));
    if (root.node->buffer && root.node->buffer->worth() == Worth::blank) fail_blank(root);
    Plan plan = make_plan(std::span(&root.node.ref(), 1));
    if (plan.steps.empty() || !only_stores(plan.steps.back(), *root.node, span))
        return std::nullopt;
    announce(plan);
    Step last = std::move(plan.steps.back());
    last.tiled_axis = -1;
    plan.steps.pop_back();
    for (Step& step : plan.steps) run(step);  // it waits for nothing any more
    assemble_loads(last);
    run_operations += last.operations();
    for (Node* node : last.streamed) node->streamed = true;
    last.streamed.clear();
    Ref<Node> reader(new Node);
    reader->dtype = reader->compute = dtype;
    last.reductions.push_back({last.stores[0].value, std::move(reader)});
    last.stores.clear();
    return last;
}

namespace {

// Whether evaluating `node` reads the memory of `memory`.
bool reads(const Node& node, const Node& memory, std::unordered_map<const Node*, bool>& known) {
    auto found = known.find(&node);
    if (found != known.end()) return found->second;
    bool answer = std::any_of(node.inputs.begin(), node.inputs.end(), [&](const Operand& input) {
        return input.node->lies_in(memory) || reads(*input.node, memory, known);
    });
    known.emplace(&node, answer);
    return answer;
}

bool lends(const Node& node) { return node.ties && !node.ties->borrowers.empty(); }

}  // namespace

void evaluate_readers(Node& node, std::span<const Node* const> spared) {
    end_copies(node);
    if (node.pending_readers > 0 || lends(node)) {
        std::unordered_map<const Node*, bool> known;
        std::vector<Ref<Node>> roots;
        for (Node* pending = pending_list().oldest; pending; pending = pending->newer)
            if (pending->handles > 0 &&
                std::find(spared.begin(), spared.end(), pending) == spared.end() &&
                reads(*pending, node, known))
                roots.push_back(Ref<Node>(pending));
        evaluate(roots);
    }
    // What arrays show keeps its elements; what only the spared are made of is read before the write.
    auto named = [](const Node* borrower) { return borrower->handles > 0; };
    while (lends(node)) {
        const std::vector<Node*>& borrowers = node.ties->borrowers;
        auto found = std::find_if(borrowers.begin(), borrowers.end(), named);
        if (found == borrowers.end()) break;
        Ref<Node> borrower(*found);
        await_arrivals(std::span(&borrower, 1));
        assemble(*borrower);
    }
}

void await_senders(Node& node) {
    while (!node.senders.empty()) {
        Sender sender = node.senders.back();
        sender.wait();
        std::erase_if(node.senders, [](const Sender& other) { return other.done(); });
    }
}

void before_write(Node& node, std::span<const Node* const> spared) {
    evaluate_readers(node, spared);
    await_senders(node);
}

std::string explain(const Array& x) {
    if (!x.node->pending()) {
        if (!x.node->transit) return "stored; nothing to compute\n";
        if (!x.node->request) return "stored when its exchange arrives; nothing to compute\n";
        return "1 step\nstep 1: " + exchange_text(*x.node, *x.node->request) + "\n";
    }
    return to_string(make_plan(with_companions(std::span(&x.node.ref(), 1))));
}

void store(const Array& target, const Array& value, bool announced) {
    std::exception_ptr raised;
    for (bool done = false; !done;) {
        Plan plan = make_assignment(target, value, true);
        done = run_plan(plan, announced, &raised);
    }
    if (raised) std::rethrow_exception(raised);
}

Array copy(const Array& x) {
    Array result = convert_dense(x, x.dtype());
    evaluate(result);
    return result;
}

Scalar neutral_element(Reduction reduction, DType compute) {
    alignas(16) char state[32];
    kernels::identity(reduction, compute, state);
    return Scalar::read(compute, state);
}

void read_box(const Array& x, const View& box, void* dense) {
    if (x.node->buffer->worth() == Worth::blank) return;
    Access access(x.node->bytes(), box, x.dtype());
    access.read(dense, 0, box.count());
}

void write_box(Node& node, const View& box, const void* dense) {
    Access access(node.bytes(), box, node.dtype);
    access.write(dense, 0, box.count());
}

}  // namespace hpxpy
