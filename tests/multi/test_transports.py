"""How localities talk where a user chooses it, and that they listen nowhere else."""

# SPDX-License-Identifier: BSL-1.0
import json
import socket

import pytest
from conftest import ENGINE, HPXPY_RUN, once
from hosts import WIRE
from hpxpy._launch.networks import interfaces

# Each locality tells where it and the processes above it listen.
PROGRAM = """
import json, os, re, socket, struct
import hpxpy as hpx
x = hpx.redistribute(hpx.ones((30, 40), distribution="block"), "block", axis=1)
assert float(x.sum()) == 1200

def listening(pid):
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found = re.match(r"socket:\\[(\\d+)\\]", os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            continue
        if found:
            inodes.add(found[1])
    ends = []
    for line in open(f"/proc/{pid}/net/tcp").read().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in inodes:
            address, port = (int(word, 16) for word in words[1].split(":"))
            ends.append([socket.inet_ntoa(struct.pack("<I", address)), port])
    with open(f"/proc/{pid}/net/tcp6") as file:
        assert not any(line.split()[9] in inodes for line in list(file)[1:])
    return ends

mine = {"locality": listening(os.getpid()), "watcher": listening(os.getppid())}
told = hpx.gather_object(mine)
if told:
    print(json.dumps(told))
"""


@pytest.fixture
def listening(run, engine):
    """listening(*options): the addresses and ports of each of two localities."""

    def listening(*options):
        result = run(PROGRAM, n=2, options=["--engine", engine, *options])
        assert (result.code, result.stderr) == (0, "")
        told = json.loads(result.stdout)
        assert [one["watcher"] for one in told] == [[], []]
        return [one["locality"] for one in told]

    return listening


def outer():
    found = {name: address for name, address in interfaces().items() if name != "lo"}
    if not found:
        pytest.skip("this machine has no interface but the loopback")
    return sorted(found.items())[0]


@pytest.mark.parametrize("transport", ["auto", "tcp"])
def test_on_one_host_the_loopback_is_all(listening, transport):
    for ends in listening("--transport", transport):
        assert {address for address, _ in ends} == {"127.0.0.1"}


@once
def test_shared_memory_needs_no_port(listening):
    assert listening("--transport", "shm") == [[], []]


def test_an_interface_and_its_ports(listening):
    name, address = outer()
    options = ["--interface", name, "--port-range", "42100-42139", "--transport", "tcp"]
    for ends in listening(*options):
        assert ends
        assert {where for where, _ in ends} == {address}
        assert all(42100 <= port <= 42139 for _, port in ends)


@pytest.mark.parametrize("bind", [True, False])
def test_two_hosts(two_hosts, started, engine, tmp_path, bind):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    options = ["--interface", WIRE, "--port-range", "42200-42239"]
    if bind:
        options += ["--bind-address", "10.77.0.1"]
    words = [*HPXPY_RUN, "--engine", engine, "--hosts", "hosta,hostb", *options, script]
    # tcp for localities that one kernel would let share memory.
    environ = {**two_hosts.environ, "HPXPY_TRANSPORT": "tcp"}
    environ.pop("UCX_TLS")
    result = started(two_hosts.on_a(*words), environ).end(40)
    assert (result.code, result.stderr) == (0, "")
    for number, one in enumerate(json.loads(result.stdout), 1):
        assert one["watcher"] == [] and one["locality"]
        assert {address for address, _ in one["locality"]} == {f"10.77.0.{number}"}
        assert all(42200 <= port <= 42239 for _, port in one["locality"])


JUNK = {
    "no such interface": (["--interface", "ib77"], "interface 'ib77' is no network interface of"),
    "no range": (["--port-range", "9-10"], "port_range '9-10' is no range of ports from 1024"),
    "turned round": (["--port-range", "5000-4000"], "port_range '5000-4000' is no range"),
    "few ports": (["--port-range", "5000-5001"], "has 2 ports, of which 2 localities need 5"),
    "no transport": (["--transport", "x;y"], "transport 'x;y' is no transport; give auto, shm"),
    "shm elsewhere": (["--transport", "shm", "--hosts", "a,b"], "'shm' does not reach from one"),
    "no address": (["--bind-address", "192.0.2.77"], "bind_address='192.0.2.77' is no IPv4"),
    "twice": (
        ["--transport", "tcp", "--env", "HPXPY_TRANSPORT=shm"],
        "env=HPXPY_TRANSPORT=shm contradicts tcp",
    ),
}


@once
@pytest.mark.parametrize("case", JUNK)
def test_junk_is_refused(command, case):
    options, said = JUNK[case]
    result = command("-n", 2, *options, "-c", "1")
    assert result.code == 2 and said in result.stderr, result.stderr


@once
def test_a_range_that_is_taken_is_refused(command):
    with socket.create_server(("127.0.0.1", 0)) as one:
        # One port after the other is taken, from this one on.
        port = one.getsockname()[1]
        others = []
        try:
            for number in range(port + 1, min(port + 5, 65536)):
                try:
                    others.append(socket.create_server(("127.0.0.1", number)))
                except OSError:
                    continue  # somebody else has it
            result = command("-n", 2, "--port-range", f"{port}-{port + 4}", "-c", "1")
        finally:
            for other in others:
                other.close()
    assert result.code == 2
    assert f"no port of HPXPY_PORT_RANGE={port}-{port + 4} is free at 127.0.0.1" in result.stderr


@pytest.mark.skipif(ENGINE != "hpx", reason="of engine hpx alone")
def test_engine_hpx_talks_tcp(run):
    result = run("import hpxpy as hpx; hpx.barrier()", n=2, options=["--transport", "shm"])
    assert result.code == 1
    assert "init: HPXPY_TRANSPORT=shm: engine hpx talks over TCP; give tcp" in result.stderr
