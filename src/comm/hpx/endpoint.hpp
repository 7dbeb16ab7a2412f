// Addresses and ports: which are ours, which are free, whether somebody answers.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace hpxpy::comm::hpx_engine {

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

/// One end of a program, told by the connections to it: they break when this is gone, or its process.
class End {
public:
    /// Accepts nobody, but lets others connect at a port of `host`.
    explicit End(const std::string& host);
    /// Connects to that of another process; does nothing if nobody answers there.
    explicit End(const Endpoint& other);
    ~End();
    End(const End&) = delete;
    End& operator=(const End&) = delete;
    int port() const { return port_; }
    /// Waits until the other's is gone, at most so many seconds.
    void wait(double seconds) const;

private:
    int fd_ = -1;
    int port_ = 0;
};

/// RuntimeError if another program listens at this endpoint of ours.
void check_free(const Endpoint& endpoint);

/// Whether somebody accepts connections there.
bool answers(const Endpoint& endpoint);

}  // namespace hpxpy::comm::hpx_engine
