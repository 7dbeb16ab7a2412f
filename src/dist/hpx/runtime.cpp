// Starts and stops HPX on a thread of its own, so that waiting for others has an end.
// SPDX-License-Identifier: BSL-1.0
#include "dist/hpx/runtime.hpp"

#include <hpx/config.hpp>
#include <hpx/hpx_finalize.hpp>
#include <hpx/hpx_start.hpp>
#include <hpx/include/post.hpp>
#include <hpx/include/runtime.hpp>
#include <hpx/modules/program_options.hpp>

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "dist/hpx/transport.hpp"

static_assert(std::string_view(HPX_HAVE_MALLOC) == "system",
              "HPX must be built with HPX_WITH_MALLOC=system to live in a Python process");

namespace hpxpy::dist::hpx_engine {
namespace {

/// A start that may outlive who asked for it.
struct Starting {
    std::mutex lock;
    std::condition_variable changed;
    bool ended = false;
    std::string problem;
};

/// HPX waits for ever in a thread of this process, which can only be left.
bool stuck = false;

extern "C" void leave_stuck(int status, void*) {
    std::fflush(nullptr);
    _exit(status);
}

#if defined(HPX_HAVE_NETWORKING)
/// Parcels that cannot be sent end their transfers; what is said about it is the control channel's.
void ignore_failed_write(const std::error_code&, const hpx::parcelset::parcel&) {}
#endif

void run_start(const Arguments& arguments, Starting& starting) {
    std::vector<std::string> words{"hpxpy"};
    words.insert(words.end(), arguments.command_line.begin(), arguments.command_line.end());
    std::vector<char*> pointers;
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
            "init: HPX did not start before and cannot be started again in this process; start a "
            "new process");
    auto starting = std::make_shared<Starting>();
    std::thread thread([arguments, starting] { run_start(arguments, *starting); });
    auto deadline =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(arguments.timeout);
    std::unique_lock guard(starting->lock);
    auto give_up = [&] {
        stuck = true;
        thread.detach();
        on_exit(leave_stuck, nullptr);
    };
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
    hpx::set_parcel_write_handler(ignore_failed_write);
#endif
}

void stop_runtime() {
    if (hpx::get_locality_id() == 0) hpx::post([] { hpx::finalize(); });
    hpx::stop();
    mailbox().clear();
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

}  // namespace hpxpy::dist::hpx_engine
