"""Starting and stopping. Every test leaves hpxpy running, on all localities alike."""

# SPDX-License-Identifier: BSL-1.0
import os
import subprocess
import sys

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check_local, random_array

N = hpx.num_localities()


@pytest.fixture(autouse=True)
def running():
    hpx.num_threads()
    yield
    if hpx.is_running():
        hpx.finalize()
    hpx.init()


def test_init_twice():
    assert hpx.is_running()
    with pytest.raises(RuntimeError, match="already initialized"):
        hpx.init()
    with pytest.raises(RuntimeError, match="already initialized"), hpx.runtime():
        pass
    assert hpx.is_running()


def test_finalize_and_init_again():
    hpx.finalize()
    assert not hpx.is_running()
    with pytest.raises(RuntimeError, match="not initialized"):
        hpx.finalize()
    hpx.init(num_threads=2)
    assert hpx.is_running()
    assert hpx.num_threads() == 2
    assert hpx.num_localities() == N
    check_local(hpx.all_reduce(hpx.ones(3)), np.full(3, float(N)))


def test_local_arrays_survive():
    x = random_array(5000)
    stored, pending, small = hpx.asarray(x), hpx.asarray(x) * 2, hpx.ones(3)
    hpx.finalize()
    assert_same(stored.to_numpy() + 0, x)
    hpx.init()
    assert_same(stored, x)
    assert_same(pending, x * 2)
    assert_same(small + 1, np.full(3, 2.0))


def test_the_first_use_starts_it():
    hpx.finalize()
    assert hpx.num_localities() == N
    assert hpx.is_running()
    hpx.finalize()
    x = hpx.zeros(5, distribution="block")
    assert hpx.is_running()
    assert x.num_partitions == N


def test_runtime_is_a_context_manager():
    hpx.finalize()
    with hpx.runtime(num_threads=1):
        assert hpx.is_running()
        assert hpx.num_threads() == 1
        check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))
    assert not hpx.is_running()
    with hpx.runtime():
        hpx.finalize()
    assert not hpx.is_running()


@pytest.mark.skipif(N > 1, reason="an exception that leaves the block ends the program")
def test_runtime_ends_with_an_exception():
    hpx.finalize()
    with pytest.raises(ZeroDivisionError), hpx.runtime():
        1 / 0  # noqa: B018
    assert not hpx.is_running()


@pytest.mark.parametrize("threads", [0, -1, 10**6, 10**30])
def test_numbers_of_threads_that_make_no_sense(threads):
    hpx.finalize()
    with pytest.raises((ValueError, OverflowError)):
        hpx.init(num_threads=threads)
    assert not hpx.is_running()


@pytest.mark.parametrize("threads", [1.5, "2", True])
def test_threads_that_are_no_number(threads):
    hpx.finalize()
    with pytest.raises(TypeError, match="num_threads="):
        hpx.init(num_threads=threads)
    assert not hpx.is_running()


def test_unknown_engines():
    hpx.finalize()
    with pytest.raises(ValueError, match="engine 'warp' is unknown; choose"):
        hpx.init(engine="warp")
    with pytest.raises(ValueError, match="engine '' is unknown"):
        hpx.init(engine="")
    with pytest.raises(TypeError, match="engine=3"):
        hpx.init(engine=3)
    with pytest.raises(TypeError, match="config="):
        hpx.init(config="a string")
    assert not hpx.is_running()


def test_an_engine_that_is_not_installed():
    folder = os.path.dirname(hpx._core.__file__)
    if any("hpx" in name and "_engine" in name for name in os.listdir(folder)):
        return
    hpx.finalize()
    with pytest.raises((ImportError, ValueError, RuntimeError), match="engine 'hpx' is not avail"):
        hpx.init(engine="hpx")
    assert not hpx.is_running()


@pytest.mark.skipif(N > 1, reason="of several localities none may be alone")
def test_the_local_engine():
    hpx.finalize()
    hpx.init(engine="local")
    assert (hpx.locality_id(), hpx.num_localities()) == (0, 1)
    check_local(hpx.all_reduce(hpx.ones(3)), np.ones(3))


@pytest.mark.skipif(N == 1, reason="needs other localities")
def test_the_local_engine_does_not_part_localities():
    hpx.finalize()
    with pytest.raises((RuntimeError, ValueError), match=r"local"):
        hpx.init(engine="local")
    assert not hpx.is_running()


def test_localities_have_numbers():
    assert sorted(hpx.all_gather_object(hpx.locality_id())) == list(range(N))
    assert hpx.num_threads() >= 1


@pytest.mark.skipif(N > 1, reason="one locality is enough to look at imports")
def test_import_loads_no_mpi():
    code = (
        "import sys, hpxpy\n"
        "assert not hpxpy.is_running()\n"
        "maps = open('/proc/self/maps').read()\n"
        "assert 'libmpi' not in maps and 'libhpx' not in maps, maps\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
