// Reads and checks the HPXPY_* variables of the environment.
// SPDX-License-Identifier: BSL-1.0
#include "base/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include "base/engines.hpp"
#include "base/error.hpp"

namespace hpxpy::settings {

namespace {

constexpr std::int64_t megabyte = std::int64_t(1) << 20;

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

bool truth(const char* name) {
    std::string text = lower(variable(name));
    if (text.empty() || text == "0" || text == "off" || text == "false" || text == "no")
        return false;
    if (text == "1" || text == "on" || text == "true" || text == "yes") return true;
    fail<ValueError>(name, ": '", text, "' is not a truth value; give 1 or 0");
}

}  // namespace

std::int64_t parse_bytes(std::string_view variable, std::string_view text) {
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string unit = lower(text.substr(static_cast<std::size_t>(end - text.data())));
    int shift = -1;
    if (unit.empty() || unit == "b") shift = 0;
    for (int i = 0; i < 3; ++i) {
        std::string letter(1, "kmg"[i]);
        if (unit == letter || unit == letter + "b" || unit == letter + "ib") shift = 10 * (i + 1);
    }
    if (error != std::errc() || shift < 0 || number > (~std::uint64_t(0) >> 1 >> shift))
        fail<ValueError>(variable, ": '", text,
                         "' is not a size; give bytes such as 1000000, or 512K, 64M or 2G");
    return static_cast<std::int64_t>(number << shift);
}

std::int64_t cache_limit() {
    std::string_view text = variable("HPXPY_CACHE_LIMIT");
    if (!text.empty()) return parse_bytes("HPXPY_CACHE_LIMIT", text);
    std::int64_t memory = std::int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    return std::clamp<std::int64_t>(memory / 8, 0, 4096 * megabyte);
}

std::int64_t pending_limit() {
    std::string_view text = variable("HPXPY_PENDING_LIMIT");
    return text.empty() ? 512 * megabyte : parse_bytes("HPXPY_PENDING_LIMIT", text);
}

std::optional<std::int64_t> gather_limit() {
    std::string_view text = variable("HPXPY_GATHER_LIMIT");
    if (text.empty()) return std::nullopt;
    return parse_bytes("HPXPY_GATHER_LIMIT", text);
}

std::int64_t available_memory() {
    std::int64_t available = std::int64_t(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    std::ifstream memory("/proc/meminfo");
    for (std::string name; memory >> name; memory.ignore(256, '\n')) {
        if (name != "MemAvailable:") continue;
        if (std::int64_t kilobytes = 0; memory >> kilobytes) available = kilobytes << 10;
        break;
    }
    // A control group without a limit says "max", which is no number.
    std::int64_t most = 0, used = 0;
    if (std::ifstream("/sys/fs/cgroup/memory.max") >> most &&
        std::ifstream("/sys/fs/cgroup/memory.current") >> used)
        available = std::min(available, std::max<std::int64_t>(most - used, 0));
    return available;
}

std::optional<int> num_threads() {
    std::string_view text = variable("HPXPY_NUM_THREADS");
    if (text.empty()) return std::nullopt;
    int number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > 65536)
        fail<ValueError>("HPXPY_NUM_THREADS: '", text,
                         "' is not a number of threads; give a whole number from 1 to 65536");
    return number;
}

std::string engine() {
    std::string name(variable("HPXPY_ENGINE"));
    bool good = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
    if (!good)
        fail<ValueError>("HPXPY_ENGINE: '", name, "' is not the name of an engine; give ",
                         engine_names());
    return name;
}

std::string isa() {
    std::string name = lower(variable("HPXPY_ISA"));
    if (!name.empty() && name != "baseline" && name != "avx2" && name != "avx512")
        fail<ValueError>("HPXPY_ISA: '", name,
                         "' is not an instruction set; give baseline, avx2 or avx512");
    return name;
}

bool debug() { return truth("HPXPY_DEBUG"); }

bool deterministic() { return truth("HPXPY_DETERMINISTIC"); }

void check_stalls() {
    truth("HPXPY_STALL_ENDS");
    std::string_view text = variable("HPXPY_STALL_SECONDS");
    if (text.empty()) return;
    double seconds = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0))
        fail<ValueError>("HPXPY_STALL_SECONDS: '", text,
                         "' is not a time; give seconds such as 60, or 0 for never");
}

}  // namespace hpxpy::settings
