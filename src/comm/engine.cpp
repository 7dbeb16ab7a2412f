// Finds engines: the local one is part of the core, the others are modules loaded by name.
// SPDX-License-Identifier: BSL-1.0
#include "comm/engine.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>

#include "base/engines.hpp"
#include "comm/collectives.hpp"
#include "comm/local/engine.hpp"
#include "comm/plan/engine.hpp"

namespace hpxpy::comm {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// An engine that refuses to start with another number of localities than were launched.
class LaunchedEngine final : public Engine {
public:
    /// `beside` is the engine of MPI, for one that needs to meet its peers by other means first.
    LaunchedEngine(std::string name, Engine& engine, std::function<Engine&()> beside)
        : name_(std::move(name)), engine_(engine), beside_(std::move(beside)) {}

    std::unique_ptr<Communicator> start(const Start& asked) override {
        Start start = asked;
        Launch& launch = start.launch;
        launch = detect_launch();
        bool told = launch.variable.empty() && engine_.is_told_by(start.config);
        if (beside_ && launch.engine == "mpi" && launch.variable != "SLURM_STEP_NUM_TASKS")
            start.meet = [this](const std::string& words) { return meet(words); };
        auto world = engine_.start(start);
        bool unknown = launch.size == 0 && !launch.variable.empty();
        if (told || (unknown ? world->size() > 1 : world->size() == launch.size)) return world;
        int size = world->size();
        world->free();
        world.reset();
        engine_.stop();
        if (launch.variable.empty())
            fail<RuntimeError>("init: engine '", name_, "' found ", size,
                               " localities, but no launcher is known that started them; start "
                               "with 'hpxpy run -n ",
                               size, "'");
        std::string seen = unknown ? launch.variable + " is set"
                                   : launch.variable + "=" + std::to_string(launch.size);
        fail<RuntimeError>("init: engine '", name_, "' found ", size,
                           " of the launched localities (", seen,
                           "): its MPI and the launcher do not fit each other; start with "
                           "'hpxpy run -n N', the mpiexec of the same MPI, or srun --mpi=pmi2");
    }
    std::string name() const override { return name_; }
    bool is_told_by(const std::vector<std::string>& config) const override {
        return engine_.is_told_by(config);
    }
    Pool* pool(const std::vector<int>& cpus) override { return engine_.pool(cpus); }
    std::vector<std::string> counters() override { return engine_.counters(); }
    std::optional<double> counter(const std::string& name) override {
        return engine_.counter(name);
    }
    Vectors* vectors() override { return engine_.vectors(); }
    std::unique_ptr<Communicator> group_of(int handle) override { return engine_.group_of(handle); }
    bool has_mpi() const override { return engine_.has_mpi(); }
    void stop() override { engine_.stop(); }
    void leave() override {
        engine_.leave();
        if (met_) beside_().leave();
    }

private:
    Met meet(const std::string& words) {
        Engine& beside = beside_();
        auto world = beside.start({});
        met_ = true;
        Met met{world->id(), {}};
        auto size = static_cast<std::int64_t>(words.size());
        for (const auto& bytes : all_gather_bytes(*world, "init", {words.data(), size}))
            met.words.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        world->free();
        beside.stop();
        return met;
    }

    std::string name_;
    Engine& engine_;
    std::function<Engine&()> beside_;
    bool met_ = false;
};

[[noreturn]] void not_available(const std::string& name, const std::string& reason) {
    fail<ImportError>("init: engine '", name, "' is not available: ", reason, "; ",
                      find_engine(name)->remedy);
}

/// The engine of a module and, where the module says so, the launchers that it can join in spite of
/// what detect_launch fears.
struct Module {
    std::unique_ptr<Engine> engine;
    bool (*joins)(const char* variable) = nullptr;
};

Module& loaded(const std::string& name, const std::string& folder);

Module load(const std::string& name, const std::string& folder) {
    std::string path = folder + "/_engine_" + name + ".so";
    if (access(path.c_str(), F_OK) != 0) not_available(name, path + " does not exist");
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        std::string reason = dlerror();
        std::size_t missing = reason.find(": cannot open shared object file");
        if (missing != std::string::npos) reason = reason.substr(0, missing) + " not found";
        not_available(name, reason);
    }
    auto factory = reinterpret_cast<EngineFactory>(dlsym(handle, "hpxpy_engine"));
    if (!factory) not_available(name, path + " exports no hpxpy_engine");
    std::function<Engine&()> beside;
    if (name != "mpi") beside = [folder]() -> Engine& { return *loaded("mpi", folder).engine; };
    Module module;
    module.engine = std::make_unique<LaunchedEngine>(name, *factory(), beside);
    module.joins = reinterpret_cast<bool (*)(const char*)>(dlsym(handle, "hpxpy_engine_joins"));
    return module;
}

Module& loaded(const std::string& name, const std::string& folder) {
    // Recursive, since an engine may load another to meet its peers.
    static std::recursive_mutex lock;
    static auto& modules = *new std::map<std::string, Module>;
    std::lock_guard guard(lock);
    auto found = modules.find(name);
    if (found == modules.end()) {
        std::string instead = environment("HPXPY_ENGINE_PATH");
        found = modules.emplace(name, load(name, instead.empty() ? folder : instead)).first;
    }
    return found->second;
}

}  // namespace

Engine& engine(const std::string& name, const std::string& folder) {
    Launch launch = detect_launch();
    bool several = launch.size != 1;
    std::string wanted = name.empty() ? environment("HPXPY_ENGINE") : name;
    if (wanted.empty()) wanted = several ? launch.engine : "local";
    if (!environment(play_variable).empty()) wanted = "plan";
    if (several && launch.engine == "hpx" && wanted != "hpx")
        fail<RuntimeError>("init: the environment (", launch.variable, "=", launch.id,
                           ") places this process in a program of engine 'hpx', but engine='",
                           wanted, "' was asked for; use engine='hpx', or start with 'hpxpy run'");
    if (!find_engine(wanted))
        fail<ValueError>("init: engine '", wanted, "' is unknown; choose ", engine_names("'"),
                         name.empty() ? " (HPXPY_ENGINE)" : "");
    if (wanted == "plan") {
        if (several)
            fail<RuntimeError>(
                "init: engine 'plan' plays one locality in one process, but a "
                "launcher (",
                launch.variable, " is set) started several; start the program with 'hpxpy plan'");
        return plan_engine();
    }
    if (wanted == "local") {
        if (several && launch.size == 0)
            fail<RuntimeError>("init: engine 'local' would make each launched process (",
                               launch.variable,
                               " is set) a program of its own; use engine='mpi', or start one "
                               "process without a launcher");
        if (several)
            fail<RuntimeError>("init: engine 'local' would make each of the ", launch.size,
                               " launched processes (", launch.variable, "=", launch.size,
                               ") a program of its own; use engine='mpi', or start one process");
        return local_engine();
    }
    Module& module = loaded(wanted, folder);
    if (several && !launch.problem.empty()) {
        // Whatever the engine, MPI is what such a launcher's processes meet by.
        Module& mpi = loaded("mpi", folder);
        if (!mpi.joins || !mpi.joins(launch.variable.c_str()))
            fail<RuntimeError>("init: ", launch.problem);
    }
    return *module.engine;
}

}  // namespace hpxpy::comm
