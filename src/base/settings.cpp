// Reads and checks the HPXPY_* variables of the environment.
// SPDX-License-Identifier: BSL-1.0
#include "base/settings.hpp"

#include <net/if.h>
#include <sys/stat.h>
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

bool parse_truth(std::string_view name, std::string_view given) {
    std::string text = lower(given);
    if (text.empty() || text == "0" || text == "off" || text == "false" || text == "no")
        return false;
    if (text == "1" || text == "on" || text == "true" || text == "yes") return true;
    fail<ValueError>(name, ": '", given, "' is not a truth value; give 1 or 0");
}

bool truth(const char* name) { return parse_truth(name, variable(name)); }

/// The number that `text` is, as far as it is one.
template <class T>
std::optional<T> whole_text(std::string_view text) {
    T number{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

int parse_threads(std::string_view name, std::string_view text) {
    auto number = whole_text<int>(text);
    if (!number || *number < 1 || *number > 65536)
        fail<ValueError>(name, ": '", text,
                         "' is not a number of threads; give a whole number from 1 to 65536");
    return *number;
}

void check_number(std::string_view name, std::string_view text) {
    auto number = whole_text<int>(text);
    if (!number || *number < 0)
        fail<ValueError>(name, ": '", text, "' is not a whole number from 0 on");
}

void check_seconds(std::string_view name, std::string_view text) {
    auto seconds = whole_text<double>(text);
    if (!seconds || !(*seconds >= 0))
        fail<ValueError>(name, ": '", text,
                         "' is not a time; give seconds such as 60, or 0 for never");
}

bool is_name(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

void check_engine(std::string_view name, std::string_view text) {
    if (!is_name(text) || !(text.empty() || find_engine(text)))
        fail<ValueError>(name, ": '", text, "' is not the name of an engine; give ",
                         engine_names());
}

std::string parse_isa(std::string_view variable, std::string_view text) {
    std::string name = lower(text);
    if (!name.empty() && name != "baseline" && name != "avx2" && name != "avx512")
        fail<ValueError>(variable, ": '", text,
                         "' is not an instruction set; give baseline, avx2 or avx512");
    return name;
}

void check_folder(std::string_view name, std::string_view text) {
    struct stat status {};
    if (stat(std::string(text).c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        fail<ValueError>(name, ": '", text, "' is no folder; give one, or leave it unset");
}

void check_address(std::string_view name, std::string_view text) {
    std::size_t colon = text.rfind(':');
    auto port = colon == std::string_view::npos ? std::optional<int>()
                                                : whole_text<int>(text.substr(colon + 1));
    if (!port || colon == 0 || *port < 1 || *port > 65535)
        fail<ValueError>(name, ": '", text, "' is not an address; give host:port");
}

void check_transport(std::string_view name, std::string_view text) {
    bool word = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!word)
        fail<ValueError>(name, ": '", text,
                         "' is no transport; give auto, shm, tcp, or a name of UCX's or "
                         "libfabric's such as rc or verbs");
}

void check_interface(std::string_view name, std::string_view text) {
    std::string known;
    struct if_nameindex* all = if_nameindex();
    for (struct if_nameindex* one = all; one && one->if_index; ++one) {
        if (text == one->if_name) known = text;
        if (known != text) known += (known.empty() ? "" : ", ") + std::string(one->if_name);
    }
    if (all) if_freenameindex(all);
    if (known != text)
        fail<ValueError>(name, ": '", text, "' is no network interface of this host, which has ",
                         known);
}

void check_ports(std::string_view name, std::string_view text) {
    std::size_t hyphen = text.find('-');
    auto first = whole_text<int>(text.substr(0, hyphen));
    auto last = hyphen == std::string_view::npos ? first : whole_text<int>(text.substr(hyphen + 1));
    if (!first || !last || *first < 1024 || *last < *first || *last > 65535)
        fail<ValueError>(name, ": '", text,
                         "' is no range of ports from 1024 to 65535; give one such as 42000-42099");
}

bool is_level(std::string_view text) {
    std::string level = lower(text);
    return level == "debug" || level == "info" || level == "warning" || level == "error" ||
           level == "critical";
}

/// "info", "info,mine=debug"
void check_levels(std::string_view name, std::string_view text) {
    for (std::string_view rest = text; !rest.empty();) {
        std::size_t comma = std::min(rest.find(','), rest.size());
        std::string_view word = rest.substr(0, comma);
        std::size_t equals = word.find('=');
        std::string_view level = equals == std::string_view::npos ? word : word.substr(equals + 1);
        if (!is_level(level) || equals == 0)
            fail<ValueError>(name, ": '", word,
                             "' is no level; give debug, info, warning, error or critical, or "
                             "LOGGER=LEVEL for one logger, with commas between them");
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
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

std::int64_t total_memory() {
    std::int64_t total = std::int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    if (std::int64_t most = 0; std::ifstream("/sys/fs/cgroup/memory.max") >> most)
        total = std::min(total, most);
    return total;
}

std::optional<int> num_threads() {
    std::string_view text = variable("HPXPY_NUM_THREADS");
    if (text.empty()) return std::nullopt;
    return parse_threads("HPXPY_NUM_THREADS", text);
}

std::string engine() {
    std::string name(variable("HPXPY_ENGINE"));
    check_engine("HPXPY_ENGINE", name);
    return name;
}

std::string isa() { return parse_isa("HPXPY_ISA", variable("HPXPY_ISA")); }

bool debug() { return truth("HPXPY_DEBUG"); }

bool deterministic() { return truth("HPXPY_DETERMINISTIC"); }

std::string taken(Kind kind) {
    switch (kind) {
        case Kind::truth:
            return "1 or 0 (on, off, true, false, yes, no)";
        case Kind::size:
            return "bytes: 1000000, 512K, 64M or 2G";
        case Kind::seconds:
            return "seconds";
        case Kind::threads:
            return "a whole number from 1 to 65536";
        case Kind::number:
            return "a whole number from 0 on";
        case Kind::engine:
            return engine_names();
        case Kind::isa:
            return "baseline, avx2 or avx512";
        case Kind::folder:
            return "a folder";
        case Kind::address:
            return "host:port";
        case Kind::levels:
            return "debug, info, warning, error or critical; also of one logger: "
                   "info,mine=debug";
        case Kind::transport:
            return "auto, shm, tcp or a name";
        case Kind::interface:
            return "an interface";
        case Kind::ports:
            return "first-last";
        case Kind::any:
            break;
    }
    return "";
}

void check(std::string_view name, std::string_view text) {
    auto row = std::find_if(std::begin(rows), std::end(rows),
                            [&](const Row& one) { return one.name == name; });
    if (text.empty() || row == std::end(rows)) return;
    switch (row->kind) {
        case Kind::truth:
            parse_truth(name, text);
            return;
        case Kind::size:
            parse_bytes(name, text);
            return;
        case Kind::seconds:
            check_seconds(name, text);
            return;
        case Kind::threads:
            parse_threads(name, text);
            return;
        case Kind::number:
            check_number(name, text);
            return;
        case Kind::engine:
            check_engine(name, text);
            return;
        case Kind::isa:
            parse_isa(name, text);
            return;
        case Kind::folder:
            check_folder(name, text);
            return;
        case Kind::address:
            check_address(name, text);
            return;
        case Kind::levels:
            check_levels(name, text);
            return;
        case Kind::transport:
            check_transport(name, text);
            return;
        case Kind::interface:
            check_interface(name, text);
            return;
        case Kind::ports:
            check_ports(name, text);
            return;
        case Kind::any:
            return;
    }
}

void check_all() {
    for (const Row& row : rows) check(row.name, variable(std::string(row.name).c_str()));
}

}  // namespace hpxpy::settings
