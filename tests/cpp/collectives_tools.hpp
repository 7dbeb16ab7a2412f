// Short ways to write the calls and buffers of tests of collectives.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstring>
#include <functional>

#include "world.hpp"

namespace hpxpy::comm {

template <class T>
Ref<Buffer> buffer_of(const std::vector<T>& values) {
    Ref<Buffer> buffer = Buffer::allocate(static_cast<std::int64_t>(values.size() * sizeof(T)));
    if (!values.empty()) std::memcpy(buffer->data(), values.data(), values.size() * sizeof(T));
    return buffer;
}

template <class T>
std::vector<T> values_of(const Ref<Buffer>& buffer, std::int64_t offset, std::int64_t count) {
    auto first = reinterpret_cast<const T*>(static_cast<const std::byte*>(buffer->data()) + offset);
    return {first, first + count};
}

inline Signature signature(const std::string& function, DType dtype, Dims shape) {
    Signature mine;
    mine.function = function;
    mine.dtype = dtype;
    mine.shape = std::move(shape);
    return mine;
}

inline Signature reduction(DType dtype, Dims shape, const std::string& op = "sum") {
    Signature mine = signature("all_reduce", dtype, std::move(shape));
    mine.op = op;
    return mine;
}

/// The text of the CommunicationError that `call` throws; empty if it throws none.
inline std::string error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const CommunicationError& error) {
        return error.what();
    }
    return "";
}

inline void sleep_ms(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

inline void expect_sum_works(Communicator& group) {
    Ref<Buffer> in = buffer_of(std::vector<double>{1, 2});
    Ref<Buffer> out = Buffer::allocate(16);
    wait(start_all_reduce(group, reduction(DType::float64, {2}), in, 0, out, 2, sum<double>()));
    double size = group.size();
    EXPECT_EQ(values_of<double>(out, 0, 2), (std::vector<double>{size, 2 * size}));
}

}  // namespace hpxpy::comm
