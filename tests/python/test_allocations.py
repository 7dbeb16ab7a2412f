"""Where localities run: hosts of resource managers as they were recorded, files of hosts, CPUs."""

# SPDX-License-Identifier: BSL-1.0
import json

import pytest
from hpxpy._launch import allocations, binding, hosts
from hpxpy.launcher import LaunchConfig

pytestmark = pytest.mark.local

SLURM = {
    "SLURM_JOB_ID": "4711",
    "SLURM_JOB_NODELIST": "nid[001-002,010],login1",
    "SLURM_NODELIST": "nid[001-002,010],login1",
    "SLURM_TASKS_PER_NODE": "4(x3),1",
    "SLURM_JOB_CPUS_PER_NODE": "128(x3),8",
    "SLURM_NTASKS": "13",
}
FLUX_R = {
    "version": 1,
    "execution": {
        "R_lite": [
            {"rank": "0-1", "children": {"core": "0-3", "gpu": "0"}},
            {"rank": "2", "children": {"core": "0,2"}},
        ],
        "starttime": 0,
        "expiration": 0,
        "nodelist": ["fluke[9-11]"],
    },
}


@pytest.fixture
def nodefile(tmp_path):
    path = tmp_path / "nodes"
    path.write_text("x1000c0s0b0n0\nx1000c0s0b0n0\n\nx1000c0s1b0n0\n")
    return str(path)


@pytest.fixture
def flux(tmp_path):
    """flux(text): the environment of a Flux that says this when it is asked for its resources."""

    def make(text):
        program = tmp_path / "flux"
        program.write_text(f"#!/bin/sh\n[ \"$*\" = 'resource R' ] && echo '{text}'\n")
        program.chmod(0o755)
        return {"FLUX_URI": "local:///run/flux/local", "PATH": f"{tmp_path}:/bin:/usr/bin"}

    return make


def found(environ):
    allocation = allocations.find(environ)
    return allocation and (allocation.manager, allocation.job, allocation.slots)


def test_slurm():
    slots = {"nid001": 4, "nid002": 4, "nid010": 4, "login1": 1}
    assert found(SLURM) == ("Slurm", "4711", slots)
    without = {k: v for k, v in SLURM.items() if k != "SLURM_TASKS_PER_NODE"}
    assert found(without)[2] == {"nid001": 128, "nid002": 128, "nid010": 128, "login1": 8}
    assert found({"SLURM_JOB_ID": "1", "SLURM_NODELIST": "a"}) == ("Slurm", "1", {"a": 1})


def test_pbs_and_pals(nodefile):
    pbs = {"PBS_JOBID": "12.server", "PBS_NODEFILE": nodefile}
    assert found(pbs) == ("PBS", "12.server", {"x1000c0s0b0n0": 2, "x1000c0s1b0n0": 1})
    pals = {**pbs, "PALS_PPN": "8"}
    assert found(pals) == ("PALS", "12.server", {"x1000c0s0b0n0": 8, "x1000c0s1b0n0": 8})
    assert found({**pbs, "PALS_HOSTFILE": nodefile})[:2] == ("PALS", "12.server")
    assert found({"PALS_HOSTLIST": "a,b,a"}) == ("PALS", "", {"a": 2, "b": 1})


def test_lsf(nodefile):
    lsf = {"LSB_JOBID": "748", "LSB_HOSTS": "grid03 grid05 grid01 grid01"}
    slots = {"grid03": 1, "grid05": 1, "grid01": 2}
    assert found(lsf) == ("LSF", "748", slots)
    assert found({**lsf, "LSB_MCPU_HOSTS": "grid03 1 grid05 1 grid01 2 "})[2] == slots
    del lsf["LSB_HOSTS"]
    assert found({**lsf, "LSB_DJOB_HOSTFILE": nodefile})[2]["x1000c0s0b0n0"] == 2
    assert found(lsf) is None


def test_flux(flux):
    environ = flux(json.dumps(FLUX_R)) | {"FLUX_JOB_ID": "fABC"}
    assert found(environ) == ("Flux", "fABC", {"fluke9": 4, "fluke10": 4, "fluke11": 2})
    # Flux within a job of Slurm is the inner one.
    assert found(SLURM | environ)[0] == "Flux"


def test_no_manager():
    assert found({}) is None
    assert found({"SLURM_JOB_ID": "7", "FLUX_URI": "local:///gone", "PATH": "/none"}) is None


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (SLURM | {"SLURM_TASKS_PER_NODE": "4(x2)"}, "'4(x2)' tells of 2 hosts, and SLURM_JOB_"),
        (SLURM | {"SLURM_TASKS_PER_NODE": "4(x"}, "'4(x' is not a number of localities from 1"),
        (SLURM | {"SLURM_TASKS_PER_NODE": "0(x4)"}, "'0' is not a number of localities"),
        (SLURM | {"SLURM_JOB_NODELIST": "nid[1-"}, "is no list of hosts such as a[01-03],b"),
        (SLURM | {"SLURM_JOB_NODELIST": "nid[3-1]"}, "'3-1' are no numbers such as 0-3"),
        ({"PBS_NODEFILE": "/no/file"}, "PBS_NODEFILE='/no/file' cannot be read: No such file"),
        ({"PBS_NODEFILE": "/dev/null"}, "PBS_NODEFILE='/dev/null' names no host"),
        ({"PALS_HOSTLIST": "a", "PALS_PPN": "x"}, "PALS_PPN='x': 'x' is not a number of"),
        ({"LSB_JOBID": "1", "LSB_MCPU_HOSTS": "a 1 b"}, "'a 1 b' are no pairs of a host and a"),
        ({"LSB_JOBID": "1", "LSB_MCPU_HOSTS": "a b"}, "'b' is not a number of localities"),
    ],
)
def test_junk_is_named(environ, message):
    with pytest.raises(ValueError) as error:
        allocations.find(environ)
    assert message in str(error.value)
    assert str(error.value).endswith("give --hosts")


@pytest.mark.parametrize("text", ["", "{}", '{"execution": {"R_lite": 3, "nodelist": ["a"]}}'])
def test_junk_of_flux_is_named(flux, text):
    with pytest.raises(ValueError, match="flux resource R, asked for FLUX_URI='local:///run/flux/"):
        allocations.find(flux(text))


def test_a_job_limits_and_fills_its_slots():
    allocation = allocations.find(SLURM)
    config = LaunchConfig(hosts=allocation)
    assert config.size() == 13
    assert LaunchConfig(5, hosts=allocation).placement() == {"nid001": 4, "nid002": 1}
    assert LaunchConfig(
        hosts=allocations.find(SLURM | {"SLURM_TASKS_PER_NODE": "4(x4)"}), per_host=2
    ).placement() == dict.fromkeys(["nid001", "nid002", "nid010", "login1"], 2)
    with pytest.raises(
        ValueError, match=r"Slurm job 4711 \(nid001:4,.* has room for 13 .* for 14; a"
    ):
        LaunchConfig(14, hosts=allocation)
    with pytest.raises(
        ValueError, match=r"'login1' has room for 1 localities, not for 2 \(per_host"
    ):
        LaunchConfig(hosts=allocation, per_host=2)


def test_files_of_hosts(tmp_path):
    path = tmp_path / "hosts"
    path.write_text("# ours\nnode1:4\n  node2 slots=2 max_slots=8  # big\nnode3\nnode3\n")
    assert hosts.read_hostfile(path) == ["node1:4", "node2:2", "node3", "node3"]
    config = LaunchConfig(hostfile=path)
    assert config.placement() == {"node1": 4, "node2": 2, "node3": 2}
    assert LaunchConfig(hostfile=str(path), per_host=1).size() == 3
    with pytest.raises(ValueError, match="have room for 8 localities, not for 9"):
        LaunchConfig(9, hostfile=path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n-oProxyCommand=x\n", "line 2: '-oProxyCommand=x' is no host; give a, a:2 or 'a slots"),
        ("a\n\nb 4\n", "line 3: 'b 4' is no host"),
        ("a:none\n", "line 1: 'a:none': 'none' is not a number of localities from 1 on"),
        ("a slots=0\n", "line 1: 'a slots=0': '0' is not a number of localities from 1 on"),
        ("# nobody\n", "names no host"),
    ],
)
def test_junk_in_a_file_of_hosts_is_shown_with_its_line(tmp_path, text, message):
    path = tmp_path / "hosts"
    path.write_text(text)
    with pytest.raises(ValueError) as error:
        LaunchConfig(hostfile=path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hosts": "a", "hostfile": "f"}, "exclude each other; give one"),
        ({"hostfile": "/no/file"}, "hostfile '/no/file' cannot be read: No such file"),
        ({"hostfile": "/"}, "hostfile '/' cannot be read: Is a directory"),
        ({"per_host": 2, "num_localities": 3}, "this host has room for 2 localities (per_host)"),
        ({"hosts": "a,b", "per_host": 2, "num_localities": 5}, "at 2 each (per_host), not for 5"),
        ({"bind": "socket"}, "bind='socket' is unknown; choose 'core', 'numa' or 'none'"),
        ({"tag": True, "output_dir": "d"}, "give one of both"),
        ({"env": {"HPXPY_LOCALITY_ID": "3"}}, "the launcher itself sets this variable"),
        ({"env": {"": "3"}}, "cannot be a variable's name"),
        ({"env": {"HPXPY_NUM_THREADS": "3"}, "threads": 2}, "HPXPY_NUM_THREADS=3 contradicts 2"),
        ({"env": {"HPXPY_ENGINE": "hpx"}, "engine": "mpi"}, "HPXPY_ENGINE=hpx contradicts mpi"),
    ],
)
def test_options_that_do_not_fit(fields, message):
    with pytest.raises(ValueError) as error:
        LaunchConfig(**fields)
    assert message in str(error.value)


@pytest.fixture
def machine(tmp_path):
    """Two NUMA nodes of 3 cores with 2 CPUs each: cores are CPUs i and i + 6."""
    (tmp_path / "node" / "node0").mkdir(parents=True)
    (tmp_path / "node" / "node1").mkdir()
    (tmp_path / "node" / "online").write_text("0-1\n")
    (tmp_path / "node" / "node0" / "cpulist").write_text("0-2,6-8\n")
    (tmp_path / "node" / "node1" / "cpulist").write_text("3-5,9-11\n")
    for cpu in range(12):
        folder = tmp_path / "cpu" / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{cpu % 6},{cpu % 6 + 6}\n")
    return {"root": str(tmp_path / "cpu"), "node_root": str(tmp_path / "node")}


def test_cores_and_nodes_of_a_machine(machine):
    everything = set(range(12))
    cores = binding.cores(everything, **machine)
    assert cores == [{i, i + 6} for i in range(6)]
    # A mask may leave one CPU of a core.
    assert binding.cores({1, 7, 3}, **machine) == [{1, 7}, {3}]
    assert binding.nodes(everything, machine["node_root"]) == {
        0: {0, 1, 2, 6, 7, 8},
        1: {3, 4, 5, 9, 10, 11},
    }
    assert binding.nodes({2, 5}, "/nowhere") == {0: {2, 5}}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 9, 13])
def test_shares_are_even_and_leave_nothing(count):
    parts = list(range(6))
    shares = [binding.share(parts, i, count) for i in range(count)]
    assert {len(share) for share in shares} <= {max(1, 6 // count), max(1, 6 // count) + 1}
    assert sorted({part for share in shares for part in share}) == parts
    assert shares == sorted(shares)


@pytest.mark.parametrize("text", ["0", "0-3", "0-3,7,9-10"])
def test_numbers_of_cpus(text):
    assert binding.text_of(binding.numbers(text)) == text
