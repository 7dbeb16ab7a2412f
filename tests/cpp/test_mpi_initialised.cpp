// MPI that somebody else initialised, and for one thread only: it is used as it is and not finalised.
// SPDX-License-Identifier: BSL-1.0
#include <dlfcn.h>

#include <cstdlib>

#include "collectives_tools.hpp"

namespace hpxpy::comm {

const char* const engine_name = "mpi";

namespace {

/// A function of the very MPI library that the engine module is linked with.
template <class F>
F mpi_function(const char* name) {
    std::string path = std::string(std::getenv("HPXPY_ENGINE_PATH")) + "/_engine_mpi.so";
    void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(module, nullptr) << dlerror();
    return reinterpret_cast<F>(dlsym(module, name));
}

/// Initialises MPI before the engine starts; ends it after the engine left.
class Host final : public testing::Environment {
    void SetUp() override {
        constexpr int funneled = 1;
        int level = -1;
        auto init = mpi_function<int (*)(int*, char***, int, int*)>("MPI_Init_thread");
        ASSERT_EQ(init(nullptr, nullptr, funneled, &level), 0);
        ASSERT_EQ(level, funneled);
    }
    void TearDown() override {
        World::stop();
        engine("mpi", "").leave();
        int finalised = 1;
        mpi_function<int (*)(int*)>("MPI_Finalized")(&finalised);
        EXPECT_EQ(finalised, 0);
        mpi_function<int (*)()>("MPI_Finalize")();
    }
};
testing::Environment* const host = testing::AddGlobalTestEnvironment(new Host);

TEST(InitialisedMpi, WorksFromTheThreadThatStartedIt) {
    Communicator& group = World::get();
    expect_sum_works(group);
    for (std::int64_t n : {100, 100000}) {
        Ref<Buffer> out = Buffer::allocate(n * 8);
        auto exchange =
            start_all_reduce(group, reduction(DType::float64, {n}),
                             buffer_of(std::vector<double>(n, 1)), 0, out, n, sum<double>());
        sleep_ms(5);
        wait(exchange);
        EXPECT_EQ(values_of<double>(out, 0, n), std::vector<double>(n, group.size()));
    }
}

TEST(InitialisedMpi, RefusesOtherThreads) {
    Communicator& group = World::get();
    std::string text;
    std::thread([&] { text = error_of([&] { group.start_broadcast({}, 0); }); }).join();
    EXPECT_NE(
        text.find("broadcast: MPI was initialised outside hpxpy for calls from one thread only"),
        std::string::npos)
        << text;
    expect_sum_works(group);
}

}  // namespace
}  // namespace hpxpy::comm
