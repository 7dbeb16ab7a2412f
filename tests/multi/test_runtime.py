"""Starting and stopping on several localities, and what is no locality."""

# SPDX-License-Identifier: BSL-1.0
import pytest


def test_engine_local_is_refused_where_several_were_launched(run, by):
    code = "import hpxpy as hpx\ntry: hpx.init(engine='local')\nexcept RuntimeError as e: print(e)"
    result = run(code, by=by)
    assert result.code == 0
    assert result.stdout.count("engine 'local' would make each of the 3 launched processes") == 3


def test_finalize_and_init_again(run, by):
    code = (
        "import hpxpy as hpx\n"
        "for i in range(3):\n"
        "    hpx.init(num_threads=1 + i)\n"
        "    assert hpx.is_running() and hpx.num_localities() == 3\n"
        "    assert hpx.num_threads() == 1 + i\n"
        "    hpx.barrier()\n"
        "    hpx.finalize()\n"
        "    assert not hpx.is_running()\n"
        "try: hpx.finalize()\nexcept RuntimeError as error: print(error)\n"
        "with hpx.runtime(): hpx.barrier()\n"
        "hpx.barrier()\n"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "not initialized\n" * 3


FINALIZED = """
import sys
import hpxpy as hpx
x = hpx.arange(6., distribution="block")
total, me = float(x.sum()), hpx.locality_id()
if me in {those}:
    hpx.finalize()
print("well", me, total, flush=True)
if me == {fails}:
    sys.exit(3)
"""


@pytest.mark.parametrize("those", [{0}, {1}, {0, 2}])
def test_some_finalize_and_others_just_end(run, by, those):
    result = run(FINALIZED.format(those=those, fails=None), n=3, by=by, limit=40)
    assert result.code == 0, result.stderr
    assert result.stdout.count("well") == 3


@pytest.mark.parametrize("fails", [0, 1])
def test_exit_codes_after_finalize(run, by, fails):
    result = run(FINALIZED.format(those={0}, fails=fails), n=2, by=by, limit=40)
    assert result.code == 3, result.stderr
    assert f"locality {fails}" in result.stderr


def test_exception_in_a_runtime_block_ends_the_program(run, by):
    code = (
        "import hpxpy as hpx\nwith hpx.runtime():\n    hpx.barrier()\n"
        "    if hpx.locality_id() == 1: raise ValueError('inside')\n    hpx.barrier()\n"
    )
    result = run(code, by=by, limit=15)
    assert result.code == 1
    assert "ValueError: inside" in result.stderr


def test_child_process_is_no_locality(run, by):
    code = (
        "import subprocess, sys, hpxpy as hpx\n"
        "hpx.barrier()\n"
        "child = 'import hpxpy as hpx; assert not hpx.launcher.is_multi_locality_mode(); '\n"
        "child += 'print(hpx.num_localities())'\n"
        "print(subprocess.check_output([sys.executable, '-c', child], text=True).strip())\n"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.split() == ["1", "1", "1"]


def test_child_process_started_before_init_is_no_locality(run):
    code = (
        "import subprocess, sys\n"
        "child = 'import hpxpy as hpx; assert not hpx.launcher.is_multi_locality_mode(); '\n"
        "child += 'print(hpx.num_localities())'\n"
        "print(subprocess.check_output([sys.executable, '-c', child], text=True).strip())\n"
        "import hpxpy as hpx; hpx.barrier()"
    )
    result = run(code)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.split() == ["1", "1", "1"]


def test_forked_child_is_told_what_to_do(run, by):
    code = (
        "import os, hpxpy as hpx\nhpx.barrier()\nif os.fork() == 0:\n"
        "    try: hpx.num_threads()\n    except RuntimeError as error: print(error, flush=True)\n"
        "    os._exit(0)\nos.wait()\nhpx.barrier()"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.count("'spawn'") == 3


def test_launchers_variables_leave_the_environment(run, by):
    code = (
        "import os, ctypes, hpxpy as hpx\nhpx.barrier()\n"
        "names = ('PMI_', 'HYDI_', 'HPXPY_CONTROL', 'HPXPY_SUPERVISOR', 'HPXPY_NUM_LOCALITIES')\n"
        "left = [name for name in os.environ if name.startswith(names)]\n"
        "print(left, ctypes.CDLL(None).getenv(b'PMI_RANK'))"
    )
    result = run(code, by=by)
    assert result.stdout == "[] 0\n" * 3


DIGITS = """
import hashlib, os
if os.environ.get("PMI_RANK") == "1":
    os.environ["HPXPY_ISA"] = "baseline"
import hpxpy as hpx
x = hpx.sin(hpx.linspace(0.01, 0.99, 100001))
bits = hashlib.sha256(x.to_numpy().tobytes()).hexdigest()
print(*sorted(set(hpx.all_gather_object(bits))), flush=True)
"""


def test_localities_use_one_instruction_set(run, by):
    """That of the one that has fewest, as sin and its kin differ between them in the last place."""
    best, least = (
        run(DIGITS, n=1, environ={"HPXPY_ISA": isa}).stdout.split() for isa in ("", "baseline")
    )
    if best == least:
        pytest.skip("this processor's best instruction set computes sin as the least one does")
    result = run(DIGITS, n=3, by=by)
    assert result.code == 0, result.stderr
    assert result.stdout.split() == least * 3


CORES = """
import os
import sys
if os.environ.get("PMI_RANK") == "1" and "differ" in sys.argv:
    os.environ["HPXPY_ISA"] = "baseline"
import hpxpy as hpx
import threadpoolctl
def cores():
    libraries = threadpoolctl.threadpool_info()
    return [each["architecture"] for each in libraries if "scipy_openblas64/" in each["filepath"]]
hpx.init()
assert cores() == [], cores()
hpx.ones((40, 40)) @ hpx.ones((40, 40))
assert "OPENBLAS_CORETYPE" not in os.environ
print(*cores(), flush=True)
"""


def test_localities_use_one_core_type_of_blas(run, by):
    """BLAS is loaded at its first use, with what all processors have where they differ."""
    own = run(CORES, n=1)
    assert (own.code, own.stderr) == (0, "")
    same = run(CORES, n=2, by=by)
    assert same.stdout.split() == own.stdout.split() * 2
    differ = run(CORES.replace("sys.argv", "['differ']"), n=3, by=by)
    assert differ.code == 0, differ.stderr
    # Another name of Prescott's loops.
    assert differ.stdout.replace("Katmai", "Prescott").split() == ["Prescott"] * 3


@pytest.mark.parametrize("first", ["mpi4py", "hpxpy"])
def test_mpi4py_sees_the_same(run, by, first):
    imports = ["from mpi4py import MPI", "import hpxpy as hpx; hpx.barrier()"]
    if first == "hpxpy":
        imports.reverse()
    code = "\n".join(imports) + (
        "\nworld = MPI.COMM_WORLD\n"
        "assert (hpx.locality_id(), hpx.num_localities()) == (world.rank, world.size)\n"
        "assert world.allreduce(hpx.locality_id()) == 1\nhpx.barrier()\nprint('same')"
    )
    result = run(code, by=by, n=2)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "same\nsame\n"


def test_cpus_of_a_host_are_split(run, by):
    code = (
        "import os, hpxpy as hpx\nmine = len(os.sched_getaffinity(0))\n"
        "n, me = hpx.num_localities(), hpx.locality_id()\n"
        "share = mine // n + (me < mine % n)\n"
        "assert hpx.num_threads() <= max(1, share), (hpx.num_threads(), share)"
    )
    result = run(code, by=by, n=2)
    assert (result.code, result.stderr) == (0, "")


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_bad_thread_counts_in_the_environment(run, value):
    code = "import hpxpy as hpx\ntry: hpx.num_threads()\nexcept ValueError as error: print(error)"
    text = f"HPXPY_NUM_THREADS: '{value}' is not a number of threads"
    result = run(code, by="mpiexec", environ={"HPXPY_NUM_THREADS": value})
    assert result.code == 0
    assert result.stdout.count(text) == 3
    # hpxpy run looks first.
    result = run(code, environ={"HPXPY_NUM_THREADS": value})
    assert (result.code, result.stdout) == (2, "")
    assert text in result.stderr


@pytest.mark.parametrize("value", [0, -1, 1 << 40])
def test_bad_thread_counts_in_init(run, value):
    code = (
        f"import hpxpy as hpx\ntry: hpx.init(num_threads={value})\n"
        "except ValueError as error: print(error)\nassert not hpx.is_running()"
    )
    result = run(code)
    assert result.code == 0
    assert result.stdout.count(f"init: num_threads={value} is not a number of threads") == 3


def test_a_failed_init_can_be_repeated(run, by):
    code = (
        "import hpxpy as hpx\ntry: hpx.init(engine='tcp')\n"
        "except ValueError as error: print(error)\nhpx.init(); hpx.barrier()"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.count("engine 'tcp' is unknown") == 3
