"""Which silence ends a program, of a supervisor whose turns are taken one by one."""

# SPDX-License-Identifier: BSL-1.0
import os

import pytest
from conftest import once
from hpxpy._launch.heartbeat import BEATS, Heartbeats
from hpxpy._launch.localities import Locality
from hpxpy._launch.supervisor import Supervisor
from hpxpy._launch.wire import machine

pytestmark = once


class Turns:
    """In a loop's place: `take` does what is due, whatever the time."""

    def __init__(self):
        self.due = []

    def after(self, seconds, callback):
        self.due.append(callback)

    def take(self):
        due, self.due = self.due, []
        for callback in due:
            callback()


class Program:
    """Two localities whose watchers are heard, or not; what the supervisor was told of them."""

    def __init__(self):
        self.loop, self.size = Turns(), 2
        self.code, self.over, self.failures, self.silent = None, False, [], []
        self.localities = [Locality(0), Locality(1)]
        for locality, host in zip(self.localities, ("here", "there"), strict=True):
            locality.connection, locality.host = object(), host
        Heartbeats(self)

    def fail(self, failure):
        self.failures.append(failure)

    def fall_silent(self, locality, seconds):
        self.silent.append(locality.id)
        locality.end = ("signal", 9)

    def turn(self, *states):
        """What each says within a turn: "stopped", "runs" or "" for nothing."""
        for locality, state in zip(self.localities, states, strict=True):
            if state:
                locality.silent = 0
                Supervisor.on_beat(self, locality, state)
        self.loop.take()


def test_a_stopped_locality_ends_the_program():
    program = Program()
    for _ in range(BEATS - 1):
        program.turn("runs", "stopped")
    assert not program.failures
    for _ in range(2):
        program.turn("runs", "stopped")
    (failure,) = program.failures
    assert failure.text == "locality 1 has been stopped (SIGSTOP) for 10 s"


def test_a_short_stop_and_one_of_all_localities_end_nothing():
    program = Program()
    for _ in range(3):
        for _ in range(BEATS - 1):
            program.turn("runs", "stopped")
        program.turn("runs", "runs")
    for _ in range(3 * BEATS):
        program.turn("stopped", "stopped")
    assert not program.failures and not program.silent


def test_silence_ends_the_program():
    program = Program()
    for _ in range(BEATS):
        program.turn("runs", "")
    program.turn("runs", "runs")
    for _ in range(BEATS - 1):
        program.turn("runs", "")
    assert not program.silent
    program.turn("runs", "")
    assert program.silent == [1]


def test_where_no_heartbeat_is_wanted_none_is_missed(monkeypatch):
    monkeypatch.setenv("HPXPY_HEARTBEAT_SECONDS", "0")
    program = Program()
    assert program.loop.due == []


@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_who_is_silent_is_named(place):
    ends = []
    supervisor = Supervisor.__new__(Supervisor)
    supervisor.loop = type("Loop", (), {"forget": lambda self, file: None})()
    supervisor.fail = ends.append
    supervisor.check_end = lambda: None
    locality = Locality(3)
    locality.host, locality.connection = "hostb", os.fdopen(os.open(os.devnull, os.O_RDONLY))
    locality.pid = locality.watcher = 2**30  # nobody
    locality.machine = machine() if place == "here" else "another"
    supervisor.fall_silent(locality, 10.0)
    said = {
        "here": "is not watched any more: the process beside it, 1073741824, is silent (for 10 s)",
        "elsewhere": "is lost: host hostb, or the way there, does not answer any more (for 10 s)",
    }
    assert [end.text for end in ends] == [f"locality 3 (hostb, pid 1073741824) {said[place]}"]
    assert locality.connection.closed
