// The collectives over HPX, as it comes and with everything cut into small pieces.
// SPDX-License-Identifier: BSL-1.0
#include "collectives_cases.hpp"

namespace hpxpy::comm {

const char* const engine_name = "hpx";

INSTANTIATE_TEST_SUITE_P(
    Hpx, CollectivesTest,
    testing::Values(Config{}, Config{"hpxpy.chunk=20000", "hpxpy.small=0", "hpxpy.segment=4000"},
                    Config{"hpxpy.direct=1"}));

}  // namespace hpxpy::comm
