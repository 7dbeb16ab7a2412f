// What runs in this process: the engine with its group of localities, the pool, the control channel.
// Started by `init` or by the first call that needs it. The bindings and exec call this.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/pool.hpp"
#include "comm/caller.hpp"
#include "comm/communicator.hpp"
#include "comm/play.hpp"
#include "comm/vectors.hpp"

namespace hpxpy {

struct InitOptions {
    int num_threads = 0;  ///< 0: HPXPY_NUM_THREADS, or the CPUs that are this locality's
    std::string engine;   ///< empty: HPXPY_ENGINE, or what launched the process
    std::vector<std::string> config;
};

/// What the bindings tell once, at import.
struct Host {
    /// The folder of the engine modules.
    std::string engine_folder;
    /// The command of a watcher process (see comm/control.hpp); empty: no control channel unless the
    /// launcher made one.
    std::vector<std::string> watcher;
    /// Called when the runtime started with several localities, after the launcher's variables left the
    /// C environment; `names` are those.
    std::function<void(const std::vector<std::string>& names)> started;
    /// The number of this locality's instruction set, and what makes all loops use another one: localities agree on the
    /// lowest, as another one rounds exp and its kin differently.
    std::function<int()> instruction_set;
    std::function<void(int number, bool processors_differ)> use_instruction_set;
    /// Called from waits, about once a millisecond, without the GIL; may throw.
    std::function<void()> check_signals;
    /// Where the calling thread's program stands ("script.py:12: hpx.barrier()"), for messages; one line.
    std::function<std::string()> call_site;
    /// The same in short ("script.py:12"), and at once; empty where the interpreter's lock is not held.
    std::function<std::string()> call_line;
    /// Which thread calls, for comm/caller.hpp.
    std::function<comm::Caller()> caller;
    /// Called when functions are no longer run for each other, by `finalize` and `leave`.
    std::function<void()> served;
};
void set_host(Host host);

/// Runs the host language's pending signal handlers; throws what they raise.
void check_signals();

/// Whether a launcher started this process as one of several; does not start anything.
bool is_launched();

/// Starts; RuntimeError "already initialized" if running.
void init(const InitOptions& options);

/// Waits for everything started, functions of `async` among them, and stops; RuntimeError "not initialized"
/// if not running. Local arrays survive it, and `init` may follow.
void finalize();

bool is_running();

/// Starts with the defaults if nothing runs. Throws RuntimeError in a forked child.
void ensure_started();

/// The threads of this locality; starts if needed. Lives until finalize.
Pool& pool();

/// For its lifetime `pool` is the calling thread alone, where that thread asks.
class Sequential {
public:
    Sequential();
    ~Sequential();
    Sequential(const Sequential&) = delete;
    Sequential& operator=(const Sequential&) = delete;
};

/// All localities; starts if needed.
comm::Communicator& world();

/// What plays this locality, while one is played alone; nullptr otherwise.
comm::Play* play();
/// Nothing but shapes and exchanges is wanted.
bool skips_values();

/// Vectors that other programs of the engine know by a name; nullptr where there are none.
comm::Vectors* named_vectors();

/// A group over MPI's communicator (see comm::Engine); nullptr where the engine has none.
std::unique_ptr<comm::Communicator> group_of_mpi(int handle);
/// Whether localities are MPI's processes.
bool has_mpi();

/// What each locality told the others when it started.
struct LocalityFacts {
    comm::Locality locality;
    int threads = 1;
    std::int64_t memory = 0;  ///< bytes of its host, or of its control group
};
/// In the order of localities; starts if needed.
const std::vector<LocalityFacts>& locality_facts();
/// The name of the engine that runs; starts if needed.
std::string engine_name();

int num_threads();
int num_localities();
int locality_id();

/// What the engine counts itself (see comm::Engine). Starts if needed.
std::vector<std::string> engine_counters();
std::optional<double> engine_counter(const std::string& name);

/// Settings that shape communication: those of locality 0, on all localities; before the start, this one's.
struct CommonSettings {
    bool debug = false;
    std::int64_t pending_limit = 0;
    bool deterministic = false;
    /// Most bytes of a distributed array that are brought together on a locality.
    std::int64_t gather_limit = std::numeric_limits<std::int64_t>::max();
};
const CommonSettings& common_settings();

/// Changes that one until the runtime ends; all localities do.
void set_deterministic(bool enabled);

/// Reports this locality's failure to the control channel, which ends the program; returns false if there
/// is none (one locality), so the caller goes on as usual. For `follows` see comm/control.hpp.
bool report_failure(const std::string& report, int code, bool follows = false);

/// Tells the control channel that this locality has met a LostError, whatever the program makes of it.
void note_lost();

/// At interpreter exit, with the code as far as it is known: waits for everything started, runs functions for
/// the others until all localities have left, and takes part in nothing more. A locality that fails (code not 0)
/// waits for nobody. What needs the other localities, and the exit code, follows when the process exits.
void leave(int code);

}  // namespace hpxpy
