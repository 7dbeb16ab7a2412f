// Which engines there are: the rows of engines.def as run-time values, for whoever takes an engine's name.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace hpxpy {

struct EngineRow {
    std::string_view name;
    bool runs;  ///< programs, for `hpxpy run`
    std::string_view remedy;
};

inline constexpr EngineRow engine_rows[] = {
#define HPXPY_ENGINE(name, runs, remedy) {#name, runs, remedy},
#include "base/engines.def"
#undef HPXPY_ENGINE
};

/// The engine of that name, nullptr if there is none.
constexpr const EngineRow* find_engine(std::string_view name) {
    for (const EngineRow& row : engine_rows)
        if (row.name == name) return &row;
    return nullptr;
}

/// "local, mpi or hpx": those that run programs, each name between two of `quote`.
inline std::string engine_names(std::string_view quote = "") {
    std::string result;
    std::size_t last = std::size(engine_rows) - 1;
    while (!engine_rows[last].runs) --last;
    for (std::size_t i = 0; i <= last; ++i) {
        if (!engine_rows[i].runs) continue;
        if (i > 0) result += i < last ? ", " : " or ";
        (((result += quote) += engine_rows[i].name) += quote);
    }
    return result;
}

}  // namespace hpxpy
