// What runs in this process: the engine with its group of localities, the pool, the control channel.
// Started by `init` or by the first call that needs it. The bindings and exec call this.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/pool.hpp"
#include "dist/communicator.hpp"

namespace hpxpy {

struct InitOptions {
    int num_threads = 0;  ///< 0: HPXPY_NUM_THREADS, or the CPUs that are this locality's
    std::string engine;   ///< empty: HPXPY_ENGINE, or what launched the process
    std::vector<std::string> config;
};

/// Where the engine modules lie; the bindings set it once at import.
void set_engine_folder(const std::string& folder);

/// Called once when the runtime started with several localities, after the launcher's variables left the C
/// environment: `names` are those. The bindings take them out of os.environ.
void set_start_hook(std::function<void(const std::vector<std::string>& names)> hook);

/// Starts; RuntimeError "already initialized" if running.
void init(const InitOptions& options);

/// Waits for everything started and stops; RuntimeError "not initialized" if not running. Local
/// arrays survive it, and `init` may follow.
void finalize();

bool is_running();

/// Starts with the defaults if nothing runs. Throws RuntimeError in a forked child.
void ensure_started();

/// The threads of this locality; starts if needed. Lives until finalize.
Pool& pool();

/// All localities; starts if needed.
dist::Communicator& world();

int num_threads();
int num_localities();
int locality_id();

/// Reports this locality's failure to the control channel, which ends the program; returns false if there
/// is none (one locality), so the caller goes on as usual.
bool report_failure(const std::string& report, int code);

/// At interpreter exit: finalizes if running, says goodbye, waits for the others' goodbyes and lets the
/// engine leave.
void leave();

}  // namespace hpxpy
