"""A locality that waits for long: everybody is told where each locality stands."""

# SPDX-License-Identifier: BSL-1.0
import pytest
from hpxpy._launch.places import described, threads_in

PROGRAM = """
import sys, time
import hpxpy as hpx
x = hpx.ones(10, distribution="block")
def late():
    {what}
if hpx.locality_id() == 1:
    late()
{wait}
print("went on", flush=True)
"""

LATE = {
    "a loop": "for _ in iter(lambda: time.monotonic() < END, False): pass",
    "asleep": "time.sleep(2)",
    "computing": "float(hpx.ones(2**36).sum())",
}
WAITS = {"barrier": "hpx.barrier()", "an element": "float(x[9])", "a sum": "float(x.sum())"}


def program(what, wait):
    text = PROGRAM.format(what=LATE[what], wait=WAITS[wait])
    return text.replace("def late", "END = time.monotonic() + 2\ndef late")


@pytest.mark.parametrize(
    ("what", "wait"), [("a loop", "barrier"), ("asleep", "an element"), ("asleep", "a sum")]
)
def test_who_keeps_others_waiting_is_named(run, by, what, wait):
    result = run(program(what, wait), n=3, by=by, environ={"HPXPY_STALL_SECONDS": "0.5"})
    assert result.code == 0, result.stderr
    assert result.stdout.count("went on") == 3
    lines = [line for line in result.stderr.splitlines() if line.startswith("hpxpy:")]
    assert len(lines) == 4, result.stderr
    assert "has waited for" in lines[0]
    places = sorted(lines[1:])
    for id_ in (0, 2):
        assert f"locality {id_} (" in places[id_]
        assert "waits at " in places[id_]
        assert WAITS[wait] in places[id_] or "<string>" in places[id_]
        assert ", for locality 1)" in places[id_]
    assert "locality 1 (" in places[1]
    assert "runs at " in places[1]
    # The stack of each follows its line, without our own frames.
    late = result.stderr.partition(lines[2])[2].partition("hpxpy:")[0]
    assert "in <module>\n        late()\n" in late
    assert f"in late\n        {LATE[what]}" in late
    assert "hpxpy/_" not in result.stderr


@pytest.mark.parametrize("what", LATE)
def test_it_may_end_the_program(run, by, what):
    env = {"HPXPY_STALL_SECONDS": "0.5", "HPXPY_STALL_ENDS": "1"}
    result = run(program(what, "barrier"), n=2, by=by, environ=env)
    assert result.code == 1
    first = result.stderr.splitlines()[0]
    assert first.startswith("hpxpy: locality 1 (")
    assert "kept locality 0 (" in first
    assert "runs at " in result.stderr


def test_short_waits_are_not_told_of(run):
    result = run(program("asleep", "barrier"), n=2, environ={"HPXPY_STALL_SECONDS": "20"})
    assert (result.code, result.stderr) == (0, "")


def test_the_innermost_line_of_the_main_thread():
    text = (
        'Thread 0x00007f5 (most recent call first):\n  File "/a/other.py", line 3 in other\n\n'
        'Current thread 0x00007f6 (most recent call first):\n  File "/a/b.py", line 9 in inner\n'
        '  File "/a/b.py", line 2 in outer\n'
    )
    assert described(text, "7f6")["place"] == "b.py:9 in inner"
    assert described(text, "7f5")["place"] == "other.py:3 in other"
    assert described(text, "7f7") == {
        "place": "",
        "stack": "",
        "threads": 'thread 0x7f5:\n  File "/a/other.py", line 3, in other\n'
        'thread 0x7f6:\n  File "/a/b.py", line 2, in outer\n  File "/a/b.py", line 9, in inner\n',
    }
    named = text.replace("0x00007f5 (most", "0x00007f5 [worker] (most")
    assert threads_in(named) == threads_in(text)


def test_localities_that_wait_for_each_other_end_where_that_is_wanted(run):
    code = """
import hpxpy as hpx
groups = [hpx.world, hpx.world.split(0, hpx.locality_id())]
for group in groups if hpx.locality_id() == 0 else reversed(groups):
    hpx.barrier(group=group)
"""
    environ = {"HPXPY_STALL_SECONDS": "0.5", "HPXPY_STALL_ENDS": "1"}
    result = run(code, n=2, environ=environ)
    assert result.code == 1
    lines = [line for line in result.stderr.splitlines() if line.startswith("hpxpy:")]
    assert "has waited for" in lines[0] and ", as all others have; where they" in lines[0]
    assert [line.count("waits at script.py:5: hpx.barrier(group=group)") for line in lines[1:]] == [
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("HPXPY_STALL_SECONDS", "soon"), ("HPXPY_STALL_ENDS", "maybe")]
)
def test_other_settings_are_refused(run, name, value):
    result = run("import hpxpy as hpx\nhpx.barrier()", n=2, environ={name: value})
    assert result.code == 2
    assert f"error: {name}: '{value}' is not a t" in result.stderr
