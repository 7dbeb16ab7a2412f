"""Arrays as HPX's partitioned vectors, where the engine is hpx; the refusal where it is not."""

# SPDX-License-Identifier: BSL-1.0
import functools

import hpxpy as hpx
import numpy as np
import pytest

TYPES = [hpx.float64, hpx.float32, hpx.int32, hpx.int64]


@functools.cache
def on_hpx():
    return any(name.startswith("/threads") for name in hpx.counters.discover())


needs_hpx = pytest.mark.skipif("not on_hpx()", reason="the engine is not hpx")


@pytest.fixture
def name(request):
    """A name of its own for each test."""
    return request.node.name


def numbers(n, dtype=hpx.float64):
    return hpx.arange(n, dtype=dtype, distribution="block")


@pytest.mark.skipif("on_hpx()", reason="the engine is hpx")
def test_other_engines_refuse():
    with pytest.raises(RuntimeError, match="only HPX has partitioned vectors; start with engine"):
        numbers(5).to_partitioned_vector("x")
    with pytest.raises(RuntimeError, match="only HPX has partitioned vectors; start with engine"):
        hpx.from_partitioned_vector("x", hpx.float64)


@needs_hpx
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_both_ways(name, dtype, n):
    x = numbers(n, dtype) * 3
    y = x.to_partitioned_vector(name)
    z = hpx.from_partitioned_vector(name, dtype)
    for array in (y, z):
        assert array.dtype == dtype and array.shape == (n,)
        assert array.partition_sizes == x.partition_sizes
        assert np.array_equal(array.to_numpy(), np.arange(n, dtype=dtype) * 3)


@needs_hpx
def test_both_look_at_one_memory(name):
    y = numbers(10).to_partitioned_vector(name)
    z = hpx.from_partitioned_vector(name, hpx.float64)
    y += 1
    z[:3] = -1
    hpx.barrier()
    expected = np.arange(10) + 1.0
    expected[:3] = -1
    assert np.array_equal(y.to_numpy(), expected)
    assert np.array_equal(z.to_numpy(), expected)


@needs_hpx
def test_the_original_is_another_array(name):
    x = numbers(10)
    y = x.to_partitioned_vector(name)
    y[:] = 0
    assert np.array_equal(x.to_numpy(), np.arange(10.0))


@needs_hpx
def test_uneven_maps_are_kept(name):
    me = hpx.locality_id()
    x = hpx.from_local(hpx.full((2 * me + 1,), me, dtype=hpx.float64))
    y = x.to_partitioned_vector(name)
    assert y.partition_sizes == x.partition_sizes
    assert np.array_equal(y.to_numpy(), x.to_numpy())


@needs_hpx
@pytest.mark.parametrize("part", [np.s_[::-1], np.s_[3:8], np.s_[::2]])
def test_views(name, part):
    y = numbers(10)[part].to_partitioned_vector(name)
    assert np.array_equal(y.to_numpy(), np.arange(10.0)[part])


@needs_hpx
def test_what_cannot_be(name):
    numbers(5).to_partitioned_vector(name)
    with pytest.raises(ValueError, match=f"the name '{name}' is taken"):
        numbers(5).to_partitioned_vector(name)
    with pytest.raises(ValueError, match="no vector is registered as 'nothing'"):
        hpx.from_partitioned_vector("nothing", hpx.float64)
    with pytest.raises(TypeError, match=r"no type int8 here; use one of float64, float32"):
        hpx.from_partitioned_vector(name, hpx.int8)
    with pytest.raises(TypeError, match="not a local one of shape"):
        hpx.ones(5).to_partitioned_vector(name + "2")
    with pytest.raises(TypeError, match=r"1 dimension, not one of shape \(4, 2\)"):
        hpx.zeros((4, 2), distribution="block").to_partitioned_vector(name + "2")
    with pytest.raises(ValueError, match="empty"):
        hpx.zeros(0, distribution="block").to_partitioned_vector(name + "2")
