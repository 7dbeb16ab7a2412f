// The slot: the message that begins every collective, received into memory of one size. It says what each locality is
// calling, and carries small data along. collectives.cpp calls this.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "comm/collectives.hpp"
#include "comm/progress.hpp"

namespace hpxpy::comm {

/// A signature in fixed size. Hashes decide whether two are equal, the rest is for the message.
struct Call {
    static constexpr int dimensions_kept = 6;
    std::uint64_t call;   ///< function, op, root, detail, maps
    std::uint64_t array;  ///< dtype and shape, as far as they must agree
    std::int64_t shape[dimensions_kept];
    std::int32_t locality;
    std::int32_t root;
    std::uint8_t dtype;
    std::uint8_t dimensions;
    bool has_array;
    bool shapes_may_differ;
    char function[28];
    char op[28];
    std::uint64_t thread;  ///< who calls
    char thread_name[28];
    char detail[156];
    char site[52];  ///< where in the program; localities may differ
};

/// "broadcast of float64 (3,) with root 0 at script.py:12"
std::string describe_call(const Call& call);

struct Slot {
    Slot() {}  // NOLINT(modernize-use-equals-default): the payload is left as it is
    Slot(const Slot& slot) { *this = slot; }
    Slot& operator=(const Slot& slot);
    /// Those of its bytes that count and travel.
    std::int64_t bytes() const;

    Call first{};
    Call other{};  ///< one that differs from `first`; locality -1 if all agree
    std::uint64_t key = 0;
    std::int32_t items = 0;
    bool someone_has_no_array = false;
    std::int32_t meeting = 0;  ///< how many localities call nothing, but meet again
    std::uint64_t needs = 0;   ///< bits that some locality set
    std::int64_t payload_bytes = 0;
    alignas(16) std::byte payload[most_payload];
};

/// The slot that this locality gives, without payload.
Slot make_slot(Communicator& group, const Signature& mine);

/// Puts `items` items into the slot, to be joined by `joining` where all localities agree.
void add_payload(Slot& slot, const void* data, std::int64_t items, const Joining& joining);

/// Joins slots of lower localities with those of higher ones, payload included.
extern const Joining slot_joining;

/// Localities called different things. Nobody is told before all have met again, so that the next call works; who raises
/// it does that.
class Disagreement final : public CommunicationError {
public:
    Disagreement(std::string message, Communicator& group, std::int64_t epoch, std::int64_t number)
        : CommunicationError(std::move(message)),
          group(&group),
          number(number),
          epoch_(epoch),
          now_(group.epoch) {}
    Communicator* group;  ///< there while this is not stale
    std::int64_t number;  ///< calls of this process, in their order
    /// Its localities have met since the call was made, or the group has ended.
    bool stale() const { return epoch_ != *now_; }

private:
    std::int64_t epoch_;
    std::shared_ptr<const std::atomic<std::int64_t>> now_;
};

/// A collective that agrees as it travels: the slot that this locality gives, and what comes of it.
class Agreeing : public Pending {
public:
    Agreeing(Communicator& group, const Slot& slot);
    const Communicator& group() const { return group_; }
    /// What its localities call.
    std::string function() const;
    /// The filled bytes of the slot that this locality gives.
    ConstBytes given() const { return {given_.data(), static_cast<std::int64_t>(given_.size())}; }
    Slot out;

protected:
    /// Throws the Disagreement that names two localities that differ, if some do.
    void finish() override;

private:
    std::vector<std::byte> given_;
    Communicator& group_;
    std::int64_t epoch_;
    std::int64_t number_;
};

/// Starts it. Of the message, `payload` bytes count as those of an all-reduce; without, it is an agreement's.
void launch(const std::shared_ptr<Agreeing>& agreeing, Communicator& group,
            std::int64_t payload = 0);

/// The one started first of those that are under way in the group.
std::shared_ptr<Pending> oldest_agreeing(const Communicator& group);

/// Returns when all localities of the group do nothing but this; what others still call meanwhile fails there.
void meet_again(Communicator& group);

}  // namespace hpxpy::comm
