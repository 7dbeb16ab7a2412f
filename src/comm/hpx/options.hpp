// The configuration of engine hpx: ours ("hpxpy.small=65536"), HPX's settings ("hpx.parcel.tcp.enable=1")
// and HPX's command line ("--hpx:threads=4").
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "comm/hpx/communicator.hpp"

namespace hpxpy::comm::hpx_engine {

struct Options {
    Settings settings;
    double start_timeout = 60;
    std::vector<std::string> command_line;
    std::vector<std::string> hpx_settings;

    /// Whether the command line has "--hpx:name", alone or with a value.
    bool has(const std::string& name) const;
    /// The value of "--hpx:name=value" or "hpx.setting=value", the last one given.
    std::optional<std::string> value(const std::string& name) const;
};

/// ValueError for what is neither.
Options parse_options(const std::vector<std::string>& config);

}  // namespace hpxpy::comm::hpx_engine
