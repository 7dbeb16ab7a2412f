// Starts and stops HPX on a thread of its own, so that waiting for others has an end.
// SPDX-License-Identifier: BSL-1.0
#include "comm/hpx/runtime.hpp"

#include <hpx/config.hpp>
#include <hpx/hpx_finalize.hpp>
#include <hpx/hpx_start.hpp>
#include <hpx/include/post.hpp>
#include <hpx/include/runtime.hpp>
#include <hpx/io_service/io_service_pool.hpp>
#include <hpx/modules/program_options.hpp>

#include <asio/post.hpp>

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <future>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "comm/hpx/transport.hpp"

static_assert(std::string_view(HPX_HAVE_MALLOC) == "system",
              "HPX must be built with HPX_WITH_MALLOC=system to live in a Python process");

namespace hpxpy::comm::hpx_engine {
namespace {

/// A start that may outlive who asked for it.
struct Starting {
    std::mutex lock;
    std::condition_variable changed;
    bool ended = false;
    std::string problem;
};

/// A stop that may outlive who asked for it.
struct Stopping {
    std::mutex lock;
    std::condition_variable changed;
    bool all_came = false;  ///< and HPX has nothing more to do
    bool ended = false;
    std::exception_ptr problem;
};

/// Seconds that HPX may take to stop once all localities have come to the end.
constexpr double stop_timeout = 10;

/// HPX waits for ever in a thread of this process, which can only be left.
bool stuck = false;

extern "C" void leave_stuck(int status, void*) {
    std::fflush(nullptr);
    _exit(status);
}

#if defined(HPX_HAVE_NETWORKING)
/// Parcels that cannot be sent end their transfers; what is said about it is the control channel's.
void ignore_failed_write(const std::error_code&, const hpx::parcelset::parcel&) {}

/// Sets what is done with parcels that cannot be sent, while the parcelport's threads do nothing else: HPX 1.11 swaps the
/// function without a lock for those that call it, and one that finds it empty ends the process.
void set_write_handler() {
    struct Rest {
        std::mutex lock;
        std::condition_variable changed;
        std::size_t threads = 0;
        bool over = false;
    };
    auto rest = std::make_shared<Rest>();
    auto pool = hpx::get_runtime().get_thread_pool("parcel-pool-tcp");
    std::size_t size = pool ? pool->size() : 0;
    for (std::size_t k = 0; k < size; ++k)
        asio::post(pool->get_io_service(static_cast<int>(k)), [rest] {
            std::unique_lock guard(rest->lock);
            ++rest->threads;
            rest->changed.notify_all();
            rest->changed.wait(guard, [&] { return rest->over; });
        });
    std::unique_lock guard(rest->lock);
    rest->changed.wait_for(guard, std::chrono::seconds(1), [&] { return rest->threads == size; });
    std::exception_ptr problem;
    try {
        hpx::set_parcel_write_handler(ignore_failed_write);
    } catch (...) {
        problem = std::current_exception();
    }
    rest->over = true;
    rest->changed.notify_all();
    if (problem) std::rethrow_exception(problem);
}

/// Waits until the parcelport's threads have finished with what came in. HPX 1.11 closes a connection while it
/// holds the lock that its handlers need, and waits for ever if one is in the middle of a message: most
/// often of that which told it to stop, and may have done so before its handler is through.
void settle_connections() {
    if (hpx::get_initial_num_localities() == 1) return;
    auto pool = hpx::get_runtime().get_thread_pool("parcel-pool-tcp");
    if (!pool) return;
    // Each handler of a message may queue the next one: its body, its acknowledgement.
    for (int round = 0; round < 4; ++round) {
        std::vector<std::future<void>> done;
        for (std::size_t k = 0; k < pool->size(); ++k) {
            auto marker = std::make_shared<std::promise<void>>();
            done.push_back(marker->get_future());
            asio::post(pool->get_io_service(static_cast<int>(k)),
                       [marker] { marker->set_value(); });
        }
        for (auto& one : done) one.wait_for(std::chrono::seconds(1));
    }
}
#else
void settle_connections() {}
#endif

void leave_behind(std::thread& thread) {
    stuck = true;
    thread.detach();
    on_exit(leave_stuck, nullptr);
}

void run_stop(const std::shared_ptr<Stopping>& stopping) {
    hpx::get_runtime().on_exit([stopping] {
        settle_connections();
        std::lock_guard guard(stopping->lock);
        stopping->all_came = true;
        stopping->changed.notify_all();
    });
    std::exception_ptr problem;
    try {
        if (hpx::get_locality_id() == 0) hpx::post([] { hpx::finalize(); });
        hpx::stop();
    } catch (...) {
        problem = std::current_exception();
    }
    std::lock_guard guard(stopping->lock);
    stopping->problem = problem;
    stopping->ended = true;
    stopping->changed.notify_all();
}

void run_start(const Arguments& arguments, Starting& starting) {
    std::vector<std::string> words{"hpxpy"};
    words.insert(words.end(), arguments.command_line.begin(), arguments.command_line.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);

    std::string problem;
    try {
        hpx::init_params params;
        // Idle workers of HPX would spin on the processors that the reading of sockets and the program itself need;
        // soon asleep (milliseconds), they are woken by new work.
        params.cfg = {"hpx.max_idle_loop_count=10", "hpx.max_idle_backoff_time=5",
                      "hpx.commandline.aliasing!=0", "hpx.handle_signals!=0",
                      "hpx.diagnostics_on_terminate!=0"};
        params.cfg.insert(params.cfg.end(), arguments.settings.begin(), arguments.settings.end());
        if (!hpx::start(nullptr, static_cast<int>(words.size()), pointers.data(), params))
            problem = "it refused its command line or configuration (see above)";
    } catch (const std::exception& error) {
        problem = error.what();
    }
    std::lock_guard guard(starting.lock);
    starting.ended = true;
    starting.problem = problem;
    starting.changed.notify_all();
}

}  // namespace

void start_runtime(const Arguments& arguments) {
    if (stuck)
        fail<RuntimeError>(
            "init: HPX did not start or stop before and cannot be started again in this process; "
            "start a new process");
    auto starting = std::make_shared<Starting>();
    std::thread thread([arguments, starting] { run_start(arguments, *starting); });
    auto deadline =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(arguments.timeout);
    std::unique_lock guard(starting->lock);
    auto give_up = [&] { leave_behind(thread); };
    while (!starting->changed.wait_for(guard, std::chrono::milliseconds(1),
                                       [&] { return starting->ended; })) {
        if (std::chrono::steady_clock::now() > deadline) {
            give_up();
            std::string words;
            for (const std::string& word : arguments.command_line) words += " " + word;
            fail<RuntimeError>(
                "init: HPX did not start within ", arguments.timeout,
                " s, since not all localities came (", words.substr(1),
                "); start all of them with the same number of localities and the same "
                "address of AGAS, or give more time with config "
                "hpxpy.start_timeout=SECONDS");
        }
        guard.unlock();
        try {
            if (arguments.check) arguments.check();
        } catch (...) {
            give_up();
            throw;
        }
        guard.lock();
    }
    guard.unlock();
    thread.join();
    if (!starting->problem.empty())
        fail<RuntimeError>("init: HPX could not start: ", starting->problem);
#if defined(HPX_HAVE_NETWORKING)
    set_write_handler();
#endif
}

void stop_runtime() {
    auto stopping = std::make_shared<Stopping>();
    std::thread thread([stopping] { run_stop(stopping); });
    std::unique_lock guard(stopping->lock);
    stopping->changed.wait(guard, [&] { return stopping->all_came || stopping->ended; });
    if (!stopping->changed.wait_for(guard, std::chrono::duration<double>(stop_timeout),
                                    [&] { return stopping->ended; })) {
        leave_behind(thread);
        return;
    }
    guard.unlock();
    thread.join();
    mailbox().clear();
    if (stopping->problem) std::rethrow_exception(stopping->problem);
}

bool has_networking() {
#if defined(HPX_HAVE_NETWORKING)
    return true;
#else
    return false;
#endif
}

std::uint32_t locality_number() { return hpx::get_locality_id(); }
std::uint32_t locality_count() { return hpx::get_initial_num_localities(); }

}  // namespace hpxpy::comm::hpx_engine
