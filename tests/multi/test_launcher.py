"""The command line: what reaches the program, what its output looks like, what is refused."""

# SPDX-License-Identifier: BSL-1.0
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from conftest import ENGINE, once
from hpxpy import __version__ as hpxpy_version
from hpxpy._launch import binding

HELLO = "import hpxpy as hpx; print(hpx.locality_id(), hpx.num_localities())"


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_runs_on_any_number_of_localities(command, n):
    result = command("-n", n, "-c", HELLO)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == [f"{i} {n}" for i in range(n)]


def test_plain_python_is_one_locality(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", HELLO], capture_output=True, text=True, timeout=30
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "0 1\n", "")


def test_plain_mpiexec(run):
    result = run(HELLO, by="mpiexec")
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.split()) == ["0", "1", "2", "3", "3", "3"]


def test_scripts_get_their_arguments(run):
    code = "import sys, hpxpy as hpx; hpx.locality_id(); print(sys.argv[1:], __name__)"
    result = run(code, "-n", "7", "--tag", "a b", n=2)
    assert result.stdout == "['-n', '7', '--tag', 'a b'] __main__\n" * 2


def test_modules_run_as_python_runs_them(command):
    result = command("-n", 2, "-m", "json.tool", "--help")
    assert result.code == 0
    assert result.stdout.count("usage:") == 2


def test_tag_names_the_locality_of_each_line(run):
    code = "import hpxpy as hpx; me = hpx.locality_id()\n"
    code += "print(f'one {me}\\ntwo {me}\\n\\nend', end='')"
    result = run(code, options=["--tag"])
    lines = [f"[{i}] {text}" for i in range(3) for text in (f"one {i}", f"two {i}", "", "end")]
    assert sorted(result.stdout.splitlines()) == sorted(lines)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_lines_stay_whole(run, stream):
    code = (
        "import sys, hpxpy as hpx\nme = hpx.locality_id(); hpx.barrier()\n"
        f"out = sys.{stream}\n"
        "for i in range(300):\n"
        "    for part in range(5): out.write(f'{me}' * 50); out.flush()\n"
        "    out.write('\\n')\n"
    )
    result = run(code)
    lines = getattr(result, stream).splitlines()
    assert len(lines) == 900
    assert set(lines) == {str(i) * 250 for i in range(3)}


def test_output_comes_while_the_program_runs(start):
    program = start("import hpxpy as hpx, time\nhpx.barrier()\nprint('now')\ntime.sleep(60)")
    program.read_until("now\n", 3)
    program.process.kill()


def test_large_output_arrives_whole(run):
    code = "import sys, hpxpy as hpx; hpx.barrier()"
    code += "\nfor i in range(3000): print('y' * 999)"
    result = run(code, n=2)
    assert len(result.stdout) == 2 * 3000 * 1000


def test_standard_input_goes_to_locality_0(run):
    code = (
        "import sys, hashlib, hpxpy as hpx\nme = hpx.locality_id()\n"
        "print(me, hashlib.md5(sys.stdin.buffer.read()).hexdigest())"
    )
    data = os.urandom(5_000_000)
    result = run(code, stdin=data)
    assert result.code == 0
    sums = [hashlib.md5(data).hexdigest()] + [hashlib.md5(b"").hexdigest()] * 2
    assert sorted(result.stdout.splitlines()) == [f"{i} {sums[i]}" for i in range(3)]


def test_standard_input_that_nobody_reads(run):
    result = run("import hpxpy as hpx; hpx.barrier()", stdin=b"x" * 5_000_000)
    assert (result.code, result.stderr) == (0, "")


def test_threads_and_engine_are_passed_on(command):
    code = "import os, hpxpy as hpx; print(hpx.num_threads(), os.environ['OMP_NUM_THREADS'])"
    result = command("-n", 2, "--threads", 3, "--engine", ENGINE, "-c", code)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "3 3\n" * 2


def test_thread_counts_that_are_set_stay(command):
    code = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'])"
    result = command("-n", 2, "-c", code, environ={"OMP_NUM_THREADS": "7"})
    cpus = max(1, len(os.sched_getaffinity(0)) // 2)
    assert result.stdout == f"7 {cpus}\n" * 2


@pytest.mark.parametrize("code", [0, 1, 3, 77])
@pytest.mark.parametrize("n", [1, 2])
def test_exit_codes_of_programs_without_hpxpy(command, n, code):
    assert command("-n", n, "-c", f"import sys; sys.exit({code})").code == code


def test_one_locality_keeps_the_terminal_and_its_signals(command):
    result = command("-n", 1, "-c", "import os; os.kill(os.getpid(), 15)")
    assert result.code == 128 + 15
    assert command("-c", "print('one')").stdout == "one\n"
    assert command("-n", 1, "--tag", "-c", "print('one')").stdout == "[0] one\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-n", "0", "-c", "1"], "'0' is not a whole number from 1 on"),
        (["-n", "-2", "-c", "1"], "'-2' is not a whole number from 1 on"),
        (["-n", "two", "-c", "1"], "'two' is not a whole number from 1 on"),
        (["--threads", "0", "-c", "1"], "'0' is not a whole number from 1 on"),
        (["-n", "2", "no_such_script.py"], "script 'no_such_script.py' does not exist"),
        (["-n", "2"], "no program given"),
        (["-n", "2", "-c"], "argument -c: expected one argument"),
        (["-n", "2", "-m"], "argument -m: expected one argument"),
        (["--colour", "script.py"], "unrecognized arguments: --colour"),
        (["--engine", "tcp", "-c", "1"], "invalid choice: 'tcp'"),
        (["-n", "2", "--engine", "local", "-c", "1"], "engine 'local' has one locality, not 2"),
        (["-n", "2", "-"], "one locality only"),
        (["--hosts", "localhost", "-"], "one locality only"),
        (["--hosts", "a:2,a:3", "-c", "1"], "name 'a' with 2 localities and 3 localities"),
        (["--hosts", "a,,b", "-c", "1"], "hosts 'a,,b' hold an empty name"),
        (["--hosts", "a:x", "-c", "1"], "'x' is not a number of localities from 1 on"),
        (["--hosts", "a:2", "-n", "3", "-c", "1"], "have room for 2 localities, not for 3"),
        (["--hosts"], "argument --hosts: expected one argument"),
        (["--threads", "70000", "-c", "1"], "threads=70000 is not a whole number from 1 to 65536"),
        (["--timeout", "0", "-c", "1"], "'0' is not a number of seconds above 0"),
        (["--timeout", "soon", "-c", "1"], "'soon' is not a number of seconds above 0"),
        (["--hosts", "a", "--hostfile", "f", "-c", "1"], "--hostfile: not allowed with argument"),
        (
            ["--tag", "--output-dir", "d", "-c", "1"],
            "--output-dir: not allowed with argument --tag",
        ),
        (["-n", "3", "--per-host", "2", "-c", "1"], "this host has room for 2 localities"),
        (["--env", "A", "-c", "1"], "'A' is no variable; give NAME=VALUE"),
        (["--cwd", "/no/folder", "-c", "1"], "cwd '/no/folder' is no folder"),
        (["--cwd", "/", "no_such_script.py"], "script 'no_such_script.py' does not exist in '/'"),
        (
            ["--output-dir", "/proc/none", "-c", "1"],
            "output_dir '/proc/none' cannot be used: No suc",
        ),
    ],
)
def test_bad_command_lines(command, words, message):
    result = command(*words)
    assert result.code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_localities_of_a_job_fill_its_slots(command):
    job = {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": socket.gethostname()}
    job["SLURM_TASKS_PER_NODE"] = "2"
    result = command("-c", HELLO, environ=job)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == ["0 2", "1 2"]
    result = command("-n", 3, "-c", HELLO, environ=job)
    assert result.code == 2
    assert "Slurm job 7 (" in result.stderr
    assert "has room for 2 localities, not for 3; ask the manager for more" in result.stderr
    result = command("-c", HELLO, environ={**job, "SLURM_TASKS_PER_NODE": "none"})
    assert (result.code, result.stdout) == (2, "")
    assert "SLURM_TASKS_PER_NODE='none': 'none' is not a number" in result.stderr


@pytest.mark.parametrize("n", [1, 2])
def test_variables_folder_and_cpus_of_localities(command, tmp_path, n):
    code = "import os; print(os.environ['GIVEN'], os.getcwd(), sorted(os.sched_getaffinity(0)))"
    (tmp_path / "told.py").write_text(code)
    options = ["--env", "GIVEN=a=b", "--cwd", tmp_path, "--bind", "core", "--report-binding"]
    result = command("-n", n, *options, "told.py")
    assert result.code == 0
    cpus = [sorted(binding.cpus_of("core", i, n)) for i in range(n)]
    assert sorted(result.stdout.splitlines()) == sorted(f"a=b {tmp_path} {each}" for each in cpus)
    told = result.stderr.splitlines()
    assert len(told) == n
    for i, line in enumerate(told):
        assert line.startswith(f"hpxpy: locality {i} (")
        assert f"): {binding.described(set(cpus[i]), 'core')}" in line


@pytest.mark.parametrize("n", [1, 3])
def test_a_file_for_what_each_locality_prints(command, tmp_path, n):
    code = (
        "import sys, hpxpy as hpx\nprint('out', hpx.locality_id())\nprint('err', file=sys.stderr)"
    )
    result = command("-n", n, "--output-dir", tmp_path / "new" / "folder", "-c", code)
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [file.name for file in files] == [f"locality-{i}.txt" for i in range(n)]
    for i, file in enumerate(files):
        assert sorted(file.read_text().splitlines()) == ["err", f"out {i}"]


def test_output_that_cannot_be_written_ends_the_program(command, tmp_path):
    (tmp_path / "locality-1.txt").symlink_to("/dev/full")
    code = "import time; print('x'); time.sleep(60)"
    result = command("-n", 2, "--output-dir", tmp_path, "-c", code)
    path = tmp_path / "locality-1.txt"
    assert result.code == 1
    assert result.stderr == f"hpxpy: {path} cannot be written: No space left on device\n"


def test_a_dry_run_starts_nothing(command, tmp_path):
    code = f"open({str(tmp_path / 'started')!r}, 'w')"
    options = ["--bind", "core", "--env", "GIVEN=a b", "--output-dir", tmp_path / "out"]
    result = command("-n", 2, *options, "--dry-run", "-c", code, environ={"PRTE_LAUNCHED": "1"})
    assert (result.code, result.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
    lines = result.stdout.splitlines()
    assert lines[0].startswith("2 localities of: ")
    assert f"in {os.getcwd()}" in lines
    host = socket.gethostname()
    for i in range(2):
        cpus = binding.described(binding.cpus_of("core", i, 2), "core")
        assert f"locality {i} on {host}: {cpus}" in lines
    assert "  GIVEN='a b'" in lines
    assert "  HPXPY_NUM_LOCALITIES=2" in lines
    assert any(line.startswith("without ") and "PRTE_LAUNCHED" in line for line in lines)
    result = command("--hosts", "a:1,b:2", "--bind", "numa", "--dry-run", "-c", "1")
    assert "locality 2 on b: share 2 of 2 of the NUMA nodes there" in result.stdout


def test_slots_of_this_host_are_localities(command):
    result = command("--hosts", "localhost:3", "-c", HELLO)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == ["0 3", "1 3", "2 3"]


def test_a_host_that_cannot_be_reached(command):
    environ = {"HYDRA_LAUNCHER_EXEC": "/no/such/shell"}
    result = command("-n", 2, "--hosts", "host.invalid", "-c", "1", environ=environ)
    assert result.code != 0
    assert "execvp error on file /no/such/shell" in result.stderr
    assert "could not start the localities on host host.invalid\n" in result.stderr
    assert "(try: ssh HOST true)" in result.stderr


@pytest.mark.parametrize("n", [1, 2])
def test_timeout_ends_the_program(command, n):
    began = time.monotonic()
    result = command("-n", n, "--timeout", "1.5", "-c", "import time; time.sleep(60)")
    assert result.code == 124
    assert result.stderr == "hpxpy: the program took more than 1.5 s (timeout)\n"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("n", [1, 2])
def test_timeout_that_is_not_reached(command, n):
    assert command("-n", n, "--timeout", "30", "-c", "import sys; sys.exit(3)").code == 3


def test_localities_know_their_number_before_they_start(command):
    code = "import os; print(*(os.environ['HPXPY_' + name] for name in "
    code += "('MULTI_LOCALITY', 'NUM_LOCALITIES', 'LOCALITY_ID')), os.environ['PMI_RANK'])"
    result = command("-n", 3, "-c", code)
    assert sorted(result.stdout.splitlines()) == [f"1 3 {i} {i}" for i in range(3)]


def test_what_is_here_and_would_be_used():
    hpxpy = [sys.executable, "-m", "hpxpy", "info"]
    job = {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "a[1-2]", "SLURM_TASKS_PER_NODE": "3(x2)"}
    environ = {**os.environ, **job, "HPXPY_STALL_SECONDS": "5"}
    shown = subprocess.run([*hpxpy, "--json"], capture_output=True, timeout=30, env=environ)
    assert (shown.returncode, shown.stderr) == (0, b"")
    told = json.loads(shown.stdout)
    assert told["versions"]["hpxpy"] == hpxpy_version
    assert any("libtbb" in path for path in told["engines"]["local"]["libraries"])
    if told["engines"]["mpi"]["available"]:
        assert any("libmpi" in path for path in told["engines"]["mpi"]["libraries"])
        assert told["engines"]["mpi"]["version"]
    assert told["hosts"]["slots"] == {"a1": 3, "a2": 3}
    assert told["would be used"]["localities"] == 6
    assert told["processor"]["cpus"] == binding.text_of(os.sched_getaffinity(0))
    assert told["memory"]["total"] >= told["memory"]["available"] > 0
    assert told["limits"]["open files"] > 0
    assert told["variables"]["HPXPY_STALL_SECONDS"] == "5"
    shown = subprocess.run(hpxpy, capture_output=True, text=True, timeout=30)
    assert shown.returncode == 0
    for line in ("versions:", "would be used:", "  localities: 1", "  instruction set: "):
        assert f"\n{line}" in f"\n{shown.stdout}"


@pytest.mark.parametrize(
    ("name", "value"), [("HPXPY_LOG", "loud"), ("HPXPY_ENGINE", "tcp"), ("HPXPY_ISA", "sse")]
)
def test_junk_in_a_variable_is_named(command, name, value):
    result = command("-n", 2, "-c", "print('started')", environ={name: value})
    assert (result.code, result.stdout) == (2, "")
    assert f"error: {name}: '{value}' is n" in result.stderr


def test_the_command_itself():
    hpxpy = [sys.executable, "-m", "hpxpy"]
    assert subprocess.run(hpxpy, capture_output=True, timeout=30).returncode == 2
    shown = subprocess.run([*hpxpy, "--help"], capture_output=True, text=True, timeout=30)
    assert shown.returncode == 0
    assert "run" in shown.stdout


def test_reader_that_goes_away():
    code = 'import hpxpy as hpx\nwhile True: print("line")'
    line = f"{sys.executable} -m hpxpy run -n 2 -c '{code}' | head -n 1"
    result = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=30)
    assert result.stdout == "line\n"
    assert "Traceback" not in result.stderr


@once
def test_ctrl_c_again_and_again_to_the_end(start):
    program = start("import time\nprint('ready', flush=True)\ntime.sleep(60)", n=2)
    program.read_until("ready", 2)
    while program.process.poll() is None:
        program.process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    assert program.end().code == 130
