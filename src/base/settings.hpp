// The HPXPY_* variables of the environment, each read and checked in one place. Called by every room
// that has something to set; a variable that is empty counts as not set.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hpxpy::settings {

/// HPXPY_CACHE_LIMIT: most bytes of freed memory kept for reuse; by default an eighth of the
/// machine's memory, at most 4 GB. ValueError if it is not a size.
std::int64_t cache_limit();

/// HPXPY_PENDING_LIMIT: most bytes that pending work alone keeps alive; by default 512 MB.
/// ValueError if it is not a size.
std::int64_t pending_limit();

/// HPXPY_GATHER_LIMIT: most bytes of a distributed array that are brought together on a locality; nothing if it is not
/// set, ValueError if it is not a size.
std::optional<std::int64_t> gather_limit();

/// Bytes of this machine's memory, or of its control group's, that nobody uses at the moment.
std::int64_t available_memory();

/// HPXPY_NUM_THREADS: threads of this locality; nothing if it is not set, ValueError if it is not a
/// whole number from 1 to 65536.
std::optional<int> num_threads();

/// HPXPY_ENGINE: the engine's name, empty if it is not set; ValueError if it is no name (letters,
/// digits and underscores). Whether the engine exists is for `init` to find out.
std::string engine();

/// HPXPY_ISA: "baseline", "avx2" or "avx512", empty if it is not set; ValueError for others.
std::string isa();

/// HPXPY_DEBUG: whether localities compare what they record; ValueError if it is no truth value.
bool debug();

/// HPXPY_DETERMINISTIC: whether all reductions and scans have the bits of one locality; ValueError if it is no truth
/// value.
bool deterministic();

/// Bytes of this machine's memory, or of its control group's limit.
std::int64_t total_memory();

/// What a variable takes.
enum class Kind {
    any,
    truth,
    size,
    seconds,
    threads,
    number,
    engine,
    isa,
    folder,
    address,
    levels,
    transport,
    interface,
    ports,
};

/// A row of settings.def.
struct Row {
    std::string_view name;
    Kind kind;
    std::string_view otherwise;  ///< what holds without it
    std::string_view meaning;
    bool of_launcher;  ///< set by launchers, not by users
};

inline constexpr Row rows[] = {
#define HPXPY_SETTING(name, kind, otherwise, meaning) \
    {#name, Kind::kind, otherwise, meaning, false},
#define HPXPY_SETTING_OF_LAUNCHER(name, kind, meaning) {#name, Kind::kind, "", meaning, true},
#include "base/settings.def"
#undef HPXPY_SETTING
#undef HPXPY_SETTING_OF_LAUNCHER
};

/// What variables of that kind take, as a table says it: "1 or 0".
std::string taken(Kind kind);

/// ValueError that names the variable, shows `text` and says what would do, unless the variable takes it; one that is
/// not in the table takes everything.
void check(std::string_view name, std::string_view text);

/// The same for all variables of this process's environment.
void check_all();

/// `text` as bytes: digits, then nothing, K, M or G (also k, m, g, and with B or iB), powers of 1024.
/// ValueError, naming `variable`, if it is something else or past 2^63 - 1.
std::int64_t parse_bytes(std::string_view variable, std::string_view text);

}  // namespace hpxpy::settings
