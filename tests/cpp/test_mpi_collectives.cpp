// The collectives over MPI, as it comes and with everything cut into small pieces.
// SPDX-License-Identifier: BSL-1.0
#include "collectives_cases.hpp"

namespace hpxpy::comm {

const char* const engine_name = "mpi";

INSTANTIATE_TEST_SUITE_P(Mpi, CollectivesTest,
                         testing::Values(Config{},
                                         Config{"mpi.chunk=1000", "mpi.small=0", "mpi.segment=512",
                                                "mpi.small_gather=0"}));

}  // namespace hpxpy::comm
