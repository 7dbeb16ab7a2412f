// Runs steps: blocks on the pool, and reductions over a grid that depends on the shape alone, so the
// same elements give the same bits for any thread count, fused or not.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "exec/forest.hpp"
#include "exec/program.hpp"
#include "runtime/interrupt.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t parallel_elements = 32768;
constexpr std::int64_t tasks_per_thread = 4;

struct Span {
    std::int64_t first, last;
};

// Which units of a run are done: all, or those that are ready at first and then the others.
class Pass {
public:
    enum class Which : std::uint8_t { all, ready, rest };
    void begin(Which which) { which_ = which; }

    // Calls body(worker, unit) for units [0, count), on the pool if `elements` are worth it; span(unit) has all the
    // positions that a unit runs. Leaves the rest out once the calling thread's work is to stop.
    template <class Body, class Spans>
    void for_units(const Program& program, std::int64_t count, std::int64_t elements,
                   const Body& body, const Spans& span) {
        auto run_all = [&](Program::Worker& worker, std::int64_t unit) { body(worker, unit); };
        auto run_ready = [&](Program::Worker& worker, std::int64_t unit) {
            Span positions = span(unit);
            if (worker.ready(positions.first, positions.last))
                body(worker, unit);
            else
                left_[static_cast<std::size_t>(unit)] = 1;
        };
        auto run_rest = [&](Program::Worker& worker, std::int64_t i) {
            body(worker, rest_[static_cast<std::size_t>(i)]);
        };
        switch (which_) {
            case Which::all:
                for_each(program, count, elements, run_all);
                break;
            case Which::ready:
                left_.assign(static_cast<std::size_t>(count), 0);
                for_each(program, count, elements, run_ready);
                break;
            case Which::rest:
                for (std::int64_t unit = 0; unit < count; ++unit)
                    if (left_[static_cast<std::size_t>(unit)]) rest_.push_back(unit);
                auto number = static_cast<std::int64_t>(rest_.size());
                for_each(program, number, elements / count * number, run_rest);
        }
    }

private:
    template <class Body>
    static void for_each(const Program& program, std::int64_t count, std::int64_t elements,
                         const Body& body) {
        Interruptible* work = Interruptible::current();
        auto run_range = [&, work](std::int64_t first, std::int64_t last) {
            Program::Worker worker(program);
            for (std::int64_t unit = first; unit < last && !(work && work->stops()); ++unit)
                body(worker, unit);
            worker.finish();
        };
        if (count <= 1 || elements * std::max(program.weight(), 1) < parallel_elements) {
            run_range(0, count);
            return;
        }
        Pool& threads = pool();
        std::int64_t tasks = std::min(count, threads.size() * tasks_per_thread);
        if (threads.size() == 1) tasks = 1;
        threads.for_each(tasks, [&](std::int64_t task) {
            run_range(count * task / tasks, count * (task + 1) / tasks);
        });
    }

    Which which_ = Which::all;
    std::vector<char> left_;  // of each unit: it was not ready
    std::vector<std::int64_t> rest_;
};

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

void join_rows(const kernels::ReductionLoops& loops, char* rows, std::int64_t count,
               std::int64_t row_bytes, std::int64_t items) {
    for (std::int64_t span = 1; span < count; span *= 2)
        for (std::int64_t i = 0; i + span < count; i += 2 * span) {
            std::int64_t right = std::min(i + 2 * span, count) - 1;
            loops.join(rows + (i + span - 1) * row_bytes, rows + right * row_bytes, items);
        }
}

namespace {

void run_elementwise(const Step& step, const Program& program, Pass& pass) {
    std::int64_t count = step.count();
    std::int64_t block = program.block(), run = program.run();
    // Of a unit: where it begins, and of how many positions it is.
    auto run_blocks = [&](std::int64_t units, const auto& begin, const auto& length) {
        pass.for_units(
            program, units, count,
            [&](Program::Worker& worker, std::int64_t unit) {
                if (std::int64_t n = length(unit); n > 0) worker.run_block(begin(unit), n);
            },
            [&](std::int64_t unit) {
                return Span{begin(unit), begin(unit) + length(unit)};
            });
    };
    if (!program.linear() && run >= block / 4) {
        // Blocks that end with their row lie in one piece of every operand.
        std::int64_t parts = divide_up(run, block);
        std::int64_t part = divide_up(divide_up(run, parts), 64) * 64;
        run_blocks(
            count / run * parts,
            [=](std::int64_t unit) { return unit / parts * run + unit % parts * part; },
            [=](std::int64_t unit) { return std::min(part, run - unit % parts * part); });
        return;
    }
    if (!program.linear()) block = std::max<std::int64_t>(block / run, 1) * run;
    run_blocks(
        divide_up(count, block), [=](std::int64_t unit) { return unit * block; },
        [=](std::int64_t unit) { return std::min(block, count - unit * block); });
}

}  // namespace

namespace {

// The domain as [outer][reduced][inner]; inner is 1 when the last axis is joined.
struct Groups {
    std::int64_t outer = 1, reduced = 1, inner = 1;
};

Groups group(const Step& step) {
    Groups groups;
    bool begun = false;
    for (int i = 0; i < step.domain.size(); ++i) {
        if (step.reduced >> i & 1) {
            groups.reduced *= step.domain[i];
            begun |= step.domain[i] != 1;
        } else {
            (begun ? groups.inner : groups.outer) *= step.domain[i];
        }
    }
    return groups;
}

// Rows that one thread joins in order before the pairwise joining, and blocks likewise.
constexpr std::int64_t chunk_rows = 128;
constexpr std::int64_t chunk_blocks = 64;

struct Target {
    const kernels::ReductionLoops* loops;
    std::int64_t first;
    std::vector<char> owned;
    char* states;   ///< one a result
    char* partial;  ///< one a result and chunk; the same memory if there is one chunk
    std::int64_t size;
    bool gathers;  ///< joins several rows at once
    std::size_t number;
    std::optional<Forest> forest;  ///< what `states` become
    char* ends = nullptr;  ///< of a forest: the states of the first and of the last chunk's blocks
};

class ReductionRun {
public:
    explicit ReductionRun(const Step& step)
        : step_(step),
          block_(reduction_block(step.reductions[0].node->compute)),
          groups_(group(step)),
          results_(groups_.outer * groups_.inner),
          columns_(groups_.inner) {
        for (const Reduce& reduce : step.reductions) {
            if (reduce.node->gives_forest()) forest_ = forest_of(*reduce.node);
            columns_ = std::max(columns_, reduce.node->columns);
        }
        std::int64_t chunk = columns_ > 1 ? chunk_rows : block_ * chunk_blocks;
        if (forest_) skipped_ = forest_->first % chunk;
        chunks_ = divide_up(skipped_ + groups_.reduced, chunk);
        prepare();
    }

    void run(const Program& program, Pass& pass) {
        if (columns_ > 1)
            join_outer(program, pass);
        else if (groups_.reduced <= block_ && !forest_)
            join_short(program, pass);
        else
            join_long(program, pass);
    }

    void finish() {
        if (step_.count() == 0)
            fill_identity();
        else
            join_chunks();
        for (std::size_t k = 0; k < targets_.size(); ++k) {
            const Node& node = *step_.reductions[k].node;
            const Target& target = targets_[k];
            if (target.forest) finish_forest(target, *target.forest);
            if (node.numbering) number_all(node, target);
            if (!node.raw_states && target.loops->finish)
                target.loops->finish(node.bytes(), target.states, results_);
        }
    }

private:
    void prepare() {
        for (const Reduce& reduce : step_.reductions) {
            Target target;
            const Node& node = *reduce.node;
            target.loops = &kernels::reduction(node.reduction, node.compute);
            target.first = node.first;
            target.size = target.loops->state_size;
            target.gathers = row(node.reduction).result == Result::moments;
            target.number = targets_.size();
            if (node.gives_forest()) target.forest = forest_of(node);
            bool in_place = node.raw_states || !target.loops->finish;
            std::int64_t own = (in_place ? 0 : results_) + (chunks_ > 1 ? results_ * chunks_ : 0);
            if (target.forest) own += 2 * chunk_blocks;
            target.owned.resize(static_cast<std::size_t>(own * target.size) + 64);
            auto address = reinterpret_cast<std::uintptr_t>(target.owned.data());
            char* memory = target.owned.data() + (64 - address % 64) % 64;
            target.states = in_place ? node.bytes() : memory;
            if (!in_place) memory += results_ * target.size;
            target.partial = chunks_ > 1 ? memory : target.states;
            if (target.forest) target.ends = chunks_ > 1 ? memory + chunks_ * target.size : memory;
            targets_.push_back(std::move(target));
        }
    }

    void fill_identity() {
        for (std::size_t k = 0; k < targets_.size(); ++k) {
            if (targets_[k].forest) continue;
            const Node& node = *step_.reductions[k].node;
            alignas(16) char state[32];
            kernels::identity(node.reduction, node.compute, state);
            for (std::int64_t i = 0; i < results_; ++i)
                std::memcpy(targets_[k].states + i * targets_[k].size, state,
                            static_cast<std::size_t>(targets_[k].size));
        }
    }

    // Rows shorter than a block: a block holds several whole rows.
    void join_short(const Program& program, Pass& pass) {
        std::int64_t length = groups_.reduced;
        std::int64_t rows = std::max<std::int64_t>(block_ / length, 1);
        auto span = [&](std::int64_t unit) {
            std::int64_t row = unit * rows;
            return Span{row * length, std::min(row + rows, groups_.outer) * length};
        };
        pass.for_units(
            program, divide_up(groups_.outer, rows), step_.count(),
            [&](Program::Worker& worker, std::int64_t unit) {
                std::int64_t row = unit * rows;
                std::int64_t n = std::min(rows, groups_.outer - row);
                worker.run_block(row * length, n * length);
                for (std::size_t k = 0; k < targets_.size(); ++k) {
                    const Target& target = targets_[k];
                    target.loops->reduce_rows(target.states + row * target.size,
                                              worker.reduced(static_cast<int>(k)), n, length,
                                              target.first);
                }
            },
            span);
    }

    // Long rows: a unit is one chunk of blocks of one row. Of a forest, blocks and chunks begin where those of the whole
    // do.
    void join_long(const Program& program, Pass& pass) {
        std::int64_t length = groups_.reduced;
        std::int64_t chunk = block_ * chunk_blocks;
        auto part_of = [=, this](std::int64_t unit) {
            std::int64_t begin = unit % chunks_ * chunk - skipped_;
            return Span{std::max<std::int64_t>(begin, 0), std::min(begin + chunk, length)};
        };
        auto span = [&](std::int64_t unit) {
            std::int64_t row = unit / chunks_ * length;
            auto [begin, end] = part_of(unit);
            return Span{row + begin, row + end};
        };
        pass.for_units(
            program, groups_.outer * chunks_, step_.count(),
            [&](Program::Worker& worker, std::int64_t unit) {
                std::int64_t row = unit / chunks_;
                auto [begin, end] = part_of(unit);
                std::int64_t blocks = 0;
                alignas(64) char states[max_targets][chunk_blocks * 32];
                for (std::int64_t first = begin, n = 0; first < end; first += n, ++blocks) {
                    n = std::min(block_ - (skipped_ + first) % block_, end - first);
                    worker.run_block(row * length + first, n);
                    for (std::size_t k = 0; k < targets_.size(); ++k) {
                        const void* values = worker.reduced(static_cast<int>(k));
                        if (targets_[k].forest && keep_cut_block(targets_[k], values, first, n))
                            continue;
                        targets_[k].loops->reduce_rows(states[k] + blocks * targets_[k].size,
                                                       values, 1, n, targets_[k].first + first);
                    }
                }
                for (std::size_t k = 0; k < targets_.size(); ++k) {
                    const Target& target = targets_[k];
                    if (target.forest && (unit == 0 || unit == chunks_ - 1)) {
                        std::int64_t at = unit == 0 ? 0 : chunk_blocks * target.size;
                        std::memcpy(target.ends + at, states[k],
                                    static_cast<std::size_t>(blocks * target.size));
                        continue;
                    }
                    join_rows(*target.loops, states[k], blocks, target.size, 1);
                    std::memcpy(target.partial + unit * target.size,
                                states[k] + (blocks - 1) * target.size,
                                static_cast<std::size_t>(target.size));
                }
            },
            span);
    }

    // Keeps the elements of a block of which the whole has more than this locality; false if it has all.
    bool keep_cut_block(const Target& target, const void* values, std::int64_t first,
                        std::int64_t n) const {
        const Forest& forest = *target.forest;
        std::int64_t begin = forest.first + first, end = begin + n;
        bool in_front = begin % block_ != 0, behind = end % block_ != 0 && end != forest.whole;
        if (!in_front && !behind) return false;
        ForestLayout layout(forest);
        std::int64_t size = itemsize(forest.compute);
        std::memcpy(target.states + (in_front ? layout.head_at : layout.tail_at), values,
                    static_cast<std::size_t>(n * size));
        return true;
    }

    // The blocks of the first and of the last chunk, and between them whole chunks.
    void finish_forest(const Target& target, const Forest& forest) const {
        ForestNodes nodes(*target.loops);
        ForestLayout layout(forest);
        std::int64_t first_chunk = forest.first / (block_ * chunk_blocks);
        for (std::int64_t unit = 0; unit < chunks_ && !forest.empty(); ++unit) {
            std::int64_t at = (first_chunk + unit) * chunk_blocks;
            if (unit > 0 && unit < chunks_ - 1) {
                nodes.add(at, chunk_blocks, target.partial + unit * target.size);
                continue;
            }
            const char* states = target.ends + (unit == 0 ? 0 : chunk_blocks * target.size);
            // A block that is cut in front has left its place.
            std::int64_t begin = std::max(at, forest.first / block_);
            std::int64_t end = std::min(at + chunk_blocks, layout.end);
            for (std::int64_t b = std::max(begin, layout.begin); b < end; ++b)
                nodes.add(b, 1, states + (b - begin) * target.size);
        }
        write_forest(forest, nodes, target.states);
    }

    // A state of positions ends with one; that of no element has the last of all.
    void number_all(const Node& node, const Target& target) const {
        constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
        for (std::int64_t i = 0; i < results_; ++i) {
            char* at = target.states + (i + 1) * target.size - sizeof(std::int64_t);
            std::int64_t position;
            std::memcpy(&position, at, sizeof position);
            if (position != none) position = (*node.numbering)(position);
            std::memcpy(at, &position, sizeof position);
        }
    }

    // The last axis stays: rows are joined to rows, a unit is one chunk of rows and some columns.
    void join_outer(const Program& program, Pass& pass) {
        std::int64_t columns = groups_.inner;
        std::int64_t width = std::min(columns, block_);
        std::int64_t parts = divide_up(columns, width);
        std::int64_t rows = columns_ > block_ ? 1 : std::max<std::int64_t>(block_ / columns_, 1);
        // Neighbouring parts of a row follow each other, as memory is fetched ahead in long runs.
        bool gathers = std::any_of(targets_.begin(), targets_.end(),
                                   [](const Target& target) { return target.gathers; });
        std::int64_t worth = groups_.outer * chunks_ * parts / least_units;
        std::int64_t slab =
            gathers ? 1 : std::clamp<std::int64_t>(worth, 1, std::min(parts, slab_parts));
        std::int64_t slabs = divide_up(parts, slab);
        std::int64_t units = groups_.outer * chunks_ * slabs;
        // Of a unit: its rows and columns, and which chunk of which group they are.
        struct Part {
            std::int64_t first, last, chunk, outer, begin, end;
        };
        auto part_of = [&](std::int64_t unit) {
            std::int64_t first = unit % slabs * slab * width, chunk = unit / slabs % chunks_;
            std::int64_t begin = chunk * chunk_rows;
            return Part{first, std::min(first + slab * width, columns),
                        chunk, unit / slabs / chunks_,
                        begin, std::min(begin + chunk_rows, groups_.reduced)};
        };
        // All columns between its first row and its last one.
        auto span = [&](std::int64_t unit) {
            Part part = part_of(unit);
            std::int64_t row = part.outer * groups_.reduced;
            return Span{(row + part.begin) * columns + part.first,
                        (row + part.end - 1) * columns + part.last};
        };
        auto body = [&](Program::Worker& worker, std::int64_t unit) {
            auto [first, last, chunk, outer, begin, end] = part_of(unit);
            for (std::int64_t row = begin; row < end; row += rows) {
                std::int64_t taken = std::min(rows, end - row);
                for (std::int64_t column = first; column < last; column += width) {
                    std::int64_t n = std::min(width, last - column);
                    worker.run_block((outer * groups_.reduced + row) * columns + column, taken * n);
                    std::int64_t state = (outer * chunks_ + chunk) * columns + column;
                    join_rows_just_run(worker, state,
                                       {row, row - begin, taken, n, row + taken == end});
                }
            }
        };
        pass.for_units(program, units, step_.count(), body, span);
    }

    static constexpr std::int64_t slab_parts = 16;
    static constexpr std::int64_t least_units = 32;  ///< enough for all threads

    struct RowsAtOnce {
        std::int64_t at, row;  ///< along the reduced axis, and in the chunk
        std::int64_t rows, columns;
        bool last;
    };

    void join_rows_just_run(Program::Worker& worker, std::int64_t state, const RowsAtOnce& now) {
        for (std::size_t k = 0; k < targets_.size(); ++k) {
            const Target& target = targets_[k];
            accumulate(target, step_.reductions[k].node->compute,
                       target.partial + state * target.size, worker.reduced(static_cast<int>(k)),
                       now);
        }
    }

    // Moments are joined by a division each time, so that is done for some rows at once.
    static void accumulate(const Target& target, DType compute, char* states, const void* values,
                           const RowsAtOnce& now) {
        constexpr std::int64_t together = 8;
        if (!target.gathers || now.rows >= together) {
            target.loops->accumulate_rows(states, values, now.rows, now.columns,
                                          target.first + now.at, now.row == 0);
            return;
        }
        thread_local std::vector<char> gathered[max_step_reductions];
        std::vector<char>& memory = gathered[target.number];
        if (now.row == 0) memory.clear();
        const auto* bytes = static_cast<const char*>(values);
        memory.insert(memory.end(), bytes, bytes + now.rows * now.columns * itemsize(compute));
        std::int64_t held =
            static_cast<std::int64_t>(memory.size()) / itemsize(compute) / now.columns;
        if (held < together && !now.last) return;
        std::int64_t first = now.row + now.rows - held;
        target.loops->accumulate_rows(states, memory.data(), held, now.columns, target.first,
                                      first == 0);
        memory.clear();
    }

    void join_chunks() {
        if (chunks_ == 1) return;
        std::int64_t columns = groups_.inner;
        for (const Target& target : targets_)
            for (std::int64_t outer = 0; outer < groups_.outer && !target.forest; ++outer) {
                char* rows = target.partial + outer * chunks_ * columns * target.size;
                join_rows(*target.loops, rows, chunks_, columns * target.size, columns);
                std::memcpy(target.states + outer * columns * target.size,
                            rows + (chunks_ - 1) * columns * target.size,
                            static_cast<std::size_t>(columns * target.size));
            }
    }

    static constexpr int max_targets = max_step_reductions;
    const Step& step_;
    const std::int64_t block_;
    Groups groups_;
    std::int64_t results_;
    std::int64_t columns_;  ///< states side by side, of the whole where that counts
    std::optional<Forest> forest_;
    std::int64_t skipped_ = 0;  ///< of a forest: elements of the first chunk that others have
    std::int64_t chunks_ = 0;
    std::vector<Target> targets_;
};

void run_part(const Step& step, const Program& program, Pass& pass, ReductionRun* reduction) {
    reduction ? reduction->run(program, pass) : run_elementwise(step, program, pass);
}

}  // namespace

void run_step(const Step& step) {
    if (step.tiled_axis >= 0) {
        for (const Step& part : tiles(step)) run_step(part);
        return;
    }
    std::optional<ReductionRun> reduction;
    if (!step.reductions.empty()) reduction.emplace(step);
    if (step.count() > 0) {
        Pass pass;
        run_part(step, Program(step), pass, reduction ? &*reduction : nullptr);
    }
    if (reduction) reduction->finish();
}

struct EarlyRun::State {
    explicit State(const Step& its_step) : step(its_step), program(step) {
        if (!step.reductions.empty()) reduction.emplace(step);
    }
    void run(Pass::Which which) {
        pass.begin(which);
        run_part(step, program, pass, reduction ? &*reduction : nullptr);
    }
    const Step& step;
    Program program;
    Pass pass;
    std::optional<ReductionRun> reduction;
};

EarlyRun::EarlyRun(const Step& step) : state_(std::make_unique<State>(step)) {}

EarlyRun::~EarlyRun() = default;

void EarlyRun::run_ready() { state_->run(Pass::Which::ready); }

void EarlyRun::run_rest() {
    state_->run(Pass::Which::rest);
    if (state_->reduction) state_->reduction->finish();
}

}  // namespace hpxpy
