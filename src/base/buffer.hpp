// Storage of array elements: counted, aligned to 64 bytes, and cached when freed (a page fault costs
// more than arithmetic). Made by exec and the bindings, held by the graph and by requests.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ref.hpp"

namespace hpxpy {

/// What contents are worth where one locality is played alone (see comm/play.hpp): its own, made of what stands for those
/// of others, or never computed.
enum class Worth : std::uint8_t { own, made_up, blank };

/// A piece of memory with one owner count. It never moves.
class Buffer final : public RefCounted {
public:
    /// `bytes` of uninitialised memory; MemoryError (with the size) if there is none.
    static Ref<Buffer> allocate(std::int64_t bytes);
    /// Memory of somebody else; `release(owner)` is called once, when nobody needs it any more.
    static Ref<Buffer> borrow(void* data, std::int64_t bytes, bool writeable, void* owner,
                              void (*release)(void* owner));
    static void destroy(Buffer* buffer);

    void* data() const { return data_; }
    std::int64_t bytes() const { return bytes_; }
    bool writeable() const { return writeable_; }
    /// Others may write it behind our back: imported memory, or exported while the consumer lives.
    bool shared() const { return borrowed_ || exports_ > 0; }
    /// True if the memory belongs to somebody else.
    bool borrowed() const { return borrowed_; }
    Worth worth() const { return worth_; }
    void set_worth(Worth worth) { worth_ = worth; }
    void add_export() { ++exports_; }
    void end_export() { --exports_; }

private:
    Buffer() = default;
    void* data_ = nullptr;
    std::int64_t bytes_ = 0;
    void* owner_ = nullptr;
    void (*release_)(void*) = nullptr;
    std::atomic<int> exports_{0};
    bool writeable_ = true;
    bool borrowed_ = false;
    Worth worth_ = Worth::own;
};

/// From now on memory is reserved, however much it is, and becomes real where it is touched.
void reserve_memory();

/// Bytes that arrays hold now, bytes kept for reuse, and the most ever held.
struct MemoryUse {
    std::int64_t used;
    std::int64_t cached;
    std::int64_t peak;
};
MemoryUse memory_use();

/// Is told of every new peak, on the thread that has reached it; nobody with nullptr.
using PeakObserver = void (*)(std::int64_t bytes);
void set_peak_observer(PeakObserver observer);

/// Gives the cached memory back to the system.
void trim_memory();

}  // namespace hpxpy
