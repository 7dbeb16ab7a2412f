"""Who shares memory with whom, and what is sent is what was there at the call."""
# SPDX-License-Identifier: BSL-1.0

import hpxpy as hpx
import numpy as np
import pytest

# Past what is copied before it is sent.
LARGE = 500_000


def test_two_arrays_on_one_memory_overlap():
    memory = np.arange(10.0)
    x = hpx.from_numpy(memory, copy=False)
    y = hpx.from_numpy(memory, copy=False)
    x[1:] = y[:-1]
    assert memory.tolist() == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_values_rebind_each_time():
    s = hpx.ones(5).sum()
    s += 1
    t = s
    s += 1
    assert (float(t), float(s)) == (6.0, 7.0)


def test_out_keeps_what_where_leaves_out():
    out = hpx.asarray([1 / 3, 1 / 3])
    x = hpx.asarray([1, 2], dtype="float32")
    hpx.add(x, x, out=out, where=hpx.asarray([True, False]))
    assert out.tolist() == [2.0, 1 / 3]


def test_gathered_array_is_its_own():
    x = hpx.ones(4, distribution="block")
    whole = hpx.gather(x)
    if whole is not None:
        whole[:] = 7
    assert float(x.sum()) == 4.0


def test_full_copy_is_its_own():
    x = hpx.arange(4)
    whole = hpx.redistribute(x, None)
    whole[:] = 7
    assert x.tolist() == [0, 1, 2, 3]
    assert isinstance(hpx.redistribute([1, 2], None), hpx.ndarray)


def test_block_from_local_is_its_own():
    x = hpx.ones(3)
    whole = hpx.from_local(x)
    x[:] = 7
    assert float(whole.sum()) == 3.0 * hpx.num_localities()


@pytest.mark.parametrize("collective", [hpx.gather, hpx.all_gather])
def test_writing_after_gather_changes_nothing_sent(collective):
    x = hpx.full(LARGE, float(hpx.locality_id()))
    hpx.eval(x)
    parts = collective(x)
    x[:] = -1
    for i, part in enumerate(parts or []):
        assert float(part.min()) == float(part.max()) == i


@pytest.mark.parametrize("root_gives", [hpx.broadcast, hpx.scatter])
def test_writing_after_root_gave_changes_nothing_sent(root_gives):
    x = hpx.full(LARGE, 3.0)
    hpx.eval(x)
    part = root_gives(x if hpx.locality_id() == 0 else None)
    x[:] = -1
    assert float(part.min()) == float(part.max()) == 3.0


def test_exported_memory_is_sent_as_it_was():
    x = hpx.full(LARGE, 1.0)
    view = x.to_numpy()
    total = hpx.all_reduce(x)
    view[:] = -1
    assert float(total.min()) == float(total.max()) == hpx.num_localities()


def test_exported_block_is_moved_as_it_was():
    x = hpx.full((700, 800), 2.0, distribution="block")
    hpx.eval(x)
    view = x.local_partition.to_numpy()
    y = hpx.redistribute(x, "block", axis=1)
    view[:] = -1
    assert float(y.min()) == float(y.max()) == 2.0


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: hpx.ndarray.item(5), TypeError),
        (lambda: hpx.asarray([300], dtype="int8"), OverflowError),
        (lambda: hpx.asarray([1, 2], copy=False), ValueError),
        (lambda: hpx.asarray(3, copy=False), ValueError),
        (lambda: hpx.asarray(np.arange(3, dtype=">i4"), copy=False), ValueError),
        (lambda: hpx.pow(hpx.arange(3), -1), ValueError),
        (lambda: hpx.arange(2**63, 2**63 + 3, dtype="int64"), OverflowError),
        (lambda: hpx.add(1.5, hpx.ones(2), out=hpx.zeros(2, dtype="int32")), TypeError),
    ],
)
def test_refused(call, error):
    with pytest.raises(error):
        call()


def test_keepdims_leaves_the_map_on_its_axis():
    x = hpx.ones((1, 5), distribution="block", axis=0).sum(axis=1, keepdims=True)
    assert x.shape == (1, 1)
    assert x.distributed_axis == 0


def test_numbers_as_numpy_has_them():
    assert int(hpx.sum(hpx.asarray([1, 2]), initial=2.5)) == 5
    assert hpx.round(hpx.asarray([15, 25]), -1).tolist() == [20, 20]
    assert hpx.mean(hpx.asarray([1, 2]), dtype="int64").tolist() == 1
    assert np.array_equal(hpx.arange(0.1, 10, 0.3).to_numpy(), np.arange(0.1, 10, 0.3))
    assert 5 in hpx.arange(6).reshape(2, 3)
    x = hpx.zeros(3)
    x[:] = np.ones((1, 1, 3))
    assert x.tolist() == [1.0, 1.0, 1.0]
