// The engine of HPX, loaded by name when a program starts with it: finds out where this locality is,
// starts HPX there, and makes sure that all localities were told the same.
// SPDX-License-Identifier: BSL-1.0
#include "comm/engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <numeric>
#include <thread>

#include "comm/hpx/communicator.hpp"
#include "comm/hpx/endpoint.hpp"
#include "comm/hpx/options.hpp"
#include "comm/hpx/runtime.hpp"
#include "comm/hpx/vectors.hpp"
#include "comm/locality.hpp"

namespace hpxpy::comm::hpx_engine {
namespace {

using Clock = std::chrono::steady_clock;

/// Where this locality is in its program.
struct Place {
    int id = 0;
    int size = 1;
    int on_this_host = 1;
    bool id_is_hpx = false;  ///< HPX will tell
    Endpoint agas;           ///< port 0: HPX finds out by itself
    Endpoint own;
    std::shared_ptr<HeldPort> held;  ///< where the port is no one's choice; until HPX listens there
};

/// All localities' addresses, by the launcher's own means; that of AGAS may be the caller's choice.
Place meet(const Start& start, const Options& options) {
    const char* transport = std::getenv("HPXPY_TRANSPORT");
    if (transport && *transport && std::strcmp(transport, "auto") != 0 &&
        std::strcmp(transport, "tcp") != 0)
        fail<ValueError>("init: HPXPY_TRANSPORT=", transport,
                         ": engine hpx talks over TCP; give tcp or auto, or use engine mpi");
    const char* interface = std::getenv("HPXPY_INTERFACE");
    std::string outer = outer_address();
    auto held = std::make_shared<HeldPort>("0.0.0.0");
    std::string mine = host_identity() + "\n" + outer + "\n" + std::to_string(held->number());
    Met met = start.meet(mine);
    std::vector<std::string> hosts;
    std::vector<Endpoint> endpoints;
    for (const std::string& words : met.words) {
        std::size_t first = words.find('\n'), second = words.rfind('\n');
        hosts.push_back(words.substr(0, first));
        endpoints.push_back(
            {words.substr(first + 1, second - first - 1), std::atoi(words.c_str() + second + 1)});
    }
    auto here = std::count(hosts.begin(), hosts.end(), hosts[met.id]);
    Place place;
    place.id = met.id;
    place.size = static_cast<int>(hosts.size());
    place.on_this_host = static_cast<int>(here);
    for (std::size_t p = 0; p < endpoints.size(); ++p) {
        if (here == place.size && !(interface && *interface)) endpoints[p].host = "127.0.0.1";
        if (endpoints[p].host.empty())
            fail<RuntimeError>("init: the localities are on several hosts, but that of locality ",
                               p, " has no address that others reach; bring its network up");
    }
    if (auto agas = options.value("hpx:agas")) endpoints[0] = parse_endpoint("--hpx:agas", *agas);
    place.agas = endpoints[0];
    place.own = endpoints[met.id];
    place.held = std::move(held);
    return place;
}

/// What the environment or the caller's command line say.
Place told(const Start& start, const Options& options) {
    const Launch& launch = start.launch;
    Place place;
    if (!launch.agas.empty()) {
        place.id = launch.id;
        place.size = launch.size;
        place.agas = parse_endpoint("HPXPY_AGAS", launch.agas);
        place.own = launch.id == 0 ? place.agas : Endpoint{"", 0};
        if (!launch.address.empty()) place.own = parse_endpoint("HPXPY_HPX", launch.address);
    } else if (!launch.variable.empty()) {
        // Slurm without MPI's help: HPX reads Slurm's variables.
        place.id = launch.id;
        place.size = launch.size;
        return place;
    } else {
        place.size = std::atoi(options.value("hpx:localities").value_or("1").c_str());
        auto id = options.value("hpx.locality");
        place.id = id ? std::atoi(id->c_str()) : options.has("hpx:worker") ? 1 : 0;
        place.id_is_hpx = !id;
        if (auto agas = options.value("hpx:agas")) place.agas = parse_endpoint("--hpx:agas", *agas);
        if (auto own = options.value("hpx:hpx")) place.own = parse_endpoint("--hpx:hpx", *own);
    }
    if (place.size < 1 || place.id < 0 || place.id >= place.size)
        fail<ValueError>("init: locality ", place.id, " of ", place.size,
                         " does not exist; localities are numbered from 0 on");
    return place;
}

void add(std::vector<std::string>& words, const Options& options, const std::string& name,
         const std::string& value) {
    if (!options.has(name)) words.push_back("--" + name + (value.empty() ? "" : "=" + value));
}

Arguments arguments_for(const Place& place, const Start& start, const Options& options) {
    Arguments arguments;
    arguments.timeout = options.start_timeout;
    arguments.check = start.check;
    auto& words = arguments.command_line;
    if (place.agas.port) {
        add(words, options, "hpx:localities", std::to_string(place.size));
        add(words, options, "hpx:agas", place.agas.text());
        if (place.own.port) add(words, options, "hpx:hpx", place.own.text());
        if (place.id > 0) add(words, options, "hpx:worker", "");
        if (!place.id_is_hpx)
            arguments.settings.push_back("hpx.locality!=" + std::to_string(place.id));
    }
    if (has_networking() && (place.agas.port || place.size == 1))
        add(words, options, "hpx:ignore-batch-env", "");
    // The runtime hands CPUs out once all localities have met, so HPX binds nothing.
    add(words, options, "hpx:bind", "none");
    // Under Slurm, HPX knows the threads of this task.
    bool found_by_hpx = !place.agas.port && place.size > 1;
    int threads = start.num_threads;
    bool chosen = options.has("hpx:threads") || options.value("hpx.os_threads");
    if (threads == 0) threads = std::max(1, start.available_cpus / place.on_this_host);
    if (!chosen && !(found_by_hpx && start.num_threads == 0))
        words.push_back("--hpx:threads=" + std::to_string(threads));
    words.insert(words.end(), options.command_line.begin(), options.command_line.end());
    arguments.settings.insert(arguments.settings.end(), options.hpx_settings.begin(),
                              options.hpx_settings.end());
    return arguments;
}

/// The first words between two localities.
struct Hello {
    char host[248];
    std::int64_t pid;
    std::int64_t cores;
    std::int64_t size;
    std::int64_t end_port;  ///< of locality 0, where the others see when its HPX has stopped
    Settings settings;
};
constexpr std::uint64_t hello_stream = 1;
constexpr std::uint64_t table_stream = 2;
constexpr std::uint64_t world_stream = 3;
constexpr std::uint64_t last_stream = 4;

void wait_for(const std::vector<TransferRef>& transfers, const Start& start,
              Clock::time_point deadline, int id) {
    for (const TransferRef& transfer : transfers) {
        while (!transfer->test()) {
            if (Clock::now() > deadline)
                fail<RuntimeError>(
                    "init: locality ", id,
                    " waited in vain for the first words of the others; start all of "
                    "them with the same number of localities");
            if (start.check) start.check();
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
    }
}

/// Locality 0 hears of everybody and tells everybody of all; `end_port` is what it tells of itself, and what
/// the others learn.
std::unique_ptr<Communicator> make_world(int id, int size, const Start& start,
                                         const Options& options, int& end_port) {
    Locality me = this_locality(id);
    Hello mine{};
    me.host.copy(mine.host, sizeof mine.host - 1);
    mine.pid = me.pid;
    mine.cores = me.cores;
    mine.size = size;
    mine.end_port = end_port;
    mine.settings = options.settings;

    auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(options.start_timeout));
    std::vector<Hello> all(static_cast<std::size_t>(size));
    auto bytes = static_cast<std::int64_t>(all.size() * sizeof(Hello));
    std::vector<TransferRef> transfers;
    auto awaited = [&](std::uint64_t stream, int source, Bytes into) {
        transfers.push_back(std::make_shared<Transfer>());
        mailbox().await({stream, 0, source}, into, transfers.back());
    };
    auto done = std::make_shared<Transfer>();
    all[static_cast<std::size_t>(id)] = mine;
    if (id == 0) {
        for (int p = 1; p < size; ++p)
            awaited(hello_stream, p, {&all[static_cast<std::size_t>(p)], sizeof(Hello)});
        wait_for(transfers, start, deadline, id);
        for (int p = 1; p < size; ++p) {
            // A locality that was told another number learns that from the table's header.
            send(static_cast<std::uint32_t>(p), {table_stream, 0, 0}, {all.data(), sizeof(Hello)},
                 done);
            auto sent = std::make_shared<Transfer>();
            if (all[static_cast<std::size_t>(p)].size == size)
                send(static_cast<std::uint32_t>(p), {table_stream, 1, 0}, {all.data(), bytes},
                     sent);
            else
                sent->end(Transfer::complete);
            transfers.push_back(sent);
        }
        wait_for(transfers, start, deadline, id);
    } else {
        Hello first{};
        awaited(table_stream, 0, {&first, sizeof first});
        send(0, {hello_stream, 0, id}, {&mine, sizeof mine}, done);
        wait_for(transfers, start, deadline, id);
        all[0] = first;
        if (first.size == size) {
            transfers.push_back(std::make_shared<Transfer>());
            mailbox().await({table_stream, 1, 0}, {all.data(), bytes}, transfers.back());
            wait_for(transfers, start, deadline, id);
        }
    }
    for (int p = 0; p < size; ++p)
        if (std::int64_t other = all[static_cast<std::size_t>(p)].size; other && other != size)
            fail<RuntimeError>("init: locality ", id, " was told that there are ", size,
                               " localities, and locality ", p, " that there are ", other,
                               "; start all of them with the same number");
    end_port = static_cast<int>(all[0].end_port);
    std::vector<Locality> localities;
    std::vector<std::uint32_t> numbers;
    for (int p = 0; p < size; ++p) {
        const Hello& one = all[static_cast<std::size_t>(p)];
        localities.push_back({p, one.host, one.pid, static_cast<int>(one.cores)});
        numbers.push_back(static_cast<std::uint32_t>(p));
    }
    return std::make_unique<HpxCommunicator>(world_stream, id, std::move(localities),
                                             std::move(numbers), all[0].settings);
}

class HpxEngine final : public Engine {
public:
    bool is_told_by(const std::vector<std::string>& config) const override {
        return parse_options(config).value("hpx:localities").has_value();
    }

    std::unique_ptr<Communicator> start(const Start& start) override {
        Options options = parse_options(start.config);
        Place place = start.meet ? meet(start, options) : told(start, options);
        if (place.size > 1 && !has_networking())
            fail<RuntimeError>("init: HPX was built without networking, so it cannot join ",
                               place.size,
                               " localities; build it with HPX_WITH_NETWORKING=ON, or use "
                               "engine='mpi'");
        if (place.agas.port && !place.own.port) {
            // Unless told, the address by which AGAS is reached.
            place.own.host = place.agas.host == "127.0.0.1" ? place.agas.host : outer_address();
            place.held = std::make_shared<HeldPort>(place.own.host);
            place.own.port = place.held->number();
        }
        if (place.own.port) check_free(place.own);
        if (place.id > 0 && place.agas.port) wait_for_agas(place, start, options);
        start_runtime(arguments_for(place, start, options));
        int id =
            place.id_is_hpx || !place.agas.port ? static_cast<int>(locality_number()) : place.id;
        bound_ = options.has("hpx:bind");
        try {
            bool others = place.agas.port && place.size > 1;
            int end_port = 0;
            if (others && id == 0) {
                end_ = std::make_unique<End>(place.own.host);
                end_port = end_->port();
            }
            auto world = make_world(id, place.size, start, options, end_port);
            if (others && id > 0) {
                end_ = std::make_unique<End>(Endpoint{place.agas.host, end_port});
                awaits_end_ = options.start_timeout;
            }
            vectors_ = make_vectors(place.size);
            std::vector<std::uint32_t> numbers(world->localities().size());
            std::iota(numbers.begin(), numbers.end(), 0U);
            last_ = std::make_unique<HpxCommunicator>(last_stream, id, world->localities(),
                                                      std::move(numbers), Settings());
            return world;
        } catch (...) {
            if (place.size == 1) stop_runtime();
            throw;
        }
    }

    Pool* pool(const std::vector<int>& cpus) override {
        pool_ = make_pool(bound_ ? std::vector<int>() : cpus);
        return pool_.get();
    }

    Vectors* vectors() override { return vectors_.get(); }
    std::vector<std::string> counters() override { return counter_names(); }
    std::optional<double> counter(const std::string& name) override { return counter_value(name); }

    void stop() override {
        vectors_.reset();
        pool_.reset();
        // HPX runs nothing more once locality 0 ends it.
        if (last_) last_->free();
        last_.reset();
        stop_runtime();
        // Started again at once at the same address, others must not meet an AGAS that is ending.
        if (awaits_end_ > 0) end_->wait(awaits_end_);
        awaits_end_ = 0;
        end_.reset();
    }

    void leave() override {}

private:
    static void wait_for_agas(const Place& place, const Start& start, const Options& options) {
        auto deadline = Clock::now() + std::chrono::duration<double>(options.start_timeout);
        while (!answers(place.agas)) {
            if (Clock::now() > deadline)
                fail<RuntimeError>("init: nobody answers at ", place.agas.text(),
                                   ", where HPX's AGAS should be, for ", options.start_timeout,
                                   " s; start locality 0 there, or give more time with config "
                                   "hpxpy.start_timeout=SECONDS");
            if (start.check) start.check();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    std::unique_ptr<Pool> pool_;
    std::unique_ptr<Vectors> vectors_;
    std::unique_ptr<HpxCommunicator> last_;  ///< in which all meet before HPX ends
    std::unique_ptr<End> end_;               ///< of locality 0's HPX
    double awaits_end_ = 0;                  ///< seconds; 0 on locality 0 itself
    bool bound_ = false;
};

}  // namespace
}  // namespace hpxpy::comm::hpx_engine

extern "C" HPXPY_EXPORT hpxpy::comm::Engine* hpxpy_engine() {
    return new hpxpy::comm::hpx_engine::HpxEngine;
}
