// Makes a step ready to run, and runs its blocks on one thread.
// SPDX-License-Identifier: BSL-1.0
#include "exec/program.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/cpus.hpp"
#include "base/error.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t block_bytes = 8192;
// Outputs of fewer bytes stay in caches until they are read again.
constexpr std::int64_t stream_bytes = std::int64_t{8} << 20;
// Operands of more bytes come from memory.
constexpr std::int64_t memory_bytes = std::int64_t{32} << 20;
// Steps that stream run in small blocks, the last instruction in pieces that leave for memory at
// once, so that the processor overlaps loads with stores.
constexpr std::int64_t stream_block_bytes = 2048;
constexpr std::int64_t stream_piece_bytes = 256;
// Keeps registers from lying at equal offsets within memory pages, where stores look like the loads.
constexpr std::int64_t register_gap = 192;

// A thread's memory for registers, kept from step to step.
struct Scratch {
    char* data = nullptr;
    std::int64_t bytes = 0;
    ~Scratch() { std::free(data); }
    char* reserve(std::int64_t wanted) {
        if (wanted > bytes) {
            std::free(data);
            bytes = 0;
            auto size = (wanted + 4095) / 4096 * 4096;
            data = static_cast<char*>(std::aligned_alloc(4096, static_cast<std::size_t>(size)));
            if (!data) throw std::bad_alloc();
            bytes = size;
        }
        return data;
    }
};
thread_local Scratch scratch;

// Whether what the step reads and writes does not fit into the caches, so that its outputs had better not go there: in
// them they are at hand for the next step.
bool leaves_caches(const Step& step, std::int64_t written) {
    static const std::int64_t cache = std::clamp(largest_cache(), stream_bytes, 8 * stream_bytes);
    if (written < stream_bytes) return false;
    std::int64_t moved = 0;
    for (const Store& store : step.stores) moved += step.count() * itemsize(store.node->dtype);
    for (std::size_t i = 0; i < step.loads.size(); ++i) {
        const Load& load = step.loads[i];
        bool again = std::any_of(step.loads.begin(), step.loads.begin() + static_cast<long>(i),
                                 [&](const Load& other) { return other.node == load.node; });
        if (!again)
            moved += std::min(load.node->count(), load.view.count()) * itemsize(load.node->dtype);
    }
    return moved >= cache;
}

bool loaded_elsewhere(const Step& step, const Node* node) {
    return std::any_of(step.loads.begin(), step.loads.end(), [&](const Load& load) {
        std::span<const Portion> portions = load.node->portions();
        return load.node->buffer == node->buffer ||
               std::any_of(portions.begin(), portions.end(), [&](const Portion& portion) {
                   return portion.memory.node->buffer == node->buffer;
               });
    });
}

// Whether the step's last instruction keeps what the memory it is stored to has, where a condition is false.
bool keeps_some(const Step& step, const Store& store) {
    const Instruction& last = step.instructions.back();
    if (last.what != Instruction::What::op || last.op != Op::where) return false;
    Value kept = last.inputs[2];
    if (kept.from != Value::From::load) return false;
    const Load& load = step.loads[kept.index];
    return load.node == store.node && load.view == store.view;
}

std::vector<int> last_uses(const Step& step) {
    std::vector<int> last(step.instructions.size(), -1);
    for (std::size_t i = 0; i < step.instructions.size(); ++i)
        for (Value input : step.instructions[i].inputs)
            if (input.from == Value::From::instruction) last[input.index] = static_cast<int>(i);
    auto keep = [&](Value value) {
        if (value.from == Value::From::instruction)
            last[value.index] = std::numeric_limits<int>::max();
    };
    for (const Store& store : step.stores) keep(store.value);
    for (const Reduce& reduce : step.reductions) keep(reduce.value);
    return last;
}

}  // namespace

Program::Program(const Step& step) { compile(step); }

int Program::slot_of(Value value) const {
    switch (value.from) {
        case Value::From::load:
            return load_slots_[value.index];
        case Value::From::constant:
            return constant_slots_[value.index];
        default:
            return value_slots_[value.index];
    }
}

int Program::new_register() {
    slot_scalar_.push_back(false);
    slot_dtype_.push_back(DType::bool_);
    registers_.push_back(static_cast<int>(slot_scalar_.size()) - 1);
    return registers_.back();
}

// A slot with as many elements as the block; a single element fills a register once a thread.
int Program::dense_slot_of(Value value) {
    int slot = slot_of(value);
    if (!slot_scalar_[slot]) return slot;
    for (const Fill& fill : fills_)
        if (fill.from == slot) return fill.slot;
    int dense = new_register();
    slot_dtype_[dense] = slot_dtype_[slot];
    fills_.push_back({dense, slot, itemsize(slot_dtype_[slot])});
    return dense;
}

void Program::compile(const Step& step) {
    std::int64_t widest = 1, read_bytes = 0;
    std::vector<Dims> strides;
    auto fixed_slot = [&](const void* data, DType dtype) {
        slot_scalar_.push_back(true);
        slot_dtype_.push_back(dtype);
        fixed_.push_back({static_cast<int>(slot_scalar_.size()) - 1, data});
        return static_cast<int>(slot_scalar_.size()) - 1;
    };
    constants_ = step.constants;
    for (const Scalar& constant : constants_)
        constant_slots_.push_back(fixed_slot(constant.bytes, constant.dtype));
    for (const Load& load : step.loads) {
        DType dtype = load.node->dtype;
        Read read{};
        if (load.node->portions().empty())
            read.access.emplace(load.node->bytes(), load.view, dtype);
        else
            read.portions = PortionedAccess::of(*load.node, load.view);
        char* only = read.portions           ? read.portions->only_element()
                     : read.access->scalar() ? read.access->start()
                                             : nullptr;
        if (only) {
            awaits_element_ |= read.portions && read.portions->find(0).comes;
            load_slots_.push_back(fixed_slot(only, dtype));
            continue;
        }
        widest = std::max(widest, itemsize(dtype));
        slot_scalar_.push_back(false);
        slot_dtype_.push_back(dtype);
        int slot = static_cast<int>(slot_scalar_.size()) - 1;
        load_slots_.push_back(slot);
        bool linear = read.portions ? read.portions->linear() : read.access->linear();
        linear_ &= linear;
        if (linear) read_bytes += step.count() * itemsize(dtype);
        if (!linear)
            strides.push_back(read.portions ? read.portions->strides() : load.view.strides);
        read.slot = slot;
        read.scratch = linear && !read.portions ? -1 : new_register();
        weight_ += linear ? 0 : 1;
        if (read.access) read.period = read.access->period();
        reads_.push_back(std::move(read));
    }

    int count = static_cast<int>(step.instructions.size());
    from_memory_ = read_bytes > memory_bytes && count > 0 && chain_end(step, 0) == count;

    std::vector<int> last = last_uses(step), uses = use_counts(step);
    std::vector<int> free_registers;
    // What only waits for memory gains by a chain even of one operation.
    std::size_t chain_first = 0, chain_last = 0, least_chain = from_memory_ ? 1 : 2;
    bool chained = false;
    for (std::size_t i = 0; i < step.instructions.size(); ++i) {
        const Instruction& instruction = step.instructions[i];
        widest = std::max(widest, itemsize(instruction.result));
        // What leaves the step has a register of its own, which a block may put elsewhere.
        bool leaves = last[i] == std::numeric_limits<int>::max();
        bool reuses = !leaves && !free_registers.empty();
        int out = reuses ? free_registers.back() : new_register();
        if (reuses) free_registers.pop_back();
        slot_dtype_[out] = instruction.result;
        value_slots_.push_back(out);
        if (i == chain_last) {
            chain_first = i;
            chain_last = static_cast<std::size_t>(chain_end(step, static_cast<int>(i)));
            chained = chain_last - chain_first >= least_chain;
            if (!chained) chain_last = i + 1;
        }
        if (!chained)
            add_code(instruction, out);
        else if (i + 1 == chain_last)
            add_chain(chain_links(step, static_cast<int>(chain_first), static_cast<int>(chain_last),
                                  uses),
                      instruction, out);
        for (std::size_t k = 0; k < i; ++k)
            if (last[k] == static_cast<int>(i)) free_registers.push_back(value_slots_[k]);
        ++weight_;
    }
    add_stores(step);
    for (const Store& store : step.stores) {
        widest = std::max(widest, itemsize(store.node->dtype));
        strides.push_back(store.view.strides);
    }
    for (const Reduce& reduce : step.reductions) {
        reduced_slots_.push_back(dense_slot_of(reduce.value));
        ++weight_;
    }
    for (const Fill& fill : fills_) widest = std::max(widest, fill.itemsize);
    block_ = step.reductions.empty() ? std::max<std::int64_t>(block_bytes / widest, 512)
                                     : reduction_block(step.reductions[0].node->compute);
    streams_ = linear_ && step.reductions.empty() && writes_.size() == 1 && writes_[0].stream &&
               !codes_.empty() && (codes_.back().loop || codes_.back().chain) &&
               codes_.back().out == writes_[0].slot;
    if (streams_ && codes_.back().chain) links_.back().action = kernels::Action::stream;
    streams_rows_ = !linear_ && step.reductions.empty() && writes_.size() == 1 &&
                    writes_[0].direct && !codes_.empty() && codes_.back().chain &&
                    codes_.back().out == writes_[0].slot &&
                    leaves_caches(step, step.count() * writes_[0].access.itemsize()) &&
                    !loaded_elsewhere(step, step.stores[0].node.get());
    if (streams_) block_ = std::max<std::int64_t>(stream_block_bytes / widest, 64);
    register_bytes_ = (block_ * widest + register_gap + 63) / 64 * 64;
    if (!linear_) run_ = common_run(step.domain, strides);
}

void Program::add_code(const Instruction& instruction, int out) {
    Code code;
    code.out = out;
    if (instruction.what == Instruction::What::count) {
        code.count_dtype = instruction.result;
        code.first = instruction.first;
        codes_.push_back(code);
        return;
    }
    bool convert = instruction.what == Instruction::What::convert;
    int arity = convert ? 1 : row(instruction.op).arity;
    unsigned scalars = 0;
    for (int k = 0; k < arity; ++k) {
        code.in[k] = slot_of(instruction.inputs[k]);
        if (slot_scalar_[code.in[k]]) scalars |= 1u << k;
    }
    // Of the loops there are, the one that takes most single elements as they are.
    unsigned taken = 0;
    if (convert) {
        code.loop = kernels::convert(instruction.compute, instruction.result);
    } else {
        for (unsigned mask = scalars;; mask = (mask - 1) & scalars) {
            kernels::Block loop = kernels::elementwise(instruction.op, instruction.compute, mask);
            if (loop && (!code.loop || std::popcount(mask) > std::popcount(taken))) {
                code.loop = loop;
                taken = mask;
            }
            if (mask == 0) break;
        }
    }
    if (!code.loop)
        fail<RuntimeError>("evaluate: no loop for ", convert ? "convert" : row(instruction.op).name,
                           " of ", name_of(instruction.compute));
    for (int k = 0; k < arity; ++k)
        if ((scalars & ~taken) >> k & 1) code.in[k] = dense_slot_of(instruction.inputs[k]);
    code.narrowest = itemsize(instruction.result);
    for (int k = 0; k < arity; ++k)
        code.narrowest = std::min(code.narrowest, itemsize(slot_dtype_[code.in[k]]));
    codes_.push_back(code);
}

void Program::add_chain(const std::vector<ChainLink>& links, const Instruction& last, int out) {
    Code code;
    code.out = out;
    code.chain = kernels::chain(last.compute);
    code.links[0] = static_cast<int>(links_.size());
    for (const ChainLink& link : links) {
        kernels::Link made;
        int slot = out;
        if (link.what == ChainLink::What::start) {
            if (from_memory_) made.action = kernels::Action::start_from_memory;
            slot = dense_slot_of(link.value);
        } else if (link.what == ChainLink::What::store) {
            made.action = kernels::Action::store;
            slot = slot_of(link.value);
        } else {
            bool binary = row(link.op).arity == 2;
            if (binary) slot = slot_of(link.value);
            made.action = *kernels::chain_action(link.op, slot_scalar_[slot], link.from);
        }
        links_.push_back(made);
        link_slots_.push_back(slot);
    }
    code.links[1] = static_cast<int>(links_.size());
    codes_.push_back(code);
}

void Program::add_stores(const Step& step) {
    std::vector<Value> direct_values;
    for (const Store& store : step.stores) {
        Access access(store.node->bytes(), store.view, store.node->dtype);
        linear_ &= access.linear();
        std::int64_t bytes = step.count() * access.itemsize();
        bool aligned = reinterpret_cast<std::uintptr_t>(access.start()) % 64 == 0;
        bool last = store.value.from == Value::From::instruction &&
                    store.value.index + 1 == static_cast<int>(step.instructions.size());
        bool stream = access.linear() && aligned && leaves_caches(step, bytes) &&
                      !(last && keeps_some(step, store));
        bool direct = !stream && store.value.from == Value::From::instruction &&
                      (last || !loaded_elsewhere(step, store.node.get())) &&
                      std::find(direct_values.begin(), direct_values.end(), store.value) ==
                          direct_values.end();
        if (direct) direct_values.push_back(store.value);
        int slot = dense_slot_of(store.value);
        weight_ += 1;
        writes_.push_back({slot, std::move(access), direct, stream});
    }
}

Program::Worker::Worker(const Program& program)
    : Worker(program, scratch.reserve(program.register_bytes())) {}

Program::Worker::Worker(const Program& program, char* memory) : program_(program) {
    slots_.resize(program.slot_scalar_.size());
    for (int slot : program.registers_) {
        slots_[slot] = memory;
        memory += program.register_bytes_;
    }
    for (auto [slot, data] : program.fixed_) slots_[slot] = const_cast<void*>(data);
    for (const Fill& fill : program.fills_)
        kernels::copies(fill.itemsize).fill(slots_[fill.slot], slots_[fill.from], program.block_);
    registers_.reserve(program.writes_.size());
    for (const Write& write : program.writes_) registers_.push_back(slots_[write.slot]);
    links_ = program.links_;
    copied_.resize(program.reads_.size());
    located_.resize(program.reads_.size());
}

const Program::Worker::Located& Program::Worker::locate(std::size_t k, std::int64_t first) {
    Located& at = located_[k];
    if (first < at.first || first >= at.last) {
        PortionedAccess::Found found = program_.reads_[k].portions->find(first);
        at = {found.access, first, first + found.count, found.comes};
    }
    return at;
}

// Positions [first, first + n) of a read, if they lie in one piece.
char* Program::Worker::piece(std::size_t k, std::int64_t first, std::int64_t n) {
    const Read& read = program_.reads_[k];
    if (!read.portions) return read.access->piece(first, n);
    const Located& at = locate(k, first);
    return first + n <= at.last ? at.access->piece(first, n) : nullptr;
}

bool Program::Worker::ready(std::int64_t first, std::int64_t last) {
    if (program_.awaits_element_) return false;
    for (std::size_t k = 0; k < program_.reads_.size(); ++k) {
        if (!program_.reads_[k].portions) continue;
        for (std::int64_t at = first; at < last;) {
            const Located& located = locate(k, at);
            if (located.comes) return false;
            at = located.last;
        }
    }
    return true;
}

void Program::Worker::run_block(std::int64_t first, std::int64_t n) {
    for (std::size_t k = 0; k < program_.reads_.size(); ++k) {
        const Read& read = program_.reads_[k];
        char* piece = this->piece(k, first, n);
        if (!piece) {
            piece = static_cast<char*>(slots_[read.scratch]);
            // What repeats need not be copied again where a block begins like the one before.
            Copied& copied = copied_[k];
            bool repeats =
                read.period != 0 && n <= copied.count && (first - copied.first) % read.period == 0;
            if (!repeats) {
                read.read(piece, first, n);
                copied = {first, n};
            }
        }
        slots_[read.slot] = piece;
    }
    for (std::size_t k = 0; k < program_.writes_.size(); ++k) {
        const Write& write = program_.writes_[k];
        if (!write.direct) continue;
        char* piece = write.access.piece(first, n);
        slots_[write.slot] = piece ? piece : registers_[k];
    }
    if (program_.streams_) {
        run_codes(first, n, program_.codes_.size() - 1);
        run_streaming(first, n);
        return;
    }
    run_codes(first, n, program_.codes_.size());
    write_values(first, n);
}

void Program::Worker::run_codes(std::int64_t first, std::int64_t n, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const Code& code = program_.codes_[i];
        if (code.chain) {
            bool last = i + 1 == program_.codes_.size();
            if (last && program_.streams_rows_ && slots_[code.out] != registers_[0])
                run_chain_past_caches(code, n);
            else
                run_chain(code, n);
            continue;
        }
        if (!code.loop) {
            kernels::count_up(code.count_dtype, slots_[code.out], code.first + first, n);
            continue;
        }
        const void* in[3] = {slots_[code.in[0]], slots_[code.in[1]], slots_[code.in[2]]};
        code.loop(slots_[code.out], in, n);
    }
}

void Program::Worker::run_chain(const Code& code, std::int64_t n) {
    for (int k = code.links[0]; k < code.links[1]; ++k)
        links_[k].data = slots_[program_.link_slots_[k]];
    code.chain(links_.data() + code.links[0], code.links[1] - code.links[0], n);
}

// Only whole lines leave past the caches: the elements before the first one are stored as others are.
void Program::Worker::run_chain_past_caches(const Code& code, std::int64_t n) {
    std::int64_t size = program_.writes_[0].access.itemsize();
    auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(slots_[code.out]) % 64);
    std::int64_t head = std::min((64 - past) % 64 / size, n);
    run_chain(code, past % size == 0 ? head : n);
    if (past % size != 0 || head == n) return;
    kernels::Link& store = links_[code.links[1] - 1];
    for (int k = code.links[0]; k < code.links[1]; ++k)
        if (!program_.slot_scalar_[program_.link_slots_[k]])
            links_[k].data = static_cast<char*>(links_[k].data) + head * size;
    store.action = kernels::Action::stream;
    code.chain(links_.data() + code.links[0], code.links[1] - code.links[0], n - head);
    store.action = kernels::Action::store;
}

void Program::Worker::run_streaming(std::int64_t first, std::int64_t n) {
    const Code& code = program_.codes_.back();
    const Write& write = program_.writes_[0];
    std::int64_t size = write.access.itemsize();
    char* to = write.access.start() + first * size;
    if (code.chain) {
        slots_[code.out] = to;
        run_chain(code, n);
        return;
    }
    // Enough elements for whole vectors of the narrowest operand.
    std::int64_t piece = stream_piece_bytes / code.narrowest;
    for (std::int64_t done = 0; done < n; done += piece) {
        std::int64_t taken = std::min(piece, n - done);
        const void* in[3];
        for (int k = 0; k < 3; ++k) {
            int slot = code.in[k];
            std::int64_t step =
                program_.slot_scalar_[slot] ? 0 : itemsize(program_.slot_dtype_[slot]);
            in[k] = static_cast<const char*>(slots_[slot]) + done * step;
        }
        code.loop(slots_[code.out], in, taken);
        kernels::stream(to + done * size, slots_[code.out], taken * size);
    }
}

void Program::Worker::write_values(std::int64_t first, std::int64_t n) {
    for (std::size_t k = 0; k < program_.writes_.size(); ++k) {
        const Write& write = program_.writes_[k];
        const void* value = slots_[write.slot];
        if (write.stream) {
            kernels::stream(write.access.start() + first * write.access.itemsize(), value,
                            n * write.access.itemsize());
        } else if (!write.direct || value == registers_[k]) {
            char* piece = write.access.piece(first, n);
            if (piece)
                kernels::copy(piece, value, n * write.access.itemsize());
            else
                write.access.write(value, first, n);
        }
    }
}

const void* Program::Worker::reduced(int k) { return slots_[program_.reduced_slots_[k]]; }

void Program::Worker::finish() {
    bool fence = program_.streams_rows_;
    for (const Write& write : program_.writes_) fence |= write.stream;
    if (fence) kernels::store_fence();
}

}  // namespace hpxpy
