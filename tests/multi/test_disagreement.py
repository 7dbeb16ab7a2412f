"""HPXPY_DEBUG=1 compares what is recorded, copies, and local arrays met by distributed ones."""

# SPDX-License-Identifier: BSL-1.0
import pytest

PROGRAM = """
import hpxpy as hpx
me = hpx.locality_id()
x = hpx.arange(6., distribution="block")
local = hpx.asarray([1., 2., 3., 4., 5., 6.])
same = x + local
x[:] = local
try:
    {call}
    float(x.sum())
    print("not told", flush=True)
except hpx.CommunicationError as error:
    print(error, flush=True)
print("goes on", float(x.sum()), flush=True)
"""

CALLS = {
    "operations": ("y = x * 2 if me else x / 2", "record of float64 (6,)"),
    "views": ("y = x[1:] if me else x[:-1]; z = y + 1", "rows 0:5 of 6"),
    "elements": ("y = x + local * (me + 1)", "(a local array met by a distributed one)"),
    "products": ("y = x @ (local + me)", "(a local array met by a distributed one)"),
    "masks": ("y = x[local > me]", "(a local array met by a distributed one)"),
    "positions": ("y = x[hpx.asarray([me, 2])]", "(a local array met by a distributed one)"),
    "assigned": ("x[:] = local + me", "(a local array met by a distributed one)"),
}


@pytest.mark.parametrize("call", CALLS)
def test_debugging_compares_what_is_recorded(run, call):
    text, words = CALLS[call]
    # The setting of locality 0 is everybody's.
    result = run(PROGRAM.format(call=text), n=3, environ={"HPXPY_DEBUG": "1"})
    assert result.code == 0, result.stderr
    assert result.stdout.count("localities do not agree") == 3, result.stdout
    assert words in result.stdout
    assert "script.py:" in result.stdout
    assert result.stdout.count("goes on 21.0") == 3


@pytest.mark.parametrize("call", ["operations", "elements"])
def test_without_it_nothing_is_compared(run, call):
    result = run(PROGRAM.format(call=CALLS[call][0]), n=2, environ={"HPXPY_DEBUG": "0"})
    assert (result.code, result.stdout.count("not told")) == (0, 2), result.stderr


PARAMETERS = {
    "way": ("fft.fft(x) if me else hpx.fft.ifft(x)", "(ifft, norm=backward)"),
    "norm": ("fft.rfft(x, norm='ortho' if me else None)", "(rfft, norm=ortho)"),
    "lines": ("fft.fft(y, axis=0, norm='ortho' if me else None)", "(fft, norm=ortho)"),
    "order": ("sort(x, descending=bool(me))", "(descending)"),
    "positions": ("argsort(y, axis=0, descending=bool(me))", "(descending)"),
    "kth": ("partition(x, 2 + me // 2)", "(kth=3)"),
    "side": ("searchsorted(x, x, side='right' if me else 'left')", "(side=right)"),
    "share": ("quantile(x, 0.2 + 0.4 * (me // 2))", "(ranks 3 4)"),
}


@pytest.mark.parametrize("call", PARAMETERS)
def test_parameters_that_change_what_is_computed_are_compared(run, call):
    text, words = PARAMETERS[call]
    program = PROGRAM.replace("x[:] = local", "y = hpx.ones((6, 4), distribution='block')")
    result = run(program.format(call="hpx." + text), n=3)
    assert result.code == 0, result.stderr
    assert result.stdout.count("localities do not agree") == 3, result.stdout
    assert words in result.stdout
    assert result.stdout.count("goes on 15.0") == 3


COPIES = """
import hpxpy as hpx
me = hpx.locality_id()
x = hpx.zeros((4, 6), distribution=("block", None), grid=(2, 2))
part = x.local_partition
part[...] = {value}
try:
    {call}
    print("not told", flush=True)
except hpx.CommunicationError as error:
    print(error, flush=True)
part[...] = 1
print("goes on", float(x.sum()), flush=True)
"""


@pytest.mark.parametrize(
    "call", ["float(x.sum())", "x.to_numpy()", "y = hpx.redistribute(x, 'block')"]
)
def test_debugging_compares_copies(run, call):
    environ = {"HPXPY_DEBUG": "1"}
    result = run(COPIES.format(value="me // 3", call=call), n=4, environ=environ)
    assert result.code == 0, result.stderr
    words = "localities 2 and 3 hold copies of one block of an array of shape (4, 6)"
    assert result.stdout.count(words) == 4, result.stdout
    assert result.stdout.count("write the same into every copy") == 4
    assert result.stdout.count("goes on 24.0") == 4
    result = run(COPIES.format(value="7", call=call), n=4, environ=environ)
    assert (result.code, result.stdout.count("not told")) == (0, 4), result.stderr


LATE = """
import hpxpy as hpx
x = hpx.arange(6., distribution="block")
first = x.sum() if hpx.locality_id() else x.max()
try:
    hpx.barrier()
except hpx.CommunicationError as error:
    told = str(error)
for again in range(2):
    hpx.finalize()
    hpx.init()
    try:
        print(float(first))
    except hpx.CommunicationError as error:
        print("again", str(error) == told, flush=True)
print("goes on", float(hpx.ones(5, distribution="block").sum()), flush=True)
"""


def test_what_failed_stays_so_when_its_group_has_ended(run, by):
    result = run(LATE, n=2, by=by)
    assert result.code == 0, result.stderr
    assert result.stdout.count("again True") == 4, result.stdout
    assert result.stdout.count("goes on 5.0") == 2
