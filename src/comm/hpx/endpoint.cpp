// Looks at this host's network through the system's sockets.
// SPDX-License-Identifier: BSL-1.0
#include "comm/hpx/endpoint.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/error.hpp"

namespace hpxpy::comm::hpx_engine {
namespace {

/// A socket that closes itself.
class Socket {
public:
    explicit Socket(int kind) : fd_(socket(AF_INET, kind | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (fd_ >= 0) close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    operator int() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

sockaddr_in resolve(const Endpoint& endpoint) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    int code = getaddrinfo(endpoint.host.c_str(), nullptr, &hints, &found);
    if (code != 0 || !found)
        fail<RuntimeError>("init: the host '", endpoint.host,
                           "' has no address: ", gai_strerror(code));
    sockaddr_in address{};
    std::memcpy(&address, found->ai_addr, sizeof address);
    freeaddrinfo(found);
    address.sin_port = htons(static_cast<std::uint16_t>(endpoint.port));
    return address;
}

/// From now on others may bind to the same port, if they say so too and nobody listens there yet.
void share_port(int fd) {
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

/// Binds to an endpoint of ours; 0 or the error.
int try_bind(int fd, const Endpoint& endpoint) {
    sockaddr_in address = resolve(endpoint);
    return bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ? errno : 0;
}

/// Binds to a port of HPXPY_PORT_RANGE, "42000-42099", that nobody uses; its number.
int bind_within(int fd, const std::string& host, const std::string& range) {
    int first = std::atoi(range.c_str());
    int last = std::atoi(range.c_str() + (range.find('-') + 1));
    int count = last - first + 1;
    for (int turn = 0; turn < count; ++turn) {
        // Localities that start at once begin at different places.
        int port = first + (turn + getpid()) % count;
        if (try_bind(fd, {host, port}) == 0) return port;
    }
    fail<RuntimeError>("init: no port of ", host, " is free in HPXPY_PORT_RANGE=", range,
                       "; give a larger range");
}

/// Binds to a port of `host` that the system chooses, or HPXPY_PORT_RANGE; its number.
int bind_any(int fd, const std::string& host) {
    const char* range = std::getenv("HPXPY_PORT_RANGE");
    if (range && *range) return bind_within(fd, host, range);
    if (int code = try_bind(fd, {host, 0}))
        fail<RuntimeError>("init: no port of ", host, " can be used: ", std::strerror(code));
    sockaddr_in own{};
    socklen_t size = sizeof own;
    getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
    return ntohs(own.sin_port);
}

/// Whether somebody accepts there within a moment.
bool try_connect(int fd, const Endpoint& endpoint) {
    sockaddr_in address = resolve(endpoint);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
    if (errno != EINPROGRESS) return false;
    pollfd ready{fd, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;
    return poll(&ready, 1, 200) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
           error == 0;
}

std::string text_of(const sockaddr* address) {
    char text[INET_ADDRSTRLEN] = {};
    auto ip = reinterpret_cast<const sockaddr_in*>(address);
    return inet_ntop(AF_INET, &ip->sin_addr, text, sizeof text) ? text : "";
}

/// The IPv4 address of an interface, empty if it has none; of any but the loopback for "".
std::string address_of(const std::string& interface) {
    std::string address;
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return address;
    for (ifaddrs* one = all; one && address.empty(); one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || !(one->ifa_flags & IFF_UP))
            continue;
        bool wanted =
            interface.empty() ? !(one->ifa_flags & IFF_LOOPBACK) : interface == one->ifa_name;
        if (wanted) address = text_of(one->ifa_addr);
    }
    freeifaddrs(all);
    return address;
}

}  // namespace

Endpoint parse_endpoint(const std::string& what, const std::string& text) {
    std::size_t colon = text.rfind(':');
    Endpoint endpoint{text.substr(0, colon), 0};
    if (colon != std::string::npos) endpoint.port = std::atoi(text.c_str() + colon + 1);
    if (endpoint.host.empty() || endpoint.port < 1 || endpoint.port > 65535)
        fail<ValueError>("init: ", what, "=", text,
                         " is no address; write host:port with a port from 1 to 65535");
    return endpoint;
}

std::string host_identity() {
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    std::string identity = name;
    std::ifstream boot("/proc/sys/kernel/random/boot_id");
    std::string line;
    if (std::getline(boot, line)) identity += "/" + line;
    struct stat network;
    if (stat("/proc/self/ns/net", &network) == 0) identity += "/" + std::to_string(network.st_ino);
    return identity;
}

std::string outer_address() {
    if (const char* asked = std::getenv("HPXPY_INTERFACE"); asked && *asked)
        return address_of(asked);
    // The interface by which packets would leave; nothing is sent.
    Socket probe(SOCK_DGRAM);
    sockaddr_in far = resolve({"192.0.2.1", 9});
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (connect(probe, reinterpret_cast<sockaddr*>(&far), sizeof far) == 0 &&
        getsockname(probe, reinterpret_cast<sockaddr*>(&own), &size) == 0)
        return text_of(reinterpret_cast<sockaddr*>(&own));
    return address_of("");
}

HeldPort::HeldPort(const std::string& host) {
    Socket socket(SOCK_STREAM);
    number_ = bind_any(socket, host);
    // Only now: of ports that are shared, the system would give the same one to several.
    share_port(socket);
    fd_ = socket.release();
}

HeldPort::~HeldPort() { close(fd_); }

End::End(const std::string& host) {
    Socket socket(SOCK_STREAM);
    port_ = bind_any(socket, host);
    if (listen(socket, SOMAXCONN) != 0)
        fail<RuntimeError>("init: this locality cannot listen at ", host, ": ",
                           std::strerror(errno));
    fd_ = socket.release();
}

End::End(const Endpoint& other) : port_(other.port) {
    Socket socket(SOCK_STREAM);
    if (try_connect(socket, other)) fd_ = socket.release();
}

End::~End() {
    if (fd_ >= 0) close(fd_);
}

void End::wait(double seconds) const {
    pollfd gone{fd_, POLLIN, 0};
    if (fd_ >= 0) poll(&gone, 1, static_cast<int>(seconds * 1000));
}

void check_free(const Endpoint& endpoint) {
    Socket probe(SOCK_STREAM);
    // As HPX does: connections that ended a moment ago do not keep the port.
    share_port(probe);
    int code = try_bind(probe, endpoint);
    if (!code && listen(probe, 1) != 0) code = errno;
    if (code == EADDRINUSE)
        fail<RuntimeError>(
            "init: port ", endpoint.port, " of ", endpoint.host,
            " is used by another program; choose another port (--hpx:hpx=HOST:PORT), "
            "or let 'hpxpy run' find free ones");
    if (code)
        fail<RuntimeError>("init: this locality cannot listen at ", endpoint.text(), ": ",
                           std::strerror(code),
                           "; give an address of this host (--hpx:hpx=HOST:PORT)");
}

bool answers(const Endpoint& endpoint) {
    Socket probe(SOCK_STREAM);
    return try_connect(probe, endpoint);
}

}  // namespace hpxpy::comm::hpx_engine
