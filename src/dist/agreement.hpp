// The slot: the small message of fixed size that begins every collective. It says what each locality is
// calling, and carries small data along. collectives.cpp calls this.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "dist/collectives.hpp"
#include "dist/exchange.hpp"

namespace hpxpy::dist {

/// A signature in fixed size. Hashes decide whether two are equal, the rest is for the message.
struct Call {
    static constexpr int dimensions_kept = 6;
    std::uint64_t call;   ///< function, op, root
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
};

struct Slot {
    static constexpr std::int64_t capacity = small_payload;
    Call first;
    Call other;  ///< one that differs from `first`; locality -1 if all agree
    std::uint64_t key;
    std::int32_t items;
    bool someone_has_no_array;
    alignas(16) std::byte payload[capacity];
};

/// The slot that this locality gives, without payload.
Slot make_slot(Communicator& group, const Signature& mine);

/// Puts `items` items into the slot, to be joined by `joining` where all localities agree.
void add_payload(Slot& slot, const void* data, std::int64_t items, const Joining& joining);

/// Joins slots of lower localities with those of higher ones, payload included.
extern const Joining slot_joining;

/// Throws the CommunicationError that names two localities that differ, if some do.
void check_agreement(const Slot& slot);

}  // namespace hpxpy::dist
