// The MPI engine's communicator, as it comes and with everything cut into small pieces.
// SPDX-License-Identifier: BSL-1.0
#include "communicator_cases.hpp"

namespace hpxpy::comm {

const char* const engine_name = "mpi";

INSTANTIATE_TEST_SUITE_P(Mpi, CommunicatorTest,
                         testing::Values(Config{},
                                         Config{"mpi.chunk=100", "mpi.direct=0", "mpi.small=0",
                                                "mpi.segment=64", "mpi.small_gather=0"},
                                         Config{"mpi.chunk=1000"},
                                         Config{"mpi.direct=0", "mpi.segment=1000", "mpi.small=64"},
                                         Config{"mpi.direct=0", "mpi.small=100000000",
                                                "mpi.small_gather=100000000"},
                                         Config{"mpi.direct=100000000"}));

namespace {

template <class E>
void expect_refused(const Config& config, const std::string& text) {
    World::stop();
    try {
        engine("mpi", "").start({.config = config});
        FAIL() << config[0];
    } catch (const E& error) {
        EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
}

TEST(MpiEngine, RefusesConfigThatItDoesNotKnow) {
    expect_refused<ValueError>({"mpi.color=3"},
                               "init: config 'mpi.color=3' is unknown to engine 'mpi'");
    expect_refused<ValueError>({"mpi.chunk=many"}, "'mpi.chunk=many' is no number of bytes");
    expect_refused<ValueError>({"mpi.chunk=0"}, "'mpi.chunk=0' is no number of bytes");
    expect_refused<ValueError>({"mpi.chunk=4294967296"}, "mpi.chunk=4294967296 is too large");
}

TEST(MpiEngine, StartsAgainAfterStop) {
    World::stop();
    int size = World::get().size();
    World::stop();
    EXPECT_EQ(World::get().size(), size);
}

TEST(MpiEngine, StartsAgainWhenTheLaunchersVariablesAreGone) {
    World::stop();
    Launch before = detect_launch();
    clear_launch();
    EXPECT_EQ(std::getenv("PMI_SIZE"), nullptr);
    EXPECT_EQ(detect_launch().size, before.size);
    EXPECT_EQ(World::get().size(), before.size);
}

TEST(MpiEngine, ErrorsOfMpiAreExceptions) {
    Communicator& group = World::get();
    int value = 0;
    try {
        finish(*group.start_send({&value, 4}, group.size() + 5, 1));
        FAIL();
    } catch (const CommunicationError& error) {
        EXPECT_NE(std::string(error.what()).find("MPI_Isend: "), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace hpxpy::comm
