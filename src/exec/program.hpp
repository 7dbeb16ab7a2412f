// A step made ready to run: which loop, where its operands lie in a block, what is written where.
// This is the seam between steps and code: whatever runs a block of a step stands behind it.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "exec/access.hpp"
#include "exec/chains.hpp"
#include "exec/portions.hpp"
#include "kernels/chains.hpp"
#include "plan/step.hpp"

namespace hpxpy {

class Program {
    struct Code {
        kernels::Block loop = nullptr;
        int out = 0;
        int in[3] = {0, 0, 0};
        std::int64_t narrowest = 0;  ///< bytes of the loop's smallest element
        DType count_dtype{};         ///< of a count, which has neither loop nor chain
        std::int64_t first = 0;
        kernels::Chain chain = nullptr;
        int links[2] = {0, 0};  ///< of a chain: its links from the one, before the other
    };

public:
    /// The stores' nodes have their buffers by now, and all loads theirs, or portions that can be read in place.
    explicit Program(const Step& step);

    /// Elements that a block should have where nothing else asks for a size.
    std::int64_t block() const { return block_; }
    /// The innermost run that all of memory is stepped through evenly; see common_run.
    std::int64_t run() const { return run_; }
    /// All memory is linear, so blocks may begin anywhere.
    bool linear() const { return linear_; }
    /// Instructions and copies for each element, to weigh whether threads are worth it.
    int weight() const { return weight_; }

    /// Memory that the registers of one thread take.
    std::int64_t register_bytes() const {
        return register_bytes_ * static_cast<std::int64_t>(registers_.size());
    }

    /// What one thread needs to run blocks.
    class Worker {
    public:
        explicit Worker(const Program& program);
        /// The same with `registers` of its own: register_bytes() that begin at a cache line.
        Worker(const Program& program, char* registers);
        /// Whether positions [first, last) read nothing that is still to come.
        bool ready(std::int64_t first, std::int64_t last);
        /// Runs positions [first, first + n), n <= the register size.
        void run_block(std::int64_t first, std::int64_t n);
        /// The dense elements of the step's reduction `k` in the block just run.
        const void* reduced(int k);
        /// After the last block, before another thread reads what was stored.
        void finish();

    private:
        struct Located {
            const Access* access = nullptr;
            std::int64_t first = 0;
            std::int64_t last = 0;
            bool comes = false;
        };
        const Located& locate(std::size_t k, std::int64_t first);
        char* piece(std::size_t k, std::int64_t first, std::int64_t n);
        void run_codes(std::int64_t first, std::int64_t n, std::size_t count);
        void run_chain(const Code& code, std::int64_t n);
        void run_chain_past_caches(const Code& code, std::int64_t n);
        void run_streaming(std::int64_t first, std::int64_t n);
        void write_values(std::int64_t first, std::int64_t n);

        const Program& program_;
        std::vector<void*> slots_;
        std::vector<void*> registers_;  ///< of each write: its register
        std::vector<kernels::Link> links_;
        struct Copied {
            std::int64_t first = 0;
            std::int64_t count = 0;
        };
        std::vector<Copied> copied_;  ///< of each read: the positions that its scratch register has
        std::vector<Located>
            located_;  ///< of each read of portions: the positions of the last one found
    };

private:
    friend class Worker;
    struct Read {
        int slot;
        int scratch;                   ///< register to copy to where the block is not in one piece
        std::optional<Access> access;  ///< one of the two
        std::optional<PortionedAccess> portions;
        std::int64_t period = 0;

        void read(void* dense, std::int64_t first, std::int64_t n) const {
            portions ? portions->read(dense, first, n) : access->read(dense, first, n);
        }
    };
    struct Write {
        int slot;
        Access access;
        bool direct;  ///< the value's instruction writes the memory itself where it is in one piece
        bool stream;
    };
    struct Fill {
        int slot;
        int from;
        std::int64_t itemsize;
    };

    int slot_of(Value value) const;
    int dense_slot_of(Value value);
    int new_register();
    void compile(const Step& step);
    void add_code(const Instruction& instruction, int out);
    void add_chain(const std::vector<ChainLink>& links, const Instruction& last, int out);
    void add_stores(const Step& step);

    std::int64_t block_ = 1024;
    std::int64_t register_bytes_ = 0;
    std::int64_t run_ = 1;
    bool linear_ = true;
    bool from_memory_ = false;  ///< one chain of what does not fit in caches
    bool streams_ = false;  ///< the last instruction's values go past the caches, and nothing else
    bool streams_rows_ = false;  ///< so do those of the last chain, where a block lies in one piece
    bool awaits_element_ = false;  ///< one element for the whole domain is still to come
    int weight_ = 0;
    std::vector<Scalar> constants_;
    std::vector<Read> reads_;
    std::vector<Code> codes_;
    std::vector<kernels::Link> links_;  ///< of all chains, without memory
    std::vector<int> link_slots_;       ///< of each link: the slot whose memory it has
    std::vector<Write> writes_;
    std::vector<Fill> fills_;
    std::vector<int> reduced_slots_;
    std::vector<int> load_slots_;                     ///< of each load: its slot
    std::vector<int> constant_slots_;                 ///< of each constant
    std::vector<int> value_slots_;                    ///< of each instruction
    std::vector<std::pair<int, const void*>> fixed_;  ///< slots that always name the same memory
    std::vector<int> registers_;                      ///< slots that are registers
    std::vector<bool> slot_scalar_;
    std::vector<DType> slot_dtype_;
};

/// Runs a step, on the pool when it is large enough; its nodes have their memory.
void run_step(const Step& step);

/// A step of which first that runs which reads nothing that is still to come, and then, when it is there, the rest.
class EarlyRun {
public:
    /// The step has no tiles and some elements, and outlives this.
    explicit EarlyRun(const Step& step);
    ~EarlyRun();
    EarlyRun(const EarlyRun&) = delete;
    EarlyRun& operator=(const EarlyRun&) = delete;
    void run_ready();
    void run_rest();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Joins rows 0 to count - 1 of `items` states each, pairwise; the result is in the last row.
void join_rows(const kernels::ReductionLoops& loops, char* rows, std::int64_t count,
               std::int64_t row_bytes, std::int64_t items);

}  // namespace hpxpy
