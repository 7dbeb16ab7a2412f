// Starting, stopping and leaving: the engine, the pool, the progress thread and the control channel.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/runtime.hpp"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>

#include "base/buffer.hpp"
#include "base/cpus.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"
#include "comm/collectives.hpp"
#include "comm/control.hpp"
#include "comm/engine.hpp"
#include "comm/plan/log.hpp"
#include "runtime/cpu_share.hpp"
#include "runtime/groups.hpp"
#include "runtime/interrupt.hpp"
#include "runtime/lock.hpp"
#include "runtime/pool_tbb.hpp"
#include "runtime/queued.hpp"
#include "runtime/remote.hpp"

namespace hpxpy {

namespace {

/// Never destroyed: arrays and engines outlive main.
struct Runtime {
    std::recursive_mutex lock;
    std::atomic<bool> running{false};
    Host host;
    comm::Engine* engine = nullptr;
    std::unique_ptr<comm::Communicator> world;
    std::atomic<comm::Play*> play{nullptr};
    std::unique_ptr<Pool> own_pool;
    Pool* pool = nullptr;
    CommonSettings settings;
    std::vector<LocalityFacts> localities;
    std::unique_ptr<comm::Control> control;
    int starts = 0;          ///< how often the engine was started in this process
    bool leaving = false;    ///< the interpreter ends
    bool failed = false;     ///< a failure was reported
    int failed_code = 1;     ///< with which code
    bool forked = false;     ///< this is a forked child
    bool left_open = false;  ///< `leave` left the engine for the end of the process
    bool broken = false;     ///< `init` ended while others were meeting this locality
    bool ended = false;      ///< no other thread computes, or goes back to the interpreter
    bool computes = false;   ///< a thread was still computing when the interpreter ended
};

Runtime& runtime() {
    static Runtime& instance = *new Runtime;
    return instance;
}

comm::Mark mark() {
    Runtime& r = runtime();
    comm::Mark collectives = r.world ? r.world->collectives.load() : 0;
    return (comm::Mark(r.starts) << 40) + collectives;
}

void wait_hook() {
    Runtime& r = runtime();
    check_signals();
    if (r.control)
        r.control->waiting(mark(), comm::awaited_group(), comm::awaited_function(),
                           r.host.call_site);
}

/// A child of a locality is none itself, so the launcher's variables that it inherited mean nothing.
void forget_launcher() {
    for (const char* name :
         {"PMI_SIZE", "PMI_RANK", "PMI_FD", "HPXPY_NUM_LOCALITIES", "HPXPY_CONTROL"})
        unsetenv(name);
}

/// Opens the control channel if this process was launched as one of several, once a process.
void open_control(const comm::Launch& launch) {
    Runtime& r = runtime();
    if (r.control || r.forked) return;
    r.control = comm::Control::inherited();
    // A launcher may not tell how many it started; then the engine does.
    bool placed = launch.size > 1 && launch.id < launch.size;
    if (!r.control && placed && !r.host.watcher.empty())
        r.control = comm::Control::start_watcher(r.host.watcher, launch.id, launch.size);
}

int best_instruction_set() {
    const Host& host = runtime().host;
    return host.instruction_set ? host.instruction_set() : 0;
}

/// What OpenBLAS chooses its loops by, in one line: vendor, family and model.
const std::string& processor_kind() {
    static const std::string kind = [] {
        std::string text, line;
        std::ifstream file("/proc/cpuinfo");
        while (std::getline(file, line) && !line.empty())
            for (const char* name :
                 {"vendor_id", "cpu family", "model\t", "CPU implementer", "CPU part"})
                if (line.rfind(name, 0) == 0) text += line.substr(line.find(':') + 1);
        return text;
    }();
    return kind;
}

/// What each locality tells the others when it starts: one all-gather. `threads` is 0 where its share decides.
std::string introduction(const std::string& watcher_address, int threads) {
    const CommonSettings& mine = runtime().settings;
    std::string text = watcher_address + "\n" + (mine.debug ? "1" : "0") + "\n" +
                       std::to_string(mine.pending_limit) + "\n" +
                       (mine.deterministic ? "1" : "0") + "\n" + std::to_string(mine.gather_limit) +
                       "\n" + std::to_string(best_instruction_set()) + "\n" + processor_kind() +
                       "\n" + std::to_string(threads) + "\n" +
                       std::to_string(settings::total_memory()) + "\n";
    return text + describe_cpus();
}

/// What may be brought together on every locality: what locality 0 was told, or the least share of a host's memory.
/// Those who were told nothing give what is free as a number below 0.
std::int64_t common_gather_limit(const std::vector<std::int64_t>& limits,
                                 const std::vector<int>& host_of) {
    if (limits[0] >= 0) return limits[0];
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < limits.size(); ++i) {
        auto sharing = std::count(host_of.begin(), host_of.end(), host_of[i]);
        if (limits[i] < 0) least = std::min(least, (-limits[i] - 1) / sharing);
    }
    return least;
}

/// Meets the other localities; returns the CPUs that are this one's. `threads` is how many it has, 0 where its share
/// decides.
CpuShare meet(comm::Communicator& world, int threads) {
    Runtime& r = runtime();
    r.localities.clear();
    if (world.size() == 1 || world.play()) {
        // What is played has no memory here that it could exceed.
        std::int64_t limit = r.settings.gather_limit;
        bool unlimited = limit < 0 && world.play();
        r.settings.gather_limit = unlimited ? std::numeric_limits<std::int64_t>::max()
                                            : common_gather_limit({limit}, {0});
        CpuShare share = share_cpus({describe_cpus()}, {0}, 0);
        for (const comm::Locality& one : world.localities())
            r.localities.push_back(
                {one, threads > 0 ? threads : share.threads, settings::total_memory()});
        return share;
    }

    const auto& localities = world.localities();
    auto beside = [&](const comm::Locality& other) { return other.host == localities[0].host; };
    bool one_host = std::all_of(localities.begin(), localities.end(), beside);
    std::string address;
    if (world.id() == 0 && r.control && r.control->is_own_watcher())
        address = r.control->serve(one_host);

    std::string mine = introduction(address, threads);
    auto all = comm::all_gather_bytes(world, "init", {mine.data(), std::int64_t(mine.size())});
    std::vector<std::string> cpus;
    std::vector<int> host_of;
    std::vector<std::int64_t> limits;
    int lowest = best_instruction_set();
    bool processors_differ = false;
    for (int i = 0; i < world.size(); ++i) {
        std::string text(reinterpret_cast<const char*>(all[i].data()), all[i].size());
        std::string lines[9];
        for (std::string& line : lines) {
            std::size_t end = text.find('\n');
            line = text.substr(0, end);
            text.erase(0, end + 1);
        }
        if (i == 0) {
            address = lines[0];
            r.settings.debug = lines[1] == "1";
            r.settings.pending_limit = std::stoll(lines[2]);
            r.settings.deterministic = lines[3] == "1";
        }
        limits.push_back(std::stoll(lines[4]));
        processors_differ |=
            std::stoi(lines[5]) != best_instruction_set() || lines[6] != processor_kind();
        lowest = std::min(lowest, std::stoi(lines[5]));
        r.localities.push_back({localities[i], std::stoi(lines[7]), std::stoll(lines[8])});
        cpus.push_back(text);
        int first = 0;
        while (localities[first].host != localities[i].host) ++first;
        host_of.push_back(first);
    }
    for (int i = 0; i < world.size(); ++i)
        if (int& known = r.localities[static_cast<std::size_t>(i)].threads; known == 0)
            known = share_cpus(cpus, host_of, i).threads;
    r.settings.gather_limit = common_gather_limit(limits, host_of);
    if (r.host.use_instruction_set) r.host.use_instruction_set(lowest, processors_differ);
    if (r.control && r.control->is_own_watcher() && !address.empty()) r.control->join(address);
    return share_cpus(cpus, host_of, world.id());
}

void stop_engine() {
    Runtime& r = runtime();
    free_groups();
    if (r.world) r.world->free();
    r.play = nullptr;
    r.world.reset();
    r.engine->stop();
}

/// The rest of `init`, with the lock held and nothing running.
void start(const InitOptions& options) {
    Runtime& r = runtime();
    // Everything that can be wrong with the settings is found before the engine waits for others.
    int threads = options.num_threads;
    if (threads < 0 || threads > 65536)
        fail<ValueError>("init: num_threads=", threads,
                         " is not a number of threads; give a whole number from 1 to 65536");
    if (threads == 0) threads = settings::num_threads().value_or(0);
    std::string name = options.engine.empty() ? settings::engine() : options.engine;
    r.settings = {settings::debug(), settings::pending_limit(), settings::deterministic(),
                  settings::gather_limit().value_or(-1 - settings::available_memory())};
    settings::check_all();
    best_instruction_set();

    comm::Launch launch = comm::detect_launch();
    // Before the engine's libraries are loaded, which takes a while: an end on the way is seen, too.
    open_control(launch);
    comm::Engine& engine = comm::engine(name, r.host.engine_folder);
    ++r.starts;
    if (r.control) r.control->starting(mark());
    try {
        r.world = engine.start({.config = options.config,
                                .num_threads = threads,
                                .available_cpus = available_cpus(),
                                .check = r.host.check_signals});
    } catch (...) {
        // The caller may catch this and go on without the others.
        if (r.control) r.control->left(mark(), {});
        throw;
    }
    r.engine = &engine;
    try {
        if (!r.control && r.world->size() > 1 && !r.world->play())
            open_control({"config", r.world->size(), r.world->id()});
        if (r.control) r.control->running(r.world->id(), r.world->size());
        comm::set_wait_hook(wait_hook);
        comm::start_progress_thread(r.world.get());
        Pool* own = engine.pool({});
        CpuShare share = meet(*r.world, own ? own->size() : threads);
        if (threads == 0) threads = share.threads;
        if (threads > static_cast<int>(share.cpus.size())) share.cpus.clear();
        r.pool = engine.pool(share.cpus);
        if (!r.pool) {
            r.own_pool = make_tbb_pool(threads, share.cpus);
            r.pool = r.own_pool.get();
        }
        r.pool->set_idle(look_up_signals);
        if (r.world->size() > 1) {
            std::vector<std::string> names = comm::clear_launch();
            if (getenv("HPXPY_CONTROL")) names.push_back("HPXPY_CONTROL");
            unsetenv("HPXPY_CONTROL");
            if (r.host.started) r.host.started(names);
        }
    } catch (...) {
        // The others cannot go on without this locality, and the failure that is thrown here ends
        // them; freeing the world would wait for them.
        if (r.world->size() == 1) {
            comm::stop_progress_thread();
            stop_engine();
        } else {
            r.broken = true;
        }
        throw;
    }
    if (r.world->size() > 1) comm::set_callers(r.host.caller, r.host.call_line);
    r.running.store(true, std::memory_order_release);
    start_serving(*r.world, r.pool->size());
    r.play = r.world->play();
    if (!r.play) return;
    if (!r.play.load()->computes()) reserve_memory();
    comm::begin_log();
}

/// Functions of `async` run until nothing is left of them anywhere.
void finish_serving() {
    Runtime& r = runtime();
    // Where one locality is played, nobody else can tell what is still on its way.
    if (!r.world->play()) drain(*r.world, check_signals);
    stop_serving(*r.world);
    if (r.host.served) r.host.served();
}

/// Nothing new is started by the progress thread afterwards. A locality that `serves` waits for others:
/// then nothing is pending either.
void settle(bool serves) {
    Runtime& r = runtime();
    if (serves) {
        await_all_queued();
        comm::finish_pending();
        comm::raise_untold(*r.world);
        for (comm::Communicator* group : kept_groups()) comm::raise_untold(*group);
    }
    if (r.control) r.control->left(mark(), all_groups());
    if (serves) finish_serving();
    comm::stop_progress_thread();
    comm::set_wait_hook({});
    comm::set_callers({}, {});
}

void check_forked(const char* function) {
    Runtime& r = runtime();
    if (r.forked && r.starts > 0)
        fail<RuntimeError>(function,
                           ": this process was forked from one in which hpxpy had started, and its "
                           "threads and messages do not survive a fork; start child processes with "
                           "multiprocessing's 'spawn' method, or before hpxpy is first used");
}

extern "C" void after_fork_in_child() {
    Runtime& r = runtime();
    r.forked = true;
    r.running.store(false);
    // The socket to the watcher is the parent's. Nothing else can be given back here.
    static_cast<void>(r.control.release());
    if (r.starts == 0) forget_launcher();
}

/// Exits with `status`, which is a failure: the control channel is told, and nothing waits.
void exit_failed(int status) {
    Runtime& r = runtime();
    if (is_launched()) open_control(comm::detect_launch());
    if (!r.control) return;
    r.control->exiting(status);
    // Libraries' own ends would wait for localities that are ending.
    std::fflush(nullptr);
    _exit(status);
}

void exit_well() {
    Runtime& r = runtime();
    if (r.starts == 0) return;
    if (r.broken && r.control) {
        // The watcher ends the others, who would wait for ever, as MPI's own end does for them.
        std::fflush(nullptr);
        _exit(0);
    }
    if (r.control && !r.control->goodbye()) return;
    if (r.left_open && !r.computes) stop_engine();
    if (r.engine) r.engine->leave();
}

extern "C" void at_exit(int status, void*);

/// A thread that the program did not wait for may compute at its end; no longer than so many milliseconds.
constexpr std::int64_t computing_patience = 1000;

/// Other threads compute nothing any more, so that the interpreter, the pool and all libraries can end.
void end_threads() {
    Runtime& r = runtime();
    r.computes = !end_computing(computing_patience);
    r.ended = true;
    // Before the ends of the libraries that the thread is still at work in.
    if (r.computes) on_exit(at_exit, nullptr);
}

void stop_pool() {
    Runtime& r = runtime();
    r.running = false;
    r.own_pool.reset();
    r.pool = nullptr;
}

/// The last part of leaving, when the interpreter is gone and the exit code is known.
extern "C" void at_exit(int status, void*) {
    static bool done = false;
    if (runtime().forked || done) return;
    done = true;
    status &= 255;  // what others see of it
    try {
        if (status != 0 || runtime().failed)
            exit_failed(status);
        else
            exit_well();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hpxpy: %s\n", error.what());
    }
    if (!runtime().computes) return;
    std::fflush(nullptr);
    _exit(status);
}

/// What `leave` does but for the end of other threads' computing, which follows where it was not done.
void leave_program(int code) {
    Runtime& r = runtime();
    if (!r.running) return;
    bool fails = r.failed || (code != 0 && r.control);
    // A function that is still running would meet an interpreter that is gone.
    if (fails && !stop_serving(*r.world)) exit_failed(r.failed ? r.failed_code : code);
    if (r.failed) return;
    std::lock_guard guard(r.lock);
    settle(!fails);
    end_threads();
    // A pool that is at work cannot end; the process takes it along.
    if (!r.computes) stop_pool();
    r.left_open = true;
    if (!r.control && !r.computes) {
        stop_engine();
        r.left_open = false;
    }
    // Before the ends of all libraries that were loaded since: engines are still needed.
    on_exit(at_exit, nullptr);
}

}  // namespace

void check_signals() {
    if (runtime().host.check_signals) runtime().host.check_signals();
}

void set_host(Host host) {
    Runtime& r = runtime();
    static bool first = true;
    r.host = std::move(host);
    if (!first) return;
    first = false;
    r.control = comm::Control::inherited();
    pthread_atfork(nullptr, nullptr, after_fork_in_child);
    on_exit(at_exit, nullptr);
}

bool is_launched() {
    // Size 0 stands for a launcher that does not tell how many it started.
    return runtime().control || comm::detect_launch().size != 1;
}

void init(const InitOptions& options) {
    Runtime& r = runtime();
    check_forked("init");
    std::lock_guard guard(r.lock);
    if (r.running) fail<RuntimeError>("already initialized");
    if (r.leaving) fail<RuntimeError>("init: the process is ending");
    start(options);
}

void finalize() {
    Runtime& r = runtime();
    check_forked("finalize");
    if (in_remote_function())
        fail<RuntimeError>(
            "finalize: called by a function that async_ runs, for which finalize waits; call it "
            "from "
            "the program itself");
    std::lock_guard guard(r.lock);
    if (!r.running) fail<RuntimeError>("not initialized");
    settle(true);
    // What another thread computes just now is waited for.
    std::lock_guard idle(expression_lock());
    auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(computing_patience);
    await_busy([&] {
        check_signals();
        return std::chrono::steady_clock::now() < limit;
    });
    stop_pool();
    if (r.control) r.control->stopping();
    stop_engine();
}

bool is_running() { return runtime().running.load(std::memory_order_acquire); }

void ensure_started() {
    Runtime& r = runtime();
    if (r.running.load(std::memory_order_acquire)) return;
    check_forked("hpxpy");
    std::lock_guard guard(r.lock);
    if (r.running) return;
    if (r.leaving) fail<RuntimeError>("init: the process is ending");
    start({});
}

namespace {

// What `Sequential` asks for: every task on the calling thread.
class CallingThread final : public Pool {
public:
    int size() const override { return 1; }
    void run(std::int64_t count, void (*task)(void* context, std::int64_t i),
             void* context) override {
        for (std::int64_t i = 0; i < count; ++i) task(context, i);
    }
};

thread_local int sequential = 0;

}  // namespace

Sequential::Sequential() { ++sequential; }
Sequential::~Sequential() { --sequential; }

Pool& pool() {
    ensure_started();
    static CallingThread alone;
    if (sequential > 0) return alone;
    return *runtime().pool;
}

comm::Communicator& world() {
    ensure_started();
    return *runtime().world;
}

comm::Play* play() { return runtime().play.load(std::memory_order_relaxed); }

bool skips_values() {
    comm::Play* playing = play();
    return playing && !playing->computes();
}

comm::Vectors* named_vectors() {
    ensure_started();
    return runtime().engine->vectors();
}

std::unique_ptr<comm::Communicator> group_of_mpi(int handle) {
    ensure_started();
    return runtime().engine->group_of(handle);
}

bool has_mpi() {
    ensure_started();
    return runtime().engine->has_mpi();
}

const std::vector<LocalityFacts>& locality_facts() {
    ensure_started();
    return runtime().localities;
}

std::string engine_name() {
    ensure_started();
    return runtime().engine->name();
}

int num_threads() {
    ensure_started();
    return runtime().pool->size();
}
int num_localities() { return world().size(); }
int locality_id() { return world().id(); }

const CommonSettings& common_settings() {
    if (is_running()) return runtime().settings;
    static const CommonSettings own{settings::debug(), settings::pending_limit(),
                                    settings::deterministic()};
    return own;
}

void set_deterministic(bool enabled) { runtime().settings.deterministic = enabled; }

bool report_failure(const std::string& report, int code, bool follows) {
    Runtime& r = runtime();
    if (r.forked) return false;
    // Not locked: the failing thread may have been interrupted inside `init`.
    open_control(comm::detect_launch());
    if (!r.control) return false;
    r.failed = true;
    r.failed_code = code;
    r.control->failed(report, code, follows);
    return true;
}

void note_lost() {
    Runtime& r = runtime();
    if (r.control && !r.forked) r.control->lost();
}

std::vector<std::string> engine_counters() {
    ensure_started();
    return runtime().engine->counters();
}

std::optional<double> engine_counter(const std::string& name) {
    ensure_started();
    return runtime().engine->counter(name);
}

void leave(int code) {
    Runtime& r = runtime();
    if (r.forked || r.leaving) return;
    r.leaving = true;
    leave_program(code);
    if (!r.ended) end_threads();
}

}  // namespace hpxpy
