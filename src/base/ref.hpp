// An intrusive, thread-safe reference count: buffers and nodes are shared by it.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace hpxpy {

/// Base of what a Ref can hold. The last Ref calls `destroy()` of the derived class.
class RefCounted {
public:
    RefCounted() = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;
    std::int32_t references() const { return count_.load(std::memory_order_relaxed); }
    void retain() { count_.fetch_add(1, std::memory_order_relaxed); }
    /// True when the caller was the last owner.
    bool release() { return count_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

private:
    std::atomic<std::int32_t> count_{0};
};

/// An owning pointer to a RefCounted object that has a static `destroy(T*)`.
template <class T>
class Ref {
public:
    Ref() = default;
    Ref(T* pointer) : pointer_(pointer) {
        if (pointer_) pointer_->retain();
    }
    Ref(const Ref& other) : Ref(other.pointer_) {}
    Ref(Ref&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(pointer_, other.pointer_);
        return *this;
    }
    ~Ref() {
        if (pointer_ && pointer_->release()) T::destroy(pointer_);
    }
    T* get() const { return pointer_; }
    T* operator->() const { return pointer_; }
    T& operator*() const { return *pointer_; }
    explicit operator bool() const { return pointer_ != nullptr; }
    bool operator==(const Ref& other) const = default;

private:
    T* pointer_ = nullptr;
};

}  // namespace hpxpy
