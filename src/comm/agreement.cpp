// Agreement of localities on what they call, by one all-reduce of slots.
// SPDX-License-Identifier: BSL-1.0
#include "comm/agreement.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "comm/caller.hpp"
#include "comm/sent.hpp"

namespace hpxpy::comm {
namespace {

template <std::size_t N>
void keep_text(char (&to)[N], const std::string& text) {
    std::string_view kept = std::string_view(text).substr(0, N - 1);
    std::copy(kept.begin(), kept.end(), to);
    if (kept.size() < text.size()) std::memcpy(to + N - 4, "...", 3);
}

/// The kernels that join payloads, by key. A function cannot travel in a slot, but whoever joins two
/// payloads of one key has started a collective of that key itself, if all localities agree.
struct Kernels {
    std::shared_mutex lock;
    std::unordered_map<std::uint64_t, Joining> known;
};
Kernels& kernels() {
    static auto& kernels = *new Kernels;
    return kernels;
}

bool same(const Call& a, const Call& b) {
    return a.call == b.call && a.thread == b.thread &&
           (!a.has_array || !b.has_array || a.array == b.array);
}

/// Whether `b` says more than `a` about the array: root's signature counts, then one that has an array.
bool tells_more(const Call& b, const Call& a) {
    bool a_is_root = a.locality == a.root;
    bool b_is_root = b.locality == b.root;
    if (a_is_root != b_is_root) return b_is_root;
    return b.has_array && !a.has_array;
}

void join_payload(const Slot& left, Slot& into) {
    if (into.items == 0 || left.key != into.key || left.items != into.items) return;
    Joining joining;
    {
        std::shared_lock guard(kernels().lock);
        auto found = kernels().known.find(into.key);
        if (found == kernels().known.end()) return;
        joining = found->second;
    }
    joining.function(left.payload, into.payload, into.items);
    into.payload_bytes = joining.bytes(into.payload, into.items);
}

void join_slot(const Slot& left, Slot& into) {
    into.someone_has_no_array |= left.someone_has_no_array;
    into.meeting += left.meeting;
    into.needs |= left.needs;
    if (left.other.locality >= 0) {
        into.first = left.first;
        into.other = left.other;
    } else if (!same(left.first, into.first)) {
        into.other = into.first;
        into.first = left.first;
    } else if (into.other.locality < 0) {
        join_payload(left, into);
        if (!tells_more(into.first, left.first)) into.first = left.first;
    }
}

std::int64_t filled_slot(const void* slot) { return static_cast<const Slot*>(slot)->bytes(); }

void join_slots(const void* left, void* into, std::int64_t items) {
    for (std::int64_t i = 0; i < items; ++i)
        join_slot(static_cast<const Slot*>(left)[i], static_cast<Slot*>(into)[i]);
}

/// The locality's number in the program, and in a group both numbers.
std::string name_of_locality(const Communicator& group, int locality) {
    std::string number = std::to_string(locality);
    if (group.members.empty()) return "locality " + number;
    return "locality " + std::to_string(group.member(locality)) + " (" + number + " of a group)";
}

std::string describe(const Communicator& group, const Call& call) {
    return name_of_locality(group, call.locality) + " calls " + describe_call(call);
}

/// Throws the Disagreement of a slot, if there is one.
void check(const Slot& slot, Communicator& group, std::int64_t epoch, std::int64_t number) {
    if (slot.other.locality < 0) return;
    bool swap = slot.other.locality < slot.first.locality;
    const Call& a = swap ? slot.other : slot.first;
    const Call& b = swap ? slot.first : slot.other;
    bool threads = a.thread != b.thread && slot.meeting == 0;
    auto tell = [&](const Call& call) {
        return describe(group, call) + (threads ? " on " + describe_thread(call.thread_name) : "");
    };
    throw Disagreement(std::string(a.function) + ": localities do not agree: " + tell(a) + ", " +
                           tell(b) + "; all localities must make the same call" +
                           (threads ? " on the same thread" : ""),
                       group, epoch, number);
}

/// Its result is looked at by who waits for it.
class Meeting final : public Agreeing {
public:
    using Agreeing::Agreeing;

private:
    void finish() override {}
};

}  // namespace

std::string describe_call(const Call& call) {
    std::string text = call.function;
    if (call.has_array) {
        Dims shape(std::min<int>(call.dimensions, Call::dimensions_kept));
        std::copy_n(call.shape, shape.size(), shape.begin());
        std::string lengths = to_string(shape);
        if (call.dimensions > Call::dimensions_kept) lengths.insert(lengths.size() - 1, ", ...");
        text += " of " + std::string(name_of(static_cast<DType>(call.dtype))) + " " + lengths;
    }
    if (call.op[0]) {
        bool barrier = std::strcmp(call.function, "barrier") == 0;
        text += std::string(barrier ? " with name '" : " with op '") + call.op + "'";
    }
    if (call.root >= 0) text += " with root " + std::to_string(call.root);
    if (call.detail[0]) text += std::string(" ") + call.detail;
    if (call.site[0]) text += std::string(" at ") + call.site;
    return text;
}

Agreeing::Agreeing(Communicator& group, const Slot& slot)
    : given_(static_cast<std::size_t>(slot.bytes())), group_(group), epoch_(*group.epoch) {
    std::memcpy(given_.data(), static_cast<const void*>(&slot), given_.size());
    static std::atomic<std::int64_t> made{0};
    number_ = made++;
}

std::string Agreeing::function() const {
    Call first;
    std::memcpy(&first, given_.data() + offsetof(Slot, first), sizeof first);
    return first.function;
}

void Agreeing::finish() { check(out, group_, epoch_, number_); }

void launch(const std::shared_ptr<Agreeing>& agreeing, Communicator& group, std::int64_t payload) {
    std::int64_t others = group.size() - 1;
    count_sent(Traffic::all_reduce, payload > 0 ? others : 0, others * payload);
    count_sent(Traffic::agreement, payload > 0 ? 0 : others,
               others * (agreeing->given().size - payload));
    launch(agreeing, [&] {
        return group.start_all_reduce(agreeing->given().data, &agreeing->out, 1, slot_joining);
    });
}

std::shared_ptr<Pending> oldest_agreeing(const Communicator& group) {
    return find_pending([&](const Pending& pending) {
        auto agreeing = dynamic_cast<const Agreeing*>(&pending);
        return agreeing && &agreeing->group() == &group;
    });
}

void meet_again(Communicator& group) {
    Signature nothing;
    nothing.function = "nothing more before all have been told";
    nothing.has_array = false;
    Slot slot = make_slot(group, nothing);
    slot.first.thread = 0;
    slot.meeting = 1;
    std::shared_ptr<Meeting> meeting;
    do {
        meeting = std::make_shared<Meeting>(group, slot);
        launch(meeting, group);
        wait(meeting);
    } while (meeting->out.meeting < group.size());
    ++*group.epoch;
}

const Joining slot_joining{join_slots, sizeof(Slot), false, filled_slot};

std::int64_t Slot::bytes() const {
    return static_cast<std::int64_t>(offsetof(Slot, payload)) + payload_bytes;
}

Slot& Slot::operator=(const Slot& slot) {
    if (this != &slot)
        std::memcpy(static_cast<void*>(this), static_cast<const void*>(&slot),
                    static_cast<std::size_t>(slot.bytes()));
    return *this;
}

Slot make_slot(Communicator& group, const Signature& mine) {
    check_allowed(mine.function.c_str());
    Slot slot;
    slot.other.locality = -1;
    slot.someone_has_no_array = !mine.has_array;
    slot.needs = mine.needs;
    Call& call = slot.first;
    std::string detail = mine.detail;
    if (!call_parameters().empty())
        detail = "(" + call_parameters() + ")" + (detail.empty() ? "" : " ") + detail;
    call.call = Hash()
                    .add(mine.function)
                    .add(mine.op)
                    .add(mine.root)
                    .add(std::int64_t{mine.shapes_may_differ})
                    .add(detail)
                    .add(static_cast<std::int64_t>(mine.fingerprint))
                    .value();
    call.locality = group.id();
    call.root = mine.root;
    call.has_array = mine.has_array;
    call.shapes_may_differ = mine.shapes_may_differ;
    keep_text(call.function, mine.function);
    keep_text(call.op, mine.op);
    keep_text(call.detail, detail);
    keep_text(call.site, call_site());
    Caller who = caller();
    call.thread = Hash().add(who.identity).value();
    keep_text(call.thread_name, who.name);
    if (!mine.has_array) return slot;

    Hash hash;
    hash.add(static_cast<std::int64_t>(mine.dtype)).add(mine.shape.size());
    if (!mine.shapes_may_differ)
        for (std::int64_t length : mine.shape) hash.add(length);
    call.array = hash.value();
    call.dtype = static_cast<std::uint8_t>(mine.dtype);
    call.dimensions = static_cast<std::uint8_t>(mine.shape.size());
    std::copy_n(mine.shape.begin(), std::min(mine.shape.size(), Call::dimensions_kept), call.shape);
    return slot;
}

void add_payload(Slot& slot, const void* data, std::int64_t items, const Joining& joining) {
    slot.key = Hash()
                   .add(static_cast<std::int64_t>(slot.first.call))
                   .add(slot.first.dtype)
                   .add(joining.item_size)
                   .value();
    slot.items = static_cast<std::int32_t>(items);
    slot.payload_bytes = joining.bytes(data, items);
    std::memcpy(slot.payload, data, static_cast<std::size_t>(slot.payload_bytes));
    {
        std::shared_lock guard(kernels().lock);
        auto found = kernels().known.find(slot.key);
        if (found != kernels().known.end() && found->second.function == joining.function) return;
    }
    std::lock_guard guard(kernels().lock);
    kernels().known[slot.key] = joining;
}

Signature agree(Communicator& group, const Signature& mine) {
    if (group.size() == 1) return mine;
    auto agreement = std::make_shared<Agreeing>(group, make_slot(group, mine));
    launch(agreement, group);
    wait(agreement);
    // All have started what came before; who did not agree on that is told now, everywhere.
    while (auto earlier = oldest_agreeing(group)) wait_quietly(earlier);
    raise_untold(group);

    const Call& call = agreement->out.first;
    Signature common = mine;
    common.needs = agreement->out.needs;
    if (!call.has_array) return common;
    common.has_array = true;
    common.dtype = static_cast<DType>(call.dtype);
    common.shape = Dims(call.dimensions);
    int kept = std::min<int>(call.dimensions, Call::dimensions_kept);
    std::copy_n(call.shape, kept, common.shape.begin());
    if (call.dimensions == kept) return common;
    // The slot cannot hold so many lengths; who gave the array tells them.
    if (call.locality == group.id()) common.shape = mine.shape;
    struct Lengths final : Pending {
        std::int64_t values[max_dimensions];
    };
    auto lengths = std::make_shared<Lengths>();
    std::copy(common.shape.begin(), common.shape.end(), lengths->values);
    count_given(group, Traffic::agreement, call.locality, call.dimensions * 8);
    launch(lengths, [&] {
        return group.start_broadcast({lengths->values, call.dimensions * 8}, call.locality);
    });
    wait(lengths);
    std::copy_n(lengths->values, call.dimensions, common.shape.begin());
    return common;
}

}  // namespace hpxpy::comm
