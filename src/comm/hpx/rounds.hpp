// Small collectives as rounds: messages that may pass each other, then a step that needs them all.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "comm/hpx/transport.hpp"

namespace hpxpy::comm::hpx_engine {

class Rounds final : public Request {
public:
    struct Round {
        /// Starts the round's messages and gives their transfers.
        std::function<std::vector<TransferRef>()> start;
        /// Done when all of them are complete.
        std::function<void()> finish;
    };

    /// `keep` is what the rounds work on.
    Rounds(std::vector<Round> rounds, std::shared_ptr<void> keep)
        : rounds_(std::move(rounds)), keep_(std::move(keep)) {
        begin();
    }

    bool test() override {
        while (next_ < rounds_.size()) {
            while (!transfers_.empty() && transfers_.back()->test()) transfers_.pop_back();
            if (!transfers_.empty()) return false;
            if (rounds_[next_].finish) rounds_[next_].finish();
            ++next_;
            begin();
        }
        return true;
    }

private:
    void begin() {
        if (next_ < rounds_.size()) transfers_ = rounds_[next_].start();
    }

    std::vector<Round> rounds_;
    std::shared_ptr<void> keep_;
    std::vector<TransferRef> transfers_;
    std::size_t next_ = 0;
};

}  // namespace hpxpy::comm::hpx_engine
