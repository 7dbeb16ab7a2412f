// Which engines there are: the rows of engines.def as run-time values, for whoever takes an engine's name.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace hpxpy {

struct EngineRow {
    std::string_view name;
    std::string_view remedy;
};

inline constexpr EngineRow engine_rows[] = {
#define HPXPY_ENGINE(name, remedy) {#name, remedy},
#include "base/engines.def"
#undef HPXPY_ENGINE
};

/// The engine of that name, nullptr if there is none.
constexpr const EngineRow* find_engine(std::string_view name) {
    for (const EngineRow& row : engine_rows)
        if (row.name == name) return &row;
    return nullptr;
}

/// "local, mpi or hpx", each name between two of `quote`.
inline std::string engine_names(std::string_view quote = "") {
    std::string result;
    constexpr std::size_t count = std::size(engine_rows);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) result += i + 1 < count ? ", " : " or ";
        (((result += quote) += engine_rows[i].name) += quote);
    }
    return result;
}

}  // namespace hpxpy
