// Sorting of keys that fit into a core's cache. Internal to kernels.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace hpxpy::kernels {

/// The most keys that sort_few takes.
constexpr std::int64_t few_keys = 65535;

/// Sorts n keys; `other` is room for as many.
template <class Key>
void sort_few(Key* keys, Key* other, std::int64_t n);

/// The same for keys with their positions, 32-bit or 64-bit; equal keys stay in their order.
template <class Key, class Position>
void sort_few(Key* keys, Key* other, Position* positions, Position* other_positions,
              std::int64_t n);

/// out = the positions that sort n keys, equal ones in their order; false, and nothing done, where that is
/// no faster than sorting keys with their positions.
template <class Key>
bool order_few(std::int64_t* out, const Key* keys, std::int64_t n);

/// Sorts n unsigned keys of up to network_bytes together in place, for the instruction set in use.
using Network = void (*)(void* keys, std::int64_t n);
constexpr std::int64_t network_bytes = 8192;

/// The network for keys of `size` bytes; nullptr where digits are the faster way.
Network network(std::size_t size);

}  // namespace hpxpy::kernels
