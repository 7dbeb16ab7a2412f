// HPX's communicator, as it comes and with everything cut into small pieces.
// SPDX-License-Identifier: BSL-1.0
#include "communicator_cases.hpp"

namespace hpxpy::comm {

const char* const engine_name = "hpx";

INSTANTIATE_TEST_SUITE_P(
    Hpx, CommunicatorTest,
    testing::Values(Config{}, Config{"hpxpy.chunk=20000", "hpxpy.small=0", "hpxpy.segment=4000"},
                    Config{"hpxpy.chunk=5000", "hpxpy.segment=1000", "hpxpy.small=64",
                           "hpxpy.direct=1"}));

}  // namespace hpxpy::comm
