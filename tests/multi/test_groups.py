"""Two groups on four localities, each at its own pace, and messages from who has left."""

# SPDX-License-Identifier: BSL-1.0
import pytest

TWO_GROUPS = """
import sys
import time
import hpxpy as hpx
import numpy as np

me = hpx.locality_id()
group = hpx.world.split(me // 2)
members = [0, 1] if me < 2 else [2, 3]
assert group.localities == tuple(members)
assert (group.id, group.size) == (me % 2, 2)
# The first group is through before the second one begins.
if me >= 2:
    time.sleep(0.5)
for i in range(20 if me < 2 else 30):
    total = hpx.all_reduce(hpx.full(5000, float(me)), group=group)
    assert float(total[i]) == sum(members)
x = hpx.all_to_all(hpx.asarray([me, me + 10]), group=group)
assert x.tolist() == [members[0] + 10 * group.id, members[1] + 10 * group.id]
root = hpx.broadcast_object(me if group.id == 1 else None, 1, group=group)
assert root == members[1]
# Only the second group disagrees, and only it is told.
try:
    hpx.all_reduce(hpx.ones(2 if me < 3 else 3), group=group)
    assert me < 2
except hpx.CommunicationError as error:
    assert me >= 2
    assert "locality 2 (0 of a group)" in str(error)
    assert "locality 3 (1 of a group)" in str(error)
# A ring of all, through another group, and a distributed array beside.
backwards = hpx.world.split(0, -me)
hpx.send(hpx.asarray([me]), (backwards.id + 1) % 4, group=backwards)
assert int(hpx.recv((backwards.id - 1) % 4, group=backwards)[0]) == (me + 1) % 4
y = hpx.arange(100.0, distribution="block")
assert float(y.sum()) == 4950
assert hpx.split_by_host().size == 4
print("well", flush=True)
"""


def test_two_groups(run, by, engine):
    program = run(TWO_GROUPS, n=4, by=by, environ={"HPXPY_ENGINE": engine}, limit=60)
    assert program.code == 0, program.stderr
    assert program.stdout.count("well") == 4


LEAVES_A_GROUP = """
import time
import hpxpy as hpx
me = hpx.locality_id()
group = hpx.world.split(min(me, 1))
for _ in range(3):
    hpx.barrier(group=group)
if me == 2:
    {leaves}
elif me == 1:
    hpx.barrier(group=group)
else:
    time.sleep({lasts})
print("well", flush=True)
"""


@pytest.mark.parametrize("leaves", ["hpx.finalize()", "raise SystemExit(0)"])
def test_who_leaves_is_named_to_a_group_that_waits(run, by, engine, leaves):
    text = LEAVES_A_GROUP.format(leaves=leaves, lasts=20)
    program = run(text, n=3, by=by, environ={"HPXPY_ENGINE": engine}, limit=20)
    assert program.code == 1
    assert "locality 2 " in program.stderr
    assert "left while locality 1 " in program.stderr
    assert "script.py:" in program.stderr


def test_who_left_another_group_is_not_waited_for(run, by, engine):
    """Locality 2 leaves when it has done its part; the others' group goes on without it."""
    text = LEAVES_A_GROUP.replace("min(me, 1)", "min(me, 2) // 2")
    text = text.replace("elif me == 1:", "elif me == 1:\n    time.sleep(3)")
    text = text.replace("time.sleep({lasts})", "hpx.barrier(group=group)")
    program = run(
        text.format(leaves="raise SystemExit(0)"),
        n=3,
        by=by,
        environ={"HPXPY_ENGINE": engine},
        limit=40,
    )
    assert program.code == 0, program.stderr
    assert program.stdout.count("well") == 2


GROUPS_OVER_STARTS = """
import hpxpy as hpx
group = hpx.world.split(0)
hpx.barrier(group=group)
hpx.finalize()
hpx.init()
try:
    hpx.barrier(group=group)
except RuntimeError as error:
    print("has ended" in str(error), flush=True)
assert int(hpx.all_reduce(1, group=hpx.world.split(hpx.locality_id() % 2))) in (1, 2)
"""


def test_groups_end_with_finalize(run, engine):
    program = run(GROUPS_OVER_STARTS, n=3, environ={"HPXPY_ENGINE": engine})
    assert program.code == 0, program.stderr
    assert program.stdout.count("True") == 3


NOTHING_COMES = """
import hpxpy as hpx
hpx.barrier()
if hpx.locality_id() == 0:
    hpx.send([1, 2], 1)
else:
    print(hpx.recv(0).tolist(), flush=True)
    try:
        hpx.recv(0, tag=3)
    except hpx.CommunicationError as error:
        print(error, flush=True)
"""


def test_a_message_that_never_comes(run, engine):
    program = run(NOTHING_COMES, n=2, environ={"HPXPY_ENGINE": engine})
    assert program.code == 0, program.stderr
    assert "[1, 2]" in program.stdout
    assert "recv: locality 0 has left without sending a message with tag 3" in program.stdout


NEVER_RECEIVED = """
import hpxpy as hpx
hpx.send(hpx.ones(2_000_000), (hpx.locality_id() + 1) % 3)
"""


def test_a_message_that_nobody_takes(run, engine):
    program = run(NEVER_RECEIVED, n=3, environ={"HPXPY_ENGINE": engine})
    assert program.code == 0, program.stderr


WITH_MPI4PY = """
from mpi4py import MPI
import hpxpy as hpx
import numpy as np

me = hpx.locality_id()
comm = MPI.COMM_WORLD.Split(me // 2, -me)
group = hpx.from_mpi4py(comm)
members = [1, 0] if me < 2 else [3, 2]
assert group.localities == tuple(members)
assert group.id == comm.rank
assert int(hpx.all_reduce(me, group=group)) == comm.allreduce(me) == sum(members)
assert hpx.broadcast_object(me, 1, group=group) == members[1]
hpx.send(me, 1 - group.id, group=group)
assert int(hpx.recv(1 - group.id, group=group)) == members[1 - group.id]
inner = group.split(group.id)
assert inner.localities == (me,)
try:
    hpx.all_reduce(hpx.ones(2 + group.id), group=group)
except hpx.CommunicationError as error:
    assert "of a group" in str(error)

# Back again, and a group of which half of all are no part.
back = group.to_mpi4py()
assert MPI.Comm.Compare(comm, back) == MPI.CONGRUENT
assert back.allgather(me) == members
back.Free()
everybody = hpx.world.to_mpi4py()
assert (everybody.rank, everybody.size) == (me, 4)
everybody.Free()
part = MPI.COMM_WORLD.Split(0 if me % 2 else MPI.UNDEFINED)
odd = hpx.from_mpi4py(part)
assert odd.localities == ((1, 3) if me % 2 else ())
if me % 2:
    assert int(hpx.all_reduce(me, group=odd)) == 4
    part.Free()
    assert int(hpx.all_reduce(me, group=odd)) == 4
else:
    try:
        hpx.barrier(group=odd)
    except ValueError as error:
        assert "not in this group" in str(error)
for wrong in (None, 3, "world"):
    try:
        hpx.from_mpi4py(wrong)
    except TypeError as error:
        assert "no communicator of mpi4py" in str(error)
    else:
        raise AssertionError(wrong)
hpx.barrier()
print("well", flush=True)
"""


def test_mpi4py(run, by):
    program = run(WITH_MPI4PY, n=4, by=by, environ={"HPXPY_ENGINE": "mpi"}, limit=60)
    assert program.code == 0, program.stderr
    assert program.stdout.count("well") == 4


NO_MPI = """
import hpxpy as hpx
for call in (lambda: hpx.from_mpi4py(None), hpx.world.to_mpi4py):
    try:
        call()
    except RuntimeError as error:
        print("do not talk through MPI" in str(error), flush=True)
"""


def test_mpi4py_on_other_engines(run):
    program = run(NO_MPI, n=1, environ={"HPXPY_ENGINE": "local"})
    assert program.code == 0, program.stderr
    assert program.stdout.count("True") == 2


LATE_FUTURES = """
import hpxpy as hpx
futures = [hpx.all_reduce(i, sync=False) for i in range(50)]
futures.append(hpx.barrier(sync=False))
last = futures[-2].then(lambda x: print(int(x), flush=True))
"""


@pytest.mark.parametrize("end", ["", "hpx.finalize(); print(futures[-1].done())"])
def test_futures_are_made_before_the_end(run, engine, end):
    program = run(LATE_FUTURES + end, n=2, environ={"HPXPY_ENGINE": engine})
    assert program.code == 0, program.stderr
    assert program.stdout.count("98") == 2
    assert "False" not in program.stdout


LEAVES_EARLY = """
import time
import hpxpy as hpx
me = hpx.locality_id()
group = hpx.world.split(min(me, 1))
if me > 0:
    for i in range(6):
        if (me + i) % 2:
            time.sleep(0.3)
        assert int(hpx.all_reduce(me, group=group)) == 3
    print("well", flush=True)
"""


def test_a_locality_of_another_group_leaves(run, engine):
    program = run(LEAVES_EARLY, n=3, environ={"HPXPY_ENGINE": engine})
    assert program.code == 0, program.stderr
    assert program.stdout.count("well") == 2


IN_THREADS = """
import threading
import hpxpy as hpx
me = hpx.locality_id()
groups = [hpx.world.split(0), hpx.world.split(0, -me), hpx.world.split(me % 2)]
problems = []


def work(i):
    expected = [3, 3, 2 if me % 2 == 0 else 1][i]
    for turn in range(40):
        got = int(hpx.all_reduce(hpx.ones(1 + 3000 * (turn % 2)), group=groups[i])[0])
        if got != expected:
            problems.append((i, got))


threads = [threading.Thread(target=work, args=(i,), name=f"group{i}") for i in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(problems, flush=True)
"""


def test_each_group_in_a_thread_of_its_own(run, engine):
    program = run(IN_THREADS, n=3, environ={"HPXPY_ENGINE": engine})
    assert program.code == 0, program.stderr
    assert program.stdout.count("[]") == 3
