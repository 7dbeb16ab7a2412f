// Sorts what the caller configured.
// SPDX-License-Identifier: BSL-1.0
#include "comm/hpx/options.hpp"

#include <cstdlib>

namespace hpxpy::comm::hpx_engine {
namespace {

bool begins(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

/// Sets one of our own.
void set(Options& options, const std::string& item) {
    std::size_t equals = item.find('=');
    std::string name = item.substr(0, equals);
    const char* text = equals == std::string::npos ? "" : item.c_str() + equals + 1;
    char* end = nullptr;
    if (name == "hpxpy.start_timeout") {
        options.start_timeout = std::strtod(text, &end);
        if (!*text || *end || !(options.start_timeout > 0))
            fail<ValueError>("init: config '", item,
                             "' is no number of seconds; write for example ", name, "=60");
        return;
    }
    std::int64_t* place = name == "hpxpy.chunk"     ? &options.settings.chunk
                          : name == "hpxpy.small"   ? &options.settings.small
                          : name == "hpxpy.segment" ? &options.settings.segment
                          : name == "hpxpy.direct"  ? &options.settings.direct
                                                    : nullptr;
    if (!place)
        fail<ValueError>("init: config '", item,
                         "' is unknown to engine 'hpx'; it knows hpxpy.chunk, hpxpy.small and "
                         "hpxpy.segment in bytes, hpxpy.direct in localities, hpxpy.start_timeout "
                         "in seconds, HPX's settings (hpx.parcel.tcp.enable=1) and HPX's options "
                         "(--hpx:threads=2)");
    *place = std::strtoll(text, &end, 10);
    if (!*text || *end || *place < (name != "hpxpy.small"))
        fail<ValueError>("init: config '", item, "' is no number of ",
                         name == "hpxpy.direct" ? "localities" : "bytes", "; write for example ",
                         name, "=65536");
    if (*place > std::int64_t{1} << 30)
        fail<ValueError>("init: config '", item, "' is too large; at most 2^30");
}

}  // namespace

bool Options::has(const std::string& name) const {
    for (const std::string& word : command_line)
        if (word == "--" + name || begins(word, "--" + name + "=")) return true;
    return false;
}

std::optional<std::string> Options::value(const std::string& name) const {
    std::optional<std::string> found;
    for (const auto* words : {&command_line, &hpx_settings}) {
        for (const std::string& word : *words) {
            std::string text = begins(word, "--hpx:ini=") ? word.substr(10) : word;
            if (begins(text, "--")) text.erase(0, 2);
            std::size_t equals = text.find('=');
            if (equals == std::string::npos) continue;
            std::string key = text.substr(0, equals);
            if (!key.empty() && key.back() == '!') key.pop_back();
            if (key == name) found = text.substr(equals + 1);
        }
    }
    return found;
}

Options parse_options(const std::vector<std::string>& config) {
    Options options;
    for (const std::string& item : config) {
        if (begins(item, "--hpx:"))
            options.command_line.push_back(item);
        else if (begins(item, "hpx."))
            options.hpx_settings.push_back(item);
        else
            set(options, item);
    }
    return options;
}

}  // namespace hpxpy::comm::hpx_engine
