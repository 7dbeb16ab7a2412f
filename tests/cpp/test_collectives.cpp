// The collectives on one locality.
// SPDX-License-Identifier: BSL-1.0
#include "collectives_cases.hpp"

namespace hpxpy::comm {

const char* const engine_name = "local";

INSTANTIATE_TEST_SUITE_P(Local, CollectivesTest, testing::Values(Config{}));

}  // namespace hpxpy::comm
