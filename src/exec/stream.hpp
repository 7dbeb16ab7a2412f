// The elements of an array, computed and converted in pieces while they are read, so that what only passes through
// takes no memory. Used by what lives in exec because it needs values: scans, counts, searches, positions.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <limits>
#include <memory>
#include <optional>

#include "exec/program.hpp"

namespace hpxpy {

class Stream {
public:
    /// The elements of this locality's part of `x` as `dtype`, in C order. Evaluates what the last pass over them
    /// reads; memory must not be written while the stream is read. Who reads only `span` of a row (the last axis)
    /// before the same places of the next one says so.
    Stream(const Array& x, DType dtype,
           std::int64_t span = std::numeric_limits<std::int64_t>::max());

    std::int64_t count() const { return count_; }
    /// The elements lie densely in memory: reading them costs nothing.
    bool dense() const { return !program_; }

    /// What one thread needs to read.
    class Reader {
    public:
        explicit Reader(const Stream& stream);
        bool dense() const { return stream_.dense(); }
        /// The dense elements [first, first + n), there until the next call.
        const char* read(std::int64_t first, std::int64_t n);
        template <class T>
        const T* read_as(std::int64_t first, std::int64_t n) {
            return static_cast<const T*>(static_cast<const void*>(read(first, n)));
        }

    private:
        void load(std::int64_t first, std::int64_t n);

        const Stream& stream_;
        std::unique_ptr<char[]> registers_;
        std::optional<Program::Worker> worker_;
        std::unique_ptr<char[]> piece_;
        std::int64_t room_ = 0;
        std::int64_t first_ = 0, last_ = 0;  ///< the elements that the piece has
    };

private:
    std::int64_t count_;
    std::int64_t size_;
    Array stored_;  ///< where dense
    const char* data_ = nullptr;
    Step step_;  ///< whose only reduction stands for who reads
    std::optional<Program> program_;
};

/// As many elements as a reader is best asked for at once.
constexpr std::int64_t stream_piece = 4096;

/// Calls body(first, n) for pieces of [first, last), one where `stream` is dense.
template <class Body>
void in_pieces(const Stream& stream, std::int64_t first, std::int64_t last, const Body& body) {
    std::int64_t most = stream.dense() ? last - first : stream_piece;
    for (; first < last; first += most) body(first, std::min(most, last - first));
}

}  // namespace hpxpy
