// Sorting of keys that fit into a core's cache. Internal to kernels.
// SPDX-License-Identifier: BSL-1.0
#pragma once

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

}  // namespace hpxpy::kernels
