// HPX's runtime in this process: starting it with a time limit, stopping it, its threads.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/pool.hpp"

namespace hpxpy::comm::hpx_engine {

/// What HPX is started with.
struct Arguments {
    std::vector<std::string> command_line;  ///< "--hpx:localities=2"
    std::vector<std::string>
        settings;         ///< "hpx.parcel.tcp.enable=1", the last one of a name counts
    double timeout = 60;  ///< seconds
    /// Called while waiting; may throw.
    std::function<void()> check;
};

/// Starts HPX and returns when all localities have. RuntimeError with HPX's reason, or when the time is
/// over; then HPX cannot be started again in this process.
void start_runtime(const Arguments& arguments);

/// Stops HPX; locality 0 ends the program, the others wait for it to do so.
void stop_runtime();

/// Whether HPX's parcels can reach other localities.
bool has_networking();

/// HPX's number of this locality, and of all that started together.
std::uint32_t locality_number();
std::uint32_t locality_count();

/// HPX's performance counters: their names, and the value of one (nothing if there is none of that name).
std::vector<std::string> counter_names();
std::optional<double> counter_value(const std::string& name);

/// HPX's worker threads, pinned to these CPUs if there are any.
std::unique_ptr<Pool> make_pool(const std::vector<int>& cpus);

}  // namespace hpxpy::comm::hpx_engine
