// The engine of MPI, loaded by name when a program starts with it.
// SPDX-License-Identifier: BSL-1.0
#include "comm/engine.hpp"

#include <pthread.h>

#include <cstring>

#include "comm/mpi/communicator.hpp"
#include "comm/mpi/host.hpp"
#include "comm/mpi/joining.hpp"
#include "comm/mpi/library.hpp"

namespace hpxpy::comm::mpi {
namespace {

class MpiEngine final : public Engine {
public:
    std::unique_ptr<Communicator> start(const Start& start) override {
        configure(start.config);
        refuse_second_library();
        initialise();
        auto world = std::make_unique<MpiCommunicator>(MPI_COMM_WORLD);
        // Settings decide which messages there are, so everybody takes those of locality 0.
        check(MPI_Bcast(&library().settings, sizeof(Settings), MPI_BYTE, 0, MPI_COMM_WORLD),
              "MPI_Bcast");
        check(MPI_Barrier(MPI_COMM_WORLD), "MPI_Barrier");
        unlink_shared_memory();
        return world;
    }

    std::unique_ptr<Communicator> group_of(int handle) override {
        { Calling calling("from_mpi4py"); }
        return std::make_unique<MpiCommunicator>(MPI_Comm_f2c(handle));
    }
    bool has_mpi() const override { return true; }

    void stop() override {
        std::lock_guard guard(library().lock);
        int finalised = 0;
        MPI_Finalized(&finalised);
        if (!finalised) free_operations();
    }

    void leave() override {
        int finalised = 0;
        MPI_Finalized(&finalised);
        if (library().ours && !finalised) MPI_Finalize();
    }

private:
    static void initialise() {
        int finalised = 0;
        int initialised = 0;
        MPI_Finalized(&finalised);
        if (finalised)
            fail<RuntimeError>(
                "init: MPI was finalised in this process and cannot start again; let "
                "hpxpy leave before MPI_Finalize is called, or leave MPI_Finalize to it");
        MPI_Initialized(&initialised);
        int level = MPI_THREAD_SINGLE;
        if (initialised) {
            check(MPI_Query_thread(&level), "MPI_Query_thread");
        } else {
            HostSettings host;
            check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &level),
                  "MPI_Init_thread");
            library().ours = true;
        }
        library().one_thread = level < MPI_THREAD_MULTIPLE;
        library().owner = pthread_self();
    }
};

}  // namespace
}  // namespace hpxpy::comm::mpi

extern "C" HPXPY_EXPORT hpxpy::comm::Engine* hpxpy_engine() {
    return new hpxpy::comm::mpi::MpiEngine;
}

/// Whether this MPI can join what the launcher behind `variable` started, though most cannot.
extern "C" HPXPY_EXPORT bool hpxpy_engine_joins(const char* variable) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = {};
    int length = 0;
    if (MPI_Get_library_version(version, &length) != MPI_SUCCESS) return false;
    if (std::strstr(version, "Open MPI"))
        return std::strncmp(variable, "OMPI_", 5) == 0 || std::strncmp(variable, "PMIX_", 5) == 0;
    return std::strcmp(variable, "PMIX_RANK") == 0 &&
           (std::strstr(version, "pmix") || std::strstr(version, "CRAY"));
}
