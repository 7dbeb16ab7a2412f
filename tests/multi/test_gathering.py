"""HPXPY_GATHER_LIMIT: what would not fit is refused everywhere, before anything is sent."""

# SPDX-License-Identifier: BSL-1.0
import pytest

PROGRAM = """
import sys
import hpxpy as hpx
x = hpx.arange(1000.0, distribution="block")
calls = {
    "to_numpy": x.to_numpy,
    "tolist": x.tolist,
    "gather": lambda: hpx.gather(x, root=0),
    "all_gather": lambda: hpx.all_gather(x),
    "broadcast": lambda: hpx.broadcast(x),
    "redistribute": lambda: hpx.redistribute(x, None),
}
before = hpx.counters.get("/hpxpy/bytes_sent/join")
for name, call in calls.items():
    try:
        call()
    except MemoryError as error:
        text = str(error)
    else:
        text = "none"
    assert hpx.all_gather_object(text) == [text] * hpx.num_localities()
    if hpx.locality_id() == 0:
        print(f"{name}| {text}")
y = x[:100].to_numpy()
assert y.sum() == 4950
if hpx.locality_id() == 0:
    print("the next call works")
"""


@pytest.mark.parametrize("n", [1, 2, 3])
def test_what_is_more_than_the_limit_is_refused(command, n):
    result = command("-n", n, "-c", PROGRAM, environ={"HPXPY_GATHER_LIMIT": "1K"})
    assert result.code == 0, result.stderr
    *lines, last = result.stdout.splitlines()
    assert last == "the next call works"
    assert len(lines) == 6
    for line in lines:
        name, _, text = line.partition("| ")
        assert text.startswith(f"{name}: all of this array, (1000,) of float64, is 8000 bytes")
        assert "1024 at most (HPXPY_GATHER_LIMIT" in text
        assert "local_partition" in text and "save()" in text


def test_by_default_what_is_free_fits(command):
    result = command("-n", 2, "-c", PROGRAM)
    assert result.code == 0, result.stderr
    assert result.stdout.count("| none") == 6


def test_the_limit_is_that_of_locality_0(command):
    program = (
        "import os\nif os.environ['PMI_RANK'] == '1':\n    os.environ['HPXPY_GATHER_LIMIT'] = '1'\n"
    )
    result = command("-n", 2, "-c", program + PROGRAM, environ={"HPXPY_GATHER_LIMIT": "8000"})
    assert result.code == 0, result.stderr
    assert result.stdout.count("| none") == 6


def test_a_limit_that_is_no_size(command):
    result = command("-n", 2, "-c", PROGRAM, environ={"HPXPY_GATHER_LIMIT": "much"})
    assert result.code != 0
    assert "HPXPY_GATHER_LIMIT: 'much' is not a size" in result.stderr
