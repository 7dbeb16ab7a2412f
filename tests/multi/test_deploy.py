"""The ready-made job scripts and recipes of docs/deploy: what they would start."""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BASE, once

pytestmark = once

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
ROOT = DEPLOY.parents[1]
SCRIPTS = sorted(DEPLOY.glob("*.sh"))

FLUX = """#!/bin/sh
[ "$*" = "resource R" ] || exit 1
echo '{"version": 1, "execution": {"nodelist": ["n[1-2]"],
  "R_lite": [{"rank": "0-1", "children": {"core": "0-3"}}]}}'
"""
#: What each manager tells, and the places that follow.
JOBS = {
    "slurm": {
        "SLURM_JOB_ID": "7",
        "SLURM_JOB_NODELIST": "n[1-2]",
        "SLURM_TASKS_PER_NODE": "4(x2)",
        "SLURM_CPUS_PER_TASK": "8",
    },
    "pbs": {"PBS_JOBID": "7", "PBS_NODEFILE": "{nodefile}"},
    "flux": {"FLUX_URI": "local:///run/flux"},
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_right(script):
    subprocess.run(["bash", "-n", script], check=True)
    if linter := shutil.which("shellcheck"):
        # The environment that is activated is the user's.
        subprocess.run([linter, "-e", "SC1091", script], check=True)


@pytest.mark.parametrize("name", JOBS)
def test_scripts_start_a_locality_for_each_slot(name, tmp_path):
    """The line of `hpxpy run`, with --dry-run, where a manager tells of two hosts."""
    nodefile = tmp_path / "nodes"
    nodefile.write_text("n1\n" * 4 + "n2\n" * 4)
    (tmp_path / "flux").write_text(FLUX)
    (tmp_path / "flux").chmod(0o755)
    environ = {variable: text.format(nodefile=nodefile) for variable, text in JOBS[name].items()}
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    text = (DEPLOY / f"{name}.sh").read_text()
    (line,) = re.findall(r"^hpxpy run (.*)$", text, re.MULTILINE)
    line = f"{shlex.quote(sys.executable)} -m hpxpy run --dry-run {line}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        env={**BASE, **environ, **path},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("8 localities of: ")
    places = re.findall(r"^locality \d on (\w+):", done.stdout, re.MULTILINE)
    assert places == ["n1"] * 4 + ["n2"] * 4


def test_srun_is_told_the_protocol_that_the_wheel_speaks():
    assert "\nsrun --mpi=pmi2 " in (DEPLOY / "slurm_srun.sh").read_text()


def test_kubernetes(tmp_path):
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("kubeflow.org/v2beta1", "MPIJob")
    replicas = job["spec"]["mpiReplicaSpecs"]
    (launcher,) = replicas["Launcher"]["template"]["spec"]["containers"]
    worker = replicas["Worker"]["template"]["spec"]
    mounts = {one["name"]: one["mountPath"] for one in worker["containers"][0]["volumeMounts"]}
    assert {mounts[one["name"]] for one in worker["volumes"]} == {"/dev/shm"}
    assert worker["volumes"][0]["emptyDir"]["medium"] == "Memory"
    # As the MPI operator writes it for MPICH.
    hosts = [f"heat-worker-{n}.heat.default.svc:4" for n in range(replicas["Worker"]["replicas"])]
    hostfile = tmp_path / "hostfile"
    hostfile.write_text("".join(host + "\n" for host in hosts))
    words = [str(hostfile) if word == "/etc/mpi/hostfile" else word for word in launcher["command"]]
    command = [sys.executable, "-m", *words[:2], "--dry-run", *words[2:]]
    done = subprocess.run(command, env=BASE, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("8 localities of: ")


def test_compose_and_the_image():
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    program = compose["services"]["program"]
    assert program["shm_size"] == "1gb" and program["init"] is True
    folder = (DEPLOY / program["build"]["context"]).resolve()
    assert folder == ROOT and (folder / program["build"]["dockerfile"]).exists()
    command = [sys.executable, "-m", *program["command"][:2], "--dry-run", *program["command"][2:]]
    done = subprocess.run(command, env=BASE, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    known = {"FROM", "RUN", "WORKDIR", "COPY", "CMD"}
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0].startswith("FROM ") and {line.split()[0] for line in lines} <= known


def test_the_page_names_every_file():
    page = (DEPLOY.parent / "operators.md").read_text()
    assert {f"deploy/{path.name}" for path in DEPLOY.iterdir()} <= set(
        re.findall(r"\]\((deploy/[\w.]+)\)", page)
    )
