// Messages over HPX: an action that carries bytes to another locality, straight into the memory that
// awaits them. The communicator calls this; only message.cpp, runtime.cpp and pool.cpp know HPX.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "comm/hpx/mailbox.hpp"

namespace hpxpy::comm::hpx_engine {

/// Messages that are not larger are copied, so that sending them is complete at once.
constexpr std::int64_t copied_limit = 64 * 1024;

Mailbox& mailbox();

/// Sends to a locality of HPX. Unless complete on return, the data must stay until the transfer is.
void send(std::uint32_t locality, const Key& key, ConstBytes data, const TransferRef& transfer);

}  // namespace hpxpy::comm::hpx_engine
