// The error of a network that fails under the program.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/error.hpp"

namespace hpxpy::comm {

/// Communication failed, which the end of another locality may have caused. (Localities that do not agree, and
/// calls that cannot be, are other CommunicationErrors.)
class HPXPY_EXPORT LostError : public CommunicationError {
    using CommunicationError::CommunicationError;
};

}  // namespace hpxpy::comm
