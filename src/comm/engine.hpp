// Engines: shared modules that give a communicator, chosen at init by name or by what launched the
// process. exec/runtime calls this; the modules implement Engine.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/pool.hpp"
#include "comm/communicator.hpp"
#include "comm/vectors.hpp"

namespace hpxpy::comm {

/// What launched this process, seen in its environment.
struct Launch {
    /// The variable that tells ("PMI_SIZE"), empty when nothing launched it.
    std::string variable{};
    int size = 1;
    int id = 0;
    /// An engine that can use this launcher, empty if none.
    std::string engine{};
    /// Why no engine can, and the remedy.
    std::string problem{};
    /// "host:port" of HPX's AGAS and of this locality, where the environment told.
    std::string agas{};
    std::string address{};
};

/// Everybody's words, in the order of localities, of which this is number `id`.
struct Met {
    int id = 0;
    std::vector<std::string> words{};
};

/// What an engine is started with. `launch` and `meet` are set by the engine that `engine` gives.
struct Start {
    /// The caller's configuration, and number of threads (0: choose).
    std::vector<std::string> config{};
    int num_threads = 0;
    Launch launch{};
    /// How many threads can run at the same time on this host.
    int available_cpus = 1;
    /// Tells this locality's words to all and gives everybody's; collective. Set where the launcher
    /// brought a means to talk that needs no address (MPI's), for engines that need addresses.
    std::function<Met(const std::string& words)> meet{};
    /// Called while waiting for others; may throw.
    std::function<void()> check{};
};

/// One way for localities to talk. Made once a process by the module's factory, never destroyed.
class HPXPY_EXPORT Engine {
public:
    virtual ~Engine() = default;
    /// As base/engines.def has it; of a module's, whoever loads it knows.
    virtual std::string name() const { return {}; }
    /// Starts (or starts again after stop) and gives all localities of the program.
    virtual std::unique_ptr<Communicator> start(const Start& start) = 0;
    /// Whether `config` alone says where this locality's program is, so that no launcher is needed.
    virtual bool is_told_by(const std::vector<std::string>&) const { return false; }
    /// The engine's own threads, pinned to `cpus` if there are any, or nullptr where it has none.
    virtual Pool* pool([[maybe_unused]] const std::vector<int>& cpus) { return nullptr; }
    /// Names of what the engine itself counts, while it runs; patterns are the caller's.
    virtual std::vector<std::string> counters() { return {}; }
    /// The value of a counter now (also of one that `counters` does not list), nothing if there is none
    /// of that name.
    virtual std::optional<double> counter([[maybe_unused]] const std::string& name) {
        return std::nullopt;
    }
    /// Vectors that other programs of the engine know by a name, while it runs; nullptr where there are none.
    virtual Vectors* vectors() { return nullptr; }
    /// A group over the communicator of MPI that has this Fortran handle; collective for its processes. Of an engine
    /// whose localities are the processes of MPI_COMM_WORLD, in its order; nullptr of others.
    virtual std::unique_ptr<Communicator> group_of([[maybe_unused]] int handle) { return nullptr; }
    virtual bool has_mpi() const { return false; }
    /// After the communicator was freed. MPI itself stays up until `leave`.
    virtual void stop() = 0;
    /// At the end of the process, once all localities have said goodbye.
    virtual void leave() = 0;
};

/// What a module exports under the name "hpxpy_engine".
using EngineFactory = Engine* (*)();

/// Reads the innermost launcher from the environment; does not change it.
Launch detect_launch();

/// Takes the launcher's variables out of the C environment and gives their names, so that child processes are not
/// mistaken for localities (the bindings take them out of os.environ).
std::vector<std::string> clear_launch();

/// The engine for `name` (see base/engines.def; empty: by HPXPY_ENGINE, or by what launched the
/// process), loading its module from `folder` at the first call. Throws ValueError for an unknown
/// name, ImportError with the remedy for one that is not installed, RuntimeError when N processes
/// were launched and the engine would make each of them alone.
Engine& engine(const std::string& name, const std::string& folder);

}  // namespace hpxpy::comm
