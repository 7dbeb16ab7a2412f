"""What only engine hpx has: configuration, ports, ways to start, C++ programs that join."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hpxpy import _core
from hpxpy.launcher import LocalityConfig, find_free_port

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "partitioned_vector"

pytestmark = pytest.mark.skipif(
    not Path(_core.__file__).with_name("_engine_hpx.so").exists(),
    reason="hpxpy was built without engine hpx",
)

HELLO = """
import sys
import hpxpy as hpx
total = float(hpx.arange(1000, dtype=hpx.float64, distribution="block").sum())
print(hpx.locality_id(), "of", hpx.num_localities(), total, flush=True)
"""


def places(n, **more):
    """Configurations of `n` localities on this machine."""
    ports = set()
    while len(ports) < n:
        ports.add(find_free_port())
    ports = list(ports)
    for k in range(n):
        yield LocalityConfig(
            locality_id=k,
            num_localities=n,
            host="127.0.0.1",
            port=ports[k],
            agas_host="127.0.0.1",
            agas_port=ports[0],
            **more,
        )


@pytest.fixture
def one(started):
    """one(code, *arguments, environ=...): a Python process of its own."""

    def one(code, *arguments, environ=None):
        return started([sys.executable, "-c", code, *arguments], environ)

    return one


def test_localities_started_one_by_one(one):
    programs = [one(HELLO, environ=place.environment()) for place in places(3)]
    for k, program in enumerate(programs):
        program.end()
        assert (program.code, program.stderr) == (0, "")
        assert program.stdout == f"{k} of 3 499500.0\n"


def test_localities_told_by_their_configuration(one):
    code = "import hpxpy as hpx, sys; hpx.init(engine='hpx', config=sys.argv[1:])\n" + HELLO
    programs = [one(code, *place.to_hpx_args()) for place in places(3, num_threads=2)]
    for k, program in enumerate(programs):
        program.end()
        assert (program.code, program.stderr) == (0, "")
        assert program.stdout == f"{k} of 3 499500.0\n"


def test_ports_are_free_after_finalize(one):
    code = (
        "import hpxpy as hpx, socket, sys\n"
        "hpx.init(engine='hpx', config=sys.argv[2:])\n"
        "hpx.finalize()\n"
        "socket.create_server(('127.0.0.1', int(sys.argv[1]))).close()"
    )
    programs = [one(code, str(place.port), *place.to_hpx_args()) for place in places(2)]
    for program in programs:
        program.end()
        assert (program.code, program.stderr) == (0, "")


def test_one_that_is_killed_ends_those_started_one_by_one(one):
    code = (
        HELLO + "if hpx.locality_id() == 1:\n    import os; os.kill(os.getpid(), 9)\nhpx.barrier()"
    )
    programs = [one(code, environ=place.environment()) for place in places(2)]
    texts = [program.end().stderr for program in programs]
    assert all(program.code for program in programs)
    assert "locality 1 (" in texts[0] and "was killed by signal 9 (SIGKILL)" in texts[0]


def test_two_that_were_told_different_numbers(one):
    first, second = places(2)
    told_three = {**second.environment(), "HPXPY_NUM_LOCALITIES": "3"}
    programs = [one(HELLO, environ=first.environment()), one(HELLO, environ=told_three)]
    texts = [program.end().stderr for program in programs]
    assert all(program.code for program in programs)
    # Whoever learns it first says so; that may end the other.
    told = re.search(
        r"locality (\d) was told that there are (\d) localities, and locality (\d) that there are "
        r"(\d); start all of them with the same number",
        "".join(texts),
    )
    assert told and "".join(told.groups()) in ("0213", "1302")


def test_some_that_never_come(one):
    place = next(places(2))
    code = "import hpxpy as hpx; hpx.init(engine='hpx', config=['hpxpy.start_timeout=1'])"
    program = one(code, environ=place.environment()).end()
    assert program.code == 1
    assert "HPX did not start within 1 s, since not all localities came" in program.stderr


def test_agas_that_does_not_answer(one):
    _, second = places(2)
    code = "import hpxpy as hpx; hpx.init(engine='hpx', config=['hpxpy.start_timeout=0.5'])"
    program = one(code, environ=second.environment()).end()
    assert program.code == 1
    address = f"{second.agas_host}:{second.agas_port}"
    assert f"nobody answers at {address}, where HPX's AGAS should be" in program.stderr


def test_a_port_in_use(one):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = (
            "import hpxpy as hpx, sys\n"
            "try: hpx.init(engine='hpx', config=sys.argv[1:])\n"
            "except RuntimeError as error: print(error)\n"
            "hpx.init(engine='hpx')\nprint(hpx.num_localities())"
        )
        program = one(code, "--hpx:localities=1", f"--hpx:agas=127.0.0.1:{port}",
                      f"--hpx:hpx=127.0.0.1:{port}").end()  # fmt: skip
    assert (program.code, program.stderr) == (0, "")
    refused, answer = program.stdout.splitlines()
    assert f"port {port} of 127.0.0.1 is used by another program" in refused
    assert answer == "1"


@pytest.mark.parametrize(
    "item, text",
    [
        ("color=3", "config 'color=3' is unknown to engine 'hpx'; it knows hpxpy.chunk"),
        ("hpxpy.chunk=many", "config 'hpxpy.chunk=many' is no number of bytes"),
        ("hpxpy.chunk=0", "config 'hpxpy.chunk=0' is no number of bytes"),
        ("hpxpy.start_timeout=-1", "config 'hpxpy.start_timeout=-1' is no number of seconds"),
        ("hpxpy.segment=4294967296", "is too large; at most 2^30"),
        ("--hpx:agas=nowhere", "--hpx:agas=nowhere is no address; write host:port"),
    ],
)
def test_bad_configuration(one, item, text):
    code = (
        "import hpxpy as hpx, sys\n"
        "try: hpx.init(engine='hpx', config=sys.argv[1:])\n"
        "except ValueError as error: print(error)\n"
        "hpx.init(engine='hpx'); hpx.finalize()"
    )
    program = one(code, item).end()
    assert (program.code, program.stderr) == (0, "")
    assert text in program.stdout


def test_a_bad_address_in_the_environment(one):
    place = next(places(2))
    program = one(HELLO, environ={**place.environment(), "HPXPY_AGAS": "here"}).end()
    assert program.code == 1
    assert "HPXPY_AGAS: 'here' is not an address; give host:port" in program.stderr


def test_the_environment_asks_for_hpx(one):
    place = next(places(2))
    environ = {**place.environment(), "HPXPY_ENGINE": "mpi"}
    program = one(HELLO, environ=environ).end()
    assert program.code == 1
    assert "places this process in a program of engine 'hpx'" in program.stderr


def test_configuration_reaches_hpx(one):
    code = (
        "import hpxpy as hpx\n"
        "hpx.init(engine='hpx', config=['--hpx:threads=3', 'hpx.stacks.small_size=0x20000'])\n"
        "print(hpx.num_threads())"
    )
    program = one(code).end()
    assert (program.code, program.stderr, program.stdout) == (0, "", "3\n")


def test_steps_run_on_the_threads_of_hpx(one):
    code = (
        "import hpxpy as hpx\nhpx.init(engine='hpx', num_threads=2)\n"
        "name = '/threads{locality#0/total}/count/cumulative'\n"
        "x = hpx.ones(1_000_000)\nhpx.eval(x)\n"
        "before = hpx.counters.get(name)\n"
        "for _ in range(50): hpx.eval(x * 2 + 1)\n"
        "print(hpx.counters.get(name) - before)"
    )
    program = one(code).end()
    assert (program.code, program.stderr) == (0, "")
    assert float(program.stdout) >= 100


def test_starts_again_and_arrays_survive(run):
    code = (
        "import hpxpy as hpx\n"
        "for k in range(3):\n"
        "    hpx.init(engine='hpx')\n"
        "    x = hpx.arange(10, dtype=hpx.float64, distribution='block')\n"
        "    y = x.to_partitioned_vector('again')\n"
        "    kept = y.local_partition\n"
        "    assert float(hpx.all_reduce(hpx.ones(1)).sum()) == hpx.num_localities()\n"
        "    hpx.finalize()\n"
        "    print(kept.tolist())\n"
    )
    result = run(code, n=2, environ={"HPXPY_ENGINE": "hpx"})
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == sorted(
        ["[0.0, 1.0, 2.0, 3.0, 4.0]", "[5.0, 6.0, 7.0, 8.0, 9.0]"] * 3
    )


def test_starts_again_at_once_at_the_same_addresses(one):
    code = (
        "import hpxpy as hpx, sys, time\n"
        "for k in range(5):\n"
        "    hpx.init(engine='hpx', config=sys.argv[1:])\n"
        "    me, n = hpx.locality_id(), hpx.num_localities()\n"
        "    print(me, n, hpx.all_gather_object(k), flush=True)\n"
        "    if me == k % n: time.sleep(0.1)\n"
        "    hpx.finalize()\n"
    )
    programs = [one(code, *place.to_hpx_args()) for place in places(3)]
    for k, program in enumerate(programs):
        program.end()
        assert (program.code, program.stderr) == (0, "")
        assert program.stdout == "".join(f"{k} 3 {[turn] * 3}\n" for turn in range(5))


def test_threads_of_python_may_call(one):
    code = (
        "import hpxpy as hpx, threading\nhpx.init(engine='hpx', num_threads=2)\n"
        "def work(k): results[k] = float((hpx.ones(300_000) * k).sum())\n"
        "results = [None] * 8\n"
        "threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "print(results == [300_000.0 * k for k in range(8)])"
    )
    program = one(code).end()
    assert (program.code, program.stderr, program.stdout) == (0, "", "True\n")


def test_an_exception_at_the_end(one):
    code = "import hpxpy as hpx\nhpx.init(engine='hpx')\nhpx.ones(3).sum()\nraise KeyError('mine')"
    program = one(code).end()
    assert program.code == 1
    assert program.stderr.rstrip().endswith("KeyError: 'mine'")


@pytest.mark.timeout(300)
def test_a_program_in_cpp_shares_arrays(command, tmp_path):
    if not shutil.which("cmake"):
        pytest.skip("no cmake to build the example with")
    configure = ["cmake", "-S", str(EXAMPLE), "-B", str(tmp_path)]
    configured = subprocess.run(configure, capture_output=True, text=True, timeout=60)
    if configured.returncode:
        pytest.skip("CMake finds no HPX; set CMAKE_PREFIX_PATH to its prefix")
    build = ["cmake", "--build", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, timeout=240)
    words = ["-n", 2, EXAMPLE / "share.py", tmp_path / "square", find_free_port()]
    result = command(*words, environ={"HPXPY_ENGINE": "hpx"})
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "C++: squared 1000 numbers in 2 parts",
        "Python: the squares of 1 to 1000 add up to 333833500",
    ]


def first_of_two_free_ports():
    while True:
        port = find_free_port()
        with socket.socket() as second, contextlib.suppress(OSError):
            second.bind(("127.0.0.1", port + 1))
            return port


def test_slurm_without_the_help_of_mpi(one):
    """HPX reads Slurm's variables; as plain srun sets them for two tasks on one node."""
    port = first_of_two_free_ports()  # the second task takes the next one
    common = {
        "SLURM_JOB_ID": "1",
        "SLURM_JOBID": "1",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_TASKS_PER_NODE": "2",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NODELIST": "localhost",
        "SLURM_NTASKS": "2",
        "SLURM_NNODES": "1",
        "SLURM_CPUS_PER_TASK": "1",
        "HPXPY_ENGINE": "hpx",
    }
    ports = [f"hpx.{of}.port={port}" for of in ("parcel", "agas")]
    code = f"import hpxpy as hpx; hpx.init(config={ports})\n" + HELLO
    programs = []
    for k in range(2):
        own = {"SLURM_PROCID": str(k), "SLURM_LOCALID": str(k), "SLURM_NODEID": "0"}
        programs.append(one(code, environ={**common, **own}))
    for k, program in enumerate(programs):
        program.end()
        assert (program.code, program.stderr) == (0, "")
        assert program.stdout == f"{k} of 2 499500.0\n"


def test_each_locality_has_a_port_of_its_own(started, tmp_path):
    """Where the system has few to give, those that look at once would find the same ones."""
    few = "ip link set lo up && echo 40000 40079 >/proc/sys/net/ipv4/ip_local_port_range"
    namespace = ["unshare", "--net", "sh", "-c"]
    if subprocess.run([*namespace, few], capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    run = f'{few} && for _ in 1 2 3 4; do "$0" "$@" || exit; done'
    program = [sys.executable, "-m", "hpxpy", "run", "--engine", "hpx", "-n", "4"]
    script = tmp_path / "script.py"
    script.write_text("import hpxpy as hpx; hpx.init(num_threads=1); hpx.barrier()")
    result = started([*namespace, run, *program, script]).end()
    assert (result.code, result.stderr) == (0, "")
