"""This host's network: its interfaces, and sockets that listen where they were asked to.

The supervisor's `door` and `hpxpy doctor` call this. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import errno
import fcntl
import socket
import struct

#: Of Linux: asks for the IPv4 address of an interface.
SIOCGIFADDR = 0x8915


def interfaces():
    """{interface: its IPv4 address}."""
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                wanted = struct.pack("256s", name.encode())
                answer = fcntl.ioctl(sock.fileno(), SIOCGIFADDR, wanted)
                found[name] = socket.inet_ntoa(answer[20:24])
    return found


def ports_of(text):
    """The ports of HPXPY_PORT_RANGE, "42000-42099"; [0], whichever is free, without one."""
    if not text:
        return [0]
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def listen_at(host, ports, backlog=512):
    """A socket that listens at the first of `ports` that is free; OSError if none is."""
    for port in ports:
        try:
            return socket.create_server((host, port), backlog=backlog)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port == ports[-1]:
                raise
    raise AssertionError("no ports")
