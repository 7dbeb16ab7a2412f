"""Nothing of a program stays in /dev/shm, and one that finds no room there says so."""

# SPDX-License-Identifier: BSL-1.0
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import ENGINE, HPXPY_RUN, processes_of
from hpxpy._launch import segments
from hpxpy._launch.program import find_mpiexec

pytestmark = pytest.mark.skipif(ENGINE != "mpi", reason="engine hpx shares no memory")

DECOY = "mpich_shm_dec0_0"
# The program's shell has a /dev/shm of its own, and lists it after the program's end.
SHELL = (
    'mount -t tmpfs -o size={size} none /dev/shm || exit 99; echo mine > /dev/shm/{decoy}; "$@"; '
    "code=$?; sleep {pause}; ls /dev/shm; exit $code"
)


def within(size, words, pause=0):
    shell = SHELL.format(size=size, decoy=DECOY, pause=pause)
    return ["unshare", "-m", "sh", "-c", shell, "sh", *map(str, words)]


@pytest.fixture(scope="module", autouse=True)
def namespaces():
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed")
    tried = subprocess.run(within("1m", ["true"]), capture_output=True)
    if tried.returncode != 0:
        pytest.skip("this user may not mount anything")


def left(result):
    """The segments that the shell listed; plain mpiexec prints lines of its own before."""
    return [word for word in result.stdout.split() if word.startswith("mpich_shm_")]


def words_of(by, n, *words):
    if by == "mpiexec":
        return [find_mpiexec(), "-n", n, sys.executable, *words]
    return [*HPXPY_RUN, "-n", n, *words]


KILLED = """
import os, signal, sys, threading, time
moment, number = float(sys.argv[1]), int(sys.argv[2])
me = int(os.environ["PMI_RANK"])
if me == 1:
    threading.Timer(moment, os.kill, (os.getpid(), number)).start()
import hpxpy as hpx
while True:
    hpx.barrier()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_locality_leaves_nothing(started, by, tmp_path, number):
    script = tmp_path / "script.py"
    script.write_text(KILLED)
    chance = random.Random(7)
    for _ in range(5):
        # Before, while and after the engine starts.
        words = words_of(by, 2, script, chance.uniform(0, 1.2), int(number))
        result = started(within("64m", words, pause=0.5)).end(30)
        assert result.code == 128 + number or by == "mpiexec", result.stderr
        assert left(result) == [DECOY]


def test_an_exception_leaves_nothing(started, by):
    code = "import hpxpy as hpx\nif hpx.locality_id(): raise ValueError\nhpx.barrier()"
    result = started(within("64m", words_of(by, 3, "-c", code), pause=0.5)).end(30)
    assert (result.code, left(result)) == (1, [DECOY])


def test_a_killed_launcher_leaves_nothing(started):
    code = "import hpxpy as hpx, time\nhpx.barrier(); time.sleep(60)"
    program = started(within("64m", words_of("hpxpy run", 2, "-c", code), pause=2))
    time.sleep(random.Random(8).uniform(0.5, 2))
    for pid in processes_of(program.mark):
        with open(f"/proc/{pid}/cmdline") as file:
            command = file.read()
            # Not the shell, which has the same words behind it.
            if command.startswith(HPXPY_RUN[0]) and "hpxpy\0run" in command:
                os.kill(pid, signal.SIGKILL)
    result = program.end(30)
    assert (result.code, left(result)) == (137, [DECOY])


@pytest.mark.parametrize(("size", "n"), [("3m", 3), ("1m", 2), ("64k", 2)])
def test_a_full_folder_is_named(started, by, size, n):
    code = "import hpxpy as hpx\nx = hpx.ones(10**5, distribution='block')\n"
    code += "print(float(x.sum()), hpx.all_gather_object(1))\n"
    code += "y = hpx.redistribute(x, None); hpx.barrier()"
    result = started(within(size, words_of(by, n, "-c", code))).end(60)
    assert result.code != 0
    assert "/dev/shm" in result.stderr
    assert "docker run --shm-size" in result.stderr


@pytest.mark.slow
def test_sixteen_localities_do_with_a_containers_folder(started, by):
    code = (
        "import hpxpy as hpx\n"
        "x = hpx.ones((3000, 2000), distribution='block')\n"
        "y = hpx.redistribute(x, 'block', axis=1)\n"
        "z = hpx.all_gather_object(bytes(2_000_000))\n"
        "print(float(y.sum()), len(z), x.to_numpy().shape)"
    )
    result = started(within("64m", words_of(by, 16, "-c", code))).end(90)
    assert result.code == 0 or "docker run --shm-size" in result.stderr
    assert result.code != 0 or result.stdout.count("6000000.0 16 (3000, 2000)\n") == 16


def test_what_is_in_use_is_no_orphan(tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "FOLDER", str(tmp_path))
    began = time.time() - 1
    for name in ("mpich_shm_1_0", "mpich_shm_2_0", "mpich_shm_x_0", "other"):
        (tmp_path / name).write_bytes(b"x" * 4096)
    os.utime(tmp_path / "mpich_shm_1_0")
    with open(tmp_path / "mpich_shm_2_0", "r+b"):
        found = segments.orphans(began)
        assert [name for name, _ in found] == ["mpich_shm_1_0"]
    segments.remove({("mpich_shm_1_0", 1)})  # another file by now
    segments.remove(found)
    segments.remove(found)
    assert sorted(os.listdir(tmp_path)) == ["mpich_shm_2_0", "mpich_shm_x_0", "other"]
    assert segments.orphans(time.time() + 10) == set()
