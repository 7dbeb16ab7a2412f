"""A locality for which memory runs out: the end says so."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from conftest import HPXPY_RUN, once
from hpxpy._launch import memory

PROGRAM = """
import hpxpy as hpx, numpy as np
hpx.barrier()
kept = []
while hpx.locality_id() == 1: kept.append(np.ones(1 << 20))
hpx.barrier()
"""


@pytest.fixture
def cgroup():
    """The folder of a cgroup that may have 400 MB."""
    one = Path("/sys/fs/cgroup/memory")
    folder = (one if one.is_dir() else one.parent) / f"hpxpy-test-{os.getpid()}"
    name = "memory.limit_in_bytes" if one.is_dir() else "memory.max"
    try:
        folder.mkdir()
        (folder / name).write_text("400M")
        if memory.kills_in(folder) is None:
            raise OSError("its kernel counts no ends for memory")
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        pytest.skip(f"this user may not limit the memory of a cgroup: {error}")
    yield folder
    folder.rmdir()


@once
def test_what_the_kernel_killed_for_memory_is_named(cgroup, started, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    shell = f'echo $$ > {cgroup}/cgroup.procs; exec "$@"'
    result = started(["sh", "-c", shell, "sh", *HPXPY_RUN, "-n", "2", script]).end(60)
    assert result.code == 128 + signal.SIGKILL
    first = result.stderr.splitlines()[0]
    killed = (
        r"hpxpy: locality 1 \(\S+, pid \d+\) was killed by signal 9 \(SIGKILL\); memory ran out"
    )
    assert re.match(killed, first), first
    assert "; its cgroup may have 419 MB: ask for more" in first


@once
def test_a_limit_is_named_beside_a_memory_error(run):
    code = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (5 * 10**9, 5 * 10**9))"
    result = run(code + PROGRAM.replace("np.ones(1 << 20)", "np.empty(1 << 27)"), n=2)
    assert result.code == 1
    assert "MemoryError: Unable to allocate" in result.stderr
    assert "\nThe process may have 5 GB of addresses (RLIMIT_AS, ulimit -v)\n" in result.stderr
    result = run("import hpxpy as hpx\nhpx.barrier()\nraise MemoryError('mine')", n=2)
    assert "MemoryError: mine\n" in result.stderr and "RLIMIT_AS" not in result.stderr


CGROUPS = {
    "two": ("0::/job/step\n", "sys/fs/cgroup", "memory.max", "memory.events", "max 7\noom_kill "),
    "one": (
        "5:devices:/\n4:memory:/job/step\n0::/other\n",
        "sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.oom_control",
        "under_oom 0\noom_kill ",
    ),
}


@once
@pytest.mark.parametrize("version", CGROUPS)
def test_cgroups_of_both_versions(version, tmp_path, monkeypatch):
    told, top, limit, events, text = CGROUPS[version]
    monkeypatch.setattr(memory, "RECORD", "/no/record")
    (tmp_path / "proc" / "17").mkdir(parents=True)
    (tmp_path / "proc" / "17" / "cgroup").write_text(told)
    job = tmp_path / top / "job"
    (job / "step").mkdir(parents=True)
    (job / "step" / limit).write_text("max\n" if version == "two" else f"{2**63 - 4096}\n")
    (job / limit).write_text("2000000000\n")
    for folder in (job, job / "step"):
        (folder / events).write_text(f"{text}1\n")
    seen = memory.Memory(17, tmp_path)
    assert seen.remark(signal.SIGKILL) == ""
    (job / events).write_text(f"{text}2\n")
    assert seen.remark(signal.SIGKILL) == (
        "memory ran out, so the kernel killed it; its cgroup may have 2 GB: ask for more, or start "
        "fewer localities on this host"
    )
    assert seen.remark(signal.SIGTERM) == ""
    shutil.rmtree(job)
    assert seen.remark(signal.SIGTERM) == ""
