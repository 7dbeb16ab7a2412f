"""One program on several numbers of localities and threads: the same bits.

What each locality compares alone is in tests/python/test_same_bits.py.
"""

# SPDX-License-Identifier: BSL-1.0
import pytest
from conftest import ENGINE

PROGRAM = """
import hashlib
import hpxpy as hpx
import numpy as np

def bits(value):
    if value.distribution is not None:
        value = hpx.redistribute(value, None)
    found.update(np.asarray(value).tobytes())

found = hashlib.sha256()
random = hpx.random.default_rng(7)
for size in (1, 3, 100, 513, 4100, 200_003):
    for dtype in ("float32", "float64", "complex128")[: 3 if size < 5000 else 2]:
        x = hpx.astype(random.standard_normal(size, distribution="block"), dtype)
        for view in (x, x[2:], x[::-1], x[5:-1:3], x[: size // 7]):
            bits(view.sum())
            bits((view * view - 0.3 * view).sum())
            bits(hpx.nansum(view))
            bits(hpx.dot(view, 0.7 * view))
            bits(view @ (1 - view))
            bits(hpx.vdot(view, view))
            bits(hpx.vecdot(view, 0.7 * view))
            bits(hpx.cumsum(view))
            bits(hpx.cumprod(1 + view * 1e-4))
            if view.size:
                bits(hpx.var(view))
                bits(hpx.mean(view, where=abs(view) > 0.5))
                bits(hpx.linalg.norm(view))
    order = random.permutation(hpx.arange(size))
    bits(hpx.sort(hpx.asarray(order)))
table = random.random((90, 70), distribution="block")
bits(table.sum())
bits(hpx.var(table[3:]))
with hpx.set_deterministic(True):
    for distribution, axis in (("block", 1), ("cyclic", 0)):
        placed = hpx.redistribute(table, distribution, axis=axis)
        for axis in (0, 1, None):
            bits(placed.sum(axis=axis))
            bits(hpx.var(placed, axis=axis))
        bits(hpx.cumsum(placed, axis=0))
        bits(hpx.cumsum(placed, axis=1))
        square = hpx.redistribute(random.random((130, 130), distribution="block"), distribution)
        bits(placed @ placed.T)
        bits(square @ square)
        bits(placed.T @ placed[:, 0])
        bits(hpx.einsum("ij,kj,kl->il", placed, placed, placed))
        bits(hpx.cov(placed))
        bits(hpx.linalg.solve(square, square[:, :5]))
        bits(hpx.linalg.inv(square))
        bits(hpx.linalg.det(square))
        bits(hpx.linalg.cholesky(square @ square.T + hpx.eye(130)))
        bits(hpx.linalg.cg(square @ square.T + 130 * hpx.eye(130), square[:, 0])[0])
        for function in (hpx.linalg.qr, hpx.linalg.svd, hpx.linalg.eigh):
            for part in function(square + square.T):
                bits(part)
        bits(hpx.linalg.qr(placed[:, :5])[0])
        bits(hpx.linalg.lstsq(placed, placed[:, 0])[0])
        bits(hpx.fft.fft2(placed))
        bits(hpx.fft.rfft(random.random(1009, distribution=distribution)))
if hpx.locality_id() == 0:
    print(found.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_numbers_of_localities_and_threads(command):
    found = {}
    for n in (1, 2, 3, 4, 7):
        for threads in (1, 2):
            if n > 2 and threads > 1:
                continue
            environ = {"HPXPY_NUM_THREADS": str(threads)}
            result = command("-n", n, "-c", PROGRAM, environ=environ, limit=120)
            assert (result.code, result.stderr) == (0, "")
            found[n, threads] = result.stdout
    if ENGINE == "mpi":
        # So many do not send to all, but join in rounds.
        result = command("-n", 11, "-c", PROGRAM, environ={"HPXPY_NUM_THREADS": "1"}, limit=120)
        found[11, 1] = result.stdout
    assert len(set(found.values())) == 1, found


def test_the_variable(command):
    program = (
        "import hpxpy as hpx, numpy as np\n"
        "x = hpx.asarray(np.random.default_rng(1).random((40, 9)), distribution='block')\n"
        "print(float(hpx.var(x, axis=0)[3]).hex())\n"
    )
    found = set()
    for n in (1, 2, 3):
        result = command("-n", n, "-c", program, environ={"HPXPY_DETERMINISTIC": "1"})
        assert (result.code, result.stderr) == (0, "")
        found.update(result.stdout.split())
    assert len(found) == 1
    result = command("-n", 2, "-c", program, environ={"HPXPY_DETERMINISTIC": "perhaps"})
    assert result.code == 2
    assert "HPXPY_DETERMINISTIC: 'perhaps' is not a truth value" in result.stderr


def test_a_with_may_outlast_the_runtime(command):
    program = (
        "import hpxpy as hpx\n"
        "with hpx.set_deterministic(True):\n"
        "    hpx.finalize()\n"
        "assert not hpx.is_running()\n"
    )
    result = command("-n", 2, "-c", program)
    assert (result.code, result.stderr) == (0, "")


def test_localities_agree(command):
    program = (
        "import hpxpy as hpx\n"
        "try:\n"
        "    hpx.set_deterministic(hpx.locality_id() == 0)\n"
        "except hpx.CommunicationError as error:\n"
        "    print(error)\n"
        "hpx.barrier()\n"
    )
    result = command("-n", 2, "-c", program)
    assert (result.code, result.stderr) == (0, "")
    told = "locality 0 calls set_deterministic to True"
    assert result.stdout.count(told) == 2
