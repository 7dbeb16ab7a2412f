// Storage of array elements: counted, aligned to 64 bytes, and cached when freed (a page fault costs
// more than arithmetic). Made by exec and the bindings, held by the graph and by requests.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ref.hpp"

namespace hpxpy {

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
};

/// Bytes that arrays hold now, bytes kept for reuse, and the most ever held.
struct MemoryUse {
    std::int64_t used;
    std::int64_t cached;
    std::int64_t peak;
};
MemoryUse memory_use();

/// Gives the cached memory back to the system.
void trim_memory();

}  // namespace hpxpy
