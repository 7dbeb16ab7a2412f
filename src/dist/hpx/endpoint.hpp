// Addresses and ports: which are ours, which are free, whether somebody answers.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace hpxpy::dist::hpx_engine {

struct Endpoint {
    std::string host;
    int port = 0;
    std::string text() const { return host + ":" + std::to_string(port); }
};

/// "host:port"; ValueError, naming `what`, if it is something else.
Endpoint parse_endpoint(const std::string& what, const std::string& text);

/// What only processes of this host (and of this network namespace) share.
std::string host_identity();

/// The address under which other hosts most likely reach this one; empty if it has none.
std::string outer_address();

/// A port of `host` that the system gives to nobody else while this lives, and at which HPX can listen meanwhile.
class HeldPort {
public:
    /// RuntimeError if `host` is none of ours.
    explicit HeldPort(const std::string& host);
    ~HeldPort();
    HeldPort(const HeldPort&) = delete;
    HeldPort& operator=(const HeldPort&) = delete;
    int number() const { return number_; }

private:
    int fd_ = -1;
    int number_ = 0;
};

/// RuntimeError if another program listens at this endpoint of ours.
void check_free(const Endpoint& endpoint);

/// Whether somebody accepts connections there.
bool answers(const Endpoint& endpoint);

}  // namespace hpxpy::dist::hpx_engine
