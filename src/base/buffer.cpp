// Where array memory comes from. Below 64 KB the header and the elements are one malloc; above, the
// elements are pieces of their own, kept for the next request when freed; from 2 MB they are mapped
// for huge pages.
// SPDX-License-Identifier: BSL-1.0
#include "base/buffer.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "base/error.hpp"
#include "base/settings.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t alignment = 64;
constexpr std::int64_t small_limit = std::int64_t(64) << 10;
constexpr std::int64_t huge_page = std::int64_t(2) << 20;

std::atomic<std::int64_t> used_bytes{0};
std::atomic<std::int64_t> peak_bytes{0};
std::atomic<PeakObserver> peak_observer{nullptr};
std::atomic<bool> reserves{false};

void count_used(std::int64_t bytes) {
    std::int64_t now = used_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    std::int64_t peak = peak_bytes.load(std::memory_order_relaxed);
    while (now > peak) {
        if (!peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) continue;
        if (PeakObserver observing = peak_observer.load(std::memory_order_relaxed)) observing(now);
        break;
    }
}

// Sizes of pieces: eighths of a power of two, then whole huge pages.
std::int64_t capacity_for(std::int64_t bytes) {
    std::int64_t grain = huge_page;
    if (bytes < huge_page)
        grain = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(bytes))) / 8;
    return (bytes + grain - 1) / grain * grain;
}

void* map_huge(std::int64_t capacity) {
    std::size_t bytes = static_cast<std::size_t>(capacity + huge_page);
    int reserve = reserves ? MAP_NORESERVE : 0;
    void* mapped =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | reserve, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    auto start = reinterpret_cast<std::uintptr_t>(mapped);
    std::uintptr_t first = (start + huge_page - 1) / huge_page * huge_page;
    std::uintptr_t last = first + static_cast<std::uintptr_t>(capacity);
    if (first > start) munmap(mapped, first - start);
    if (start + bytes > last) munmap(reinterpret_cast<void*>(last), start + bytes - last);
    if (!reserves)
        madvise(reinterpret_cast<void*>(first), static_cast<std::size_t>(capacity), MADV_HUGEPAGE);
    return reinterpret_cast<void*>(first);
}

void* take_from_system(std::int64_t capacity) {
    if (capacity >= huge_page) return map_huge(capacity);
    return std::aligned_alloc(alignment, static_cast<std::size_t>(capacity));
}

void give_to_system(void* piece, std::int64_t capacity) {
    if (capacity >= huge_page)
        munmap(piece, static_cast<std::size_t>(capacity));
    else
        std::free(piece);
}

// More than the machine has would be granted where the system overcommits, and kill us when written.
bool is_absurd(std::int64_t bytes) {
    if (reserves) return bytes < 0;
    struct sysinfo machine {};
    if (bytes < 0 || sysinfo(&machine) != 0) return bytes < 0;
    return static_cast<std::uint64_t>(bytes) / machine.mem_unit >
           std::uint64_t(machine.totalram) + machine.totalswap;
}

// Freed pieces, found by size, given back to the system in the order in which they were freed.
class Cache {
public:
    // Never destroyed: arrays may die after static objects.
    static Cache& instance() {
        static Cache& cache = *new Cache;
        return cache;
    }

    // A piece of `capacity`, or a larger one with at most a quarter more than `bytes`; nullptr if there
    // is none. Sets its size.
    void* take(std::int64_t bytes, std::int64_t& capacity) {
        std::lock_guard lock(mutex_);
        auto found = by_size_.lower_bound({capacity, 0});
        if (found == by_size_.end() || found->first.first > std::max(capacity, bytes + bytes / 4))
            return nullptr;
        // Of equal pieces the last one freed is the warmest.
        found = std::prev(by_size_.lower_bound({found->first.first + 1, 0}));
        void* piece = found->second;
        capacity = found->first.first;
        cached_ -= capacity;
        by_age_.erase(found->first.second);
        by_size_.erase(found);
        return piece;
    }

    // Takes the piece if it fits under the limit; the caller keeps it otherwise.
    bool put(void* piece, std::int64_t capacity) noexcept {
        if (capacity > limit_) return false;
        std::lock_guard lock(mutex_);
        std::int64_t age = next_age_++;
        try {
            by_age_.emplace(age, capacity);
            by_size_.emplace(std::pair(capacity, age), piece);
        } catch (const std::bad_alloc&) {
            by_age_.erase(age);
            return false;
        }
        cached_ += capacity;
        drop_oldest(limit_);
        return true;
    }

    void trim() {
        std::lock_guard lock(mutex_);
        drop_oldest(0);
    }

    std::int64_t cached() {
        std::lock_guard lock(mutex_);
        return cached_;
    }

private:
    void drop_oldest(std::int64_t limit) {
        while (cached_ > limit) {
            auto [age, capacity] = *by_age_.begin();
            auto oldest = by_size_.find({capacity, age});
            give_to_system(oldest->second, capacity);
            cached_ -= capacity;
            by_size_.erase(oldest);
            by_age_.erase(by_age_.begin());
        }
    }

    const std::int64_t limit_ = settings::cache_limit();
    std::mutex mutex_;
    std::int64_t cached_ = 0;
    std::int64_t next_age_ = 0;
    std::map<std::int64_t, std::int64_t> by_age_;
    std::map<std::pair<std::int64_t, std::int64_t>, void*> by_size_;
};

[[noreturn]] void fail_memory(std::int64_t bytes) {
    MemoryUse use = memory_use();
    fail<MemoryError>("array: ", bytes,
                      " bytes asked for, which the system does not have; arrays "
                      "hold ",
                      use.used, " bytes and ", use.cached, " are kept for reuse");
}

}  // namespace

Ref<Buffer> Buffer::allocate(std::int64_t bytes) {
    if (bytes >= 0 && bytes < small_limit) {
        std::size_t size = sizeof(Buffer) + static_cast<std::size_t>(alignment + bytes);
        void* block = std::malloc(size);
        if (!block) fail_memory(bytes);
        auto* buffer = new (block) Buffer;
        auto end = reinterpret_cast<std::uintptr_t>(buffer + 1);
        buffer->data_ = reinterpret_cast<void*>((end + alignment - 1) / alignment * alignment);
        buffer->bytes_ = bytes;
        count_used(bytes);
        return buffer;
    }
    if (is_absurd(bytes)) fail_memory(bytes);
    Cache& cache = Cache::instance();
    std::int64_t capacity = capacity_for(bytes);
    void* piece = cache.take(bytes, capacity);
    if (!piece) piece = take_from_system(capacity);
    if (!piece) {
        cache.trim();
        piece = take_from_system(capacity);
    }
    void* block = piece ? std::malloc(sizeof(Buffer)) : nullptr;
    if (!block) {
        if (piece) give_to_system(piece, capacity);
        fail_memory(bytes);
    }
    auto* buffer = new (block) Buffer;
    buffer->data_ = piece;
    buffer->bytes_ = bytes;
    // Memory of our own has no owner: the field keeps the size of the piece.
    buffer->owner_ = reinterpret_cast<void*>(static_cast<std::uintptr_t>(capacity));
    count_used(bytes);
    return buffer;
}

Ref<Buffer> Buffer::borrow(void* data, std::int64_t bytes, bool writeable, void* owner,
                           void (*release)(void* owner)) {
    void* block = std::malloc(sizeof(Buffer));
    if (!block) fail_memory(static_cast<std::int64_t>(sizeof(Buffer)));
    auto* buffer = new (block) Buffer;
    buffer->data_ = data;
    buffer->bytes_ = bytes;
    buffer->owner_ = owner;
    buffer->release_ = release;
    buffer->writeable_ = writeable;
    buffer->borrowed_ = true;
    return buffer;
}

void Buffer::destroy(Buffer* buffer) {
    if (buffer->borrowed_) {
        if (buffer->release_) buffer->release_(buffer->owner_);
    } else {
        used_bytes.fetch_sub(buffer->bytes_, std::memory_order_relaxed);
        if (buffer->owner_) {
            auto capacity =
                static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(buffer->owner_));
            if (!Cache::instance().put(buffer->data_, capacity))
                give_to_system(buffer->data_, capacity);
        }
    }
    buffer->~Buffer();
    std::free(buffer);
}

MemoryUse memory_use() {
    return {used_bytes.load(std::memory_order_relaxed), Cache::instance().cached(),
            peak_bytes.load(std::memory_order_relaxed)};
}

void reserve_memory() { reserves = true; }

void set_peak_observer(PeakObserver observer) { peak_observer = observer; }

void trim_memory() {
    Cache::instance().trim();
    malloc_trim(0);
}

}  // namespace hpxpy
