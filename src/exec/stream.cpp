// Arrays read in pieces: the last step of their plan runs where its elements are wanted.
// SPDX-License-Identifier: BSL-1.0
#include "exec/stream.hpp"

#include <algorithm>

#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy {

Stream::Stream(const Array& x, DType dtype, std::int64_t span)
    : count_(x.view.count()), size_(itemsize(dtype)) {
    bool dense = x.dtype() == dtype && x.view.is_contiguous();
    // What is small takes no memory worth a plan.
    if (count_ > stream_piece && !(dense && x.node->at_hand())) {
        if (std::optional<Step> step = last_step(x, dtype, span)) {
            step_ = std::move(*step);
            program_.emplace(step_);
            return;
        }
    }
    stored_ = dense ? x : convert_dense(x, dtype);
    evaluate(stored_);
    data_ = data_of(stored_);
}

Stream::Reader::Reader(const Stream& stream) : stream_(stream) {
    if (!stream.program_) return;
    registers_ = std::make_unique_for_overwrite<char[]>(
        static_cast<std::size_t>(stream.program_->register_bytes()) + 64);
    auto address = reinterpret_cast<std::uintptr_t>(registers_.get());
    worker_.emplace(*stream.program_, registers_.get() + (64 - address % 64) % 64);
}

const char* Stream::Reader::read(std::int64_t first, std::int64_t n) {
    if (!worker_) return stream_.data_ + first * stream_.size_;
    if (first < first_ || first + n > last_) load(first, n);
    return piece_.get() + (first - first_) * stream_.size_;
}

// Few elements are not worth a block, so those that come after them are read with them.
void Stream::Reader::load(std::int64_t first, std::int64_t n) {
    std::int64_t block = stream_.program_->block(), size = stream_.size_;
    if (n < block / 2) n = std::min(block, stream_.count_ - first);
    if (n > room_) {
        room_ = std::max(n, block);
        piece_ = std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(room_ * size));
    }
    for (std::int64_t done = 0; done < n; done += block) {
        std::int64_t taken = std::min(block, n - done);
        worker_->run_block(first + done, taken);
        kernels::copy(piece_.get() + done * size, worker_->reduced(0), taken * size);
    }
    first_ = first;
    last_ = first + n;
}

}  // namespace hpxpy
