"""`hpxpy doctor`: what is wrong with hosts is named, and what is right is measured."""

# SPDX-License-Identifier: BSL-1.0
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BASE, once
from hosts import WIRE
from hpxpy._launch.findings import findings

DOCTOR = [sys.executable, "-m", "hpxpy", "doctor"]


@pytest.fixture
def examine(two_hosts):
    """examine(*options): the report of hosta and hostb."""

    def examine(*options, hosts="hosta,hostb"):
        words = two_hosts.on_a(*DOCTOR, "--hosts", hosts, "--json", *options)
        environ = {**BASE, **two_hosts.environ}
        done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60)
        assert done.stdout, done.stderr
        report = json.loads(done.stdout)
        assert done.returncode == (1 if report["mend"] else 0)
        assert two_hosts.commands() == []
        return report

    return examine


def kinds(report):
    # How busy this machine is while it is tested does not count.
    return [e["kind"] for e in report["mend"] if e["kind"] not in ("load", "oversubscription")]


def ip(two_hosts, letter, *words):
    command = ["ip", "netns", "exec", two_hosts.names["ab".index(letter)], *words]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{words[0]}: {done.stderr}")


@once
def test_hosts_that_are_well(examine):
    report = examine()
    assert kinds(report) == []
    first, second = report["localities"]
    assert (first["host"], second["host"]) == ("hosta", "hostb")
    assert "10.77.0.2" in second["interfaces"].values()
    assert second["versions"]["hpxpy"] == importlib.metadata.version("hpxpy")
    assert first["fingerprint"] == second["fingerprint"] is not None
    assert abs(second["clock"]) < 1
    links = {(link["from"], link["to"]): link for link in report["links"]}
    assert set(links) == {(0, 1), (1, 0)}
    assert links[0, 1]["address"] == "10.77.0.2"
    assert all(link["latency"] > 0 and link["bandwidth"] > 0 for link in links.values())
    assert report["engine"]["engine"] == "mpi"


@once
def test_a_slow_link_is_named(examine, two_hosts):
    slow = ["tc", "qdisc", "add", "dev", WIRE, "root", "netem", "delay", "20ms", "rate", "8mbit"]
    try:
        ip(two_hosts, "b", *slow)
    except pytest.skip.Exception:
        # Without netem a bucket of tokens makes it as slow.
        bucket = ["tbf", "rate", "8mbit", "burst", "4kb", "latency", "50ms"]
        ip(two_hosts, "b", *slow[:6], *bucket)
    try:
        report = examine()
    finally:
        ip(two_hosts, "b", "tc", "qdisc", "del", "dev", WIRE, "root")
    assert "link" in kinds(report)
    text = next(e["text"] for e in report["mend"] if e["hosts"] == ["hostb", "hosta"])
    assert text.startswith("the link from hostb to hosta (10.77.0.1) is slow: ")
    link = next(link for link in report["links"] if link["from"] == 1)
    assert link["bandwidth"] < 2e6


@once
def test_a_closed_port_is_named(examine, two_hosts):
    rule = ["INPUT", "-p", "tcp", "--dport", "41003", "-j", "REJECT"]
    ip(two_hosts, "b", "iptables", "-A", *rule)
    try:
        report = examine("--port-range", "41000-41007")
    finally:
        ip(two_hosts, "b", "iptables", "-D", *rule)
    assert kinds(report) == ["port"]
    assert report["mend"][0]["hosts"] == ["hosta", "hostb"]
    text = report["mend"][0]["text"]
    assert text.startswith("hosta cannot reach hostb at port 41003 (10.77.0.2: ")
    assert "firewall" in text


@once
def test_another_version_on_one_host_is_named(two_hosts, examine, tmp_path):
    # hostb sees other files in their place.
    package = importlib.metadata.distribution("numpy")
    told = Path(package.locate_file("")) / f"numpy-{package.version}.dist-info" / "METADATA"
    other = tmp_path / "METADATA"
    text = told.read_text()
    other.write_text(text.replace(f"\nVersion: {package.version}\n", "\nVersion: 1.26.4\n", 1))
    assert other.read_text() != text
    shell, usual = two_hosts.shell, two_hosts.shell.read_text()
    mounted = (
        f'unshare --uts --mount sh -c "[ $host = hosta ] || mount --bind {other} {told}; hostname'
    )
    changed = usual.replace('unshare --uts sh -c "hostname', mounted)
    assert changed != usual
    shell.write_text(changed)
    try:
        report = examine()
    finally:
        shell.write_text(usual)
    version = next(entry for entry in report["mend"] if entry["kind"] == "version")
    assert version["text"].startswith("hostb has numpy 1.26.4, and hosta numpy ")
    assert report["engine"] is None


@once
def test_a_host_that_does_not_answer_is_named(examine):
    report = examine("--start-timeout", "3", hosts="hosta,nohost")
    assert kinds(report) == ["start"]
    assert "nohost" in report["mend"][0]["hosts"]
    assert "ssh HOST true" in report["mend"][0]["text"]


@once
def test_one_machine_as_text(command_line):
    done = command_line("-n", "3")
    assert "localities 0, 1 and 2" in done.stdout
    assert "latency from row to column (us, TCP)" in done.stdout
    assert "engine mpi: a barrier takes " in done.stdout
    end = "to mend, in order:\n1. " if done.returncode else "nothing to mend\n"
    assert end in done.stdout


@pytest.fixture
def command_line():
    def run(*words):
        command = [*DOCTOR, *words]
        return subprocess.run(command, env=BASE, capture_output=True, text=True, timeout=60)

    return run


@once
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port-range", "9-10"], "'9-10' is no range of ports from 1024 to 65535"),
        (["--port-range", "5000-4000"], "'5000-4000' is no range of ports"),
        (["--hosts", "a;b"], "hosts 'a;b': 'a;b' is no name of a host"),
        (["-n", "0"], "0"),
        (["--hosts", "a:1", "-n", "2"], "have room for 1 localities, not for 2"),
    ],
)
def test_junk_is_refused(command_line, words, said):
    done = command_line(*words)
    assert done.returncode == 2
    assert said in done.stderr and not done.stdout


def facts(id_, host, **others):
    return {
        "id": id_,
        "host": host,
        "versions": {"python": "3.11.7", "hpxpy": "0.1.0"},
        "fingerprint": "f",
        "folder": "/home/u",
        "names": {"a": "10.0.0.1", "b": "10.0.0.2"},
        "cpus": 8,
        "load": 0.1,
        "memory": {"total": 1 << 34, "available": 1 << 33},
        "/dev/shm": {"size": 1 << 33, "free": 1 << 33},
        **others,
    }


FINDINGS = {
    "name": ({"names": {"a": None, "b": "10.0.0.2"}}, {}, "b does not know the name a: enter it"),
    "no hpxpy": (
        {"versions": {"python": "3.11.7", "hpxpy": None}},
        {},
        "b has no hpxpy, and a hpxpy 0.1.0: install the same",
    ),
    "build": ({"fingerprint": "g"}, {}, "the files of hpxpy on b are not those of the other hosts"),
    "folder": ({"folder": "/"}, {}, "localities on b start in / instead of /home/u: make"),
    "shm": (
        {"/dev/shm": {"size": 1 << 26, "free": 1 << 25}},
        {},
        "b has 32 MB free in /dev/shm for 2 localities: give its container --shm-size=1g",
    ),
    "memory": (
        {"memory": {"total": 1 << 34, "available": 1 << 28}},
        {},
        "b has 256 MB of memory left for 2 localities: start fewer",
    ),
    "cpus": ({"cpus": 1}, {}, "b has 1 CPU for 2 localities: start at most 1 there"),
    "load": ({"load": 20.0}, {}, "b is busy: load 20.0 on 8 CPUs"),
    "clock": ({}, {"skews": {1: -3.25}}, "the clock of b is 3.2 s behind: let it follow NTP"),
    "taken": ({}, {"taken": {1: [5000]}}, "port 5000 of b is taken: give another --port-range"),
}


@once
@pytest.mark.parametrize("case", FINDINGS)
def test_findings_of_recorded_hosts(case):
    changed, found, text = FINDINGS[case]
    told = [facts(0, "a"), facts(1, "b", **changed), facts(2, "b", **changed)]
    given = {"closed": [], "taken": {}, "pairs": {}, "skews": {}, **found}
    (only,) = findings(told, ["a", "b"], **given)
    assert only["text"].startswith(text), only["text"]
    assert "b" in only["hosts"]
    well = [facts(0, "a"), facts(1, "b"), facts(2, "b")]
    assert findings(well, ["a", "b"], [], {}, {}, {}) == []
