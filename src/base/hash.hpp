// A hash that localities compare: the same number on every machine and in every build.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace hpxpy {

/// FNV-1a (Fowler, Noll, Vo) over numbers of eight bytes and texts.
class Hash {
public:
    Hash& add(std::string_view text) {
        for (char c : text) mix(static_cast<unsigned char>(c));
        mix(0xff);
        return *this;
    }
    Hash& add(std::int64_t value) {
        for (int i = 0; i < 8; ++i) mix(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
        return *this;
    }
    std::uint64_t value() const { return value_; }

private:
    void mix(std::uint64_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
    std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace hpxpy
