"""Names and habits of HPXPy's earlier phases, which programs still use."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check, random_array

N = hpx.num_localities()
Policy = hpx.DistributionPolicy


def test_attributes_of_arrays():
    x = hpx.asarray(random_array((3, 4)))
    assert x.strides == (32, 8)
    assert x.nbytes == 96
    for view in (
        x[1:],
        x[:],
        x.T,
        x.reshape(4, 3),
        x[0],
        x[..., None],
        hpx.broadcast_to(x, (2, 3, 4)),
    ):
        assert view.is_view is True
    for own in (x, x + 1, x.copy(), x.flatten(), x[1:] * 2, x[[0, 1]], x.T.reshape(12), x.sum()):
        assert own.is_view is False
    given = np.ones(3)
    assert hpx.from_numpy(given, copy=False).is_view
    assert not hpx.from_numpy(given).is_view
    assert hpx.zeros(4, distribution="block").local_partition.is_view


def test_flatten_copies_and_ravel_does_not():
    x = hpx.asarray(random_array((3, 4)))
    flat, seen = x.flatten(), x.ravel()
    x[0, 0] = 7.0
    assert float(seen[0]) == 7.0
    assert float(flat[0]) != 7.0
    assert_same(hpx.ravel(x), x.to_numpy().ravel())


def test_policies_of_distribution():
    d = hpx.distribution
    assert d.DistributionPolicy is Policy
    assert d.none is Policy.none
    assert d.block is Policy.block
    assert d.cyclic is Policy.cyclic
    assert d.local == d.none
    assert d.block == "block" != d.none
    assert (d.get_locality_id(), d.get_num_localities()) == (hpx.locality_id(), N)
    x = random_array(7)
    check(hpx.from_numpy(x, distribution=d.block), x)
    check(hpx.asarray(x, distribution=d.none), x)
    check(hpx.zeros(5, distribution="local"), np.zeros(5))
    assert hpx.ones(3, distribution=d.local).distribution is None
    assert hpx.redistribute(hpx.asarray(x), d.block).distribution == d.block


def test_collectives_have_a_module():
    c = hpx.collectives
    assert (c.get_locality_id(), c.get_num_localities()) == (hpx.locality_id(), N)
    for name in ("all_reduce", "broadcast", "gather", "scatter", "barrier", "all_gather"):
        assert getattr(c, name) is getattr(hpx, name)
    assert hpx.ReduceOp is c.ReduceOp
    x = hpx.asarray([1.0, 2.0])
    assert_same(hpx.all_reduce(x, op=hpx.ReduceOp.sum), np.array([1.0, 2.0]) * N)
    assert_same(hpx.all_reduce(x, hpx.ReduceOp.prod), np.array([1.0, 2.0]) ** N)
    assert_same(hpx.all_reduce(x, hpx.ReduceOp.max), np.array([1.0, 2.0]))
    assert [str(op) for op in hpx.ReduceOp][:4] == ["sum", "prod", "min", "max"]


def test_the_calls_of_phase_four():
    arr = hpx.from_numpy(np.array([1.0, 2.0, 3.0]))
    assert_same(hpx.all_reduce(arr, op="sum"), np.array([1.0, 2.0, 3.0]) * N)
    assert_same(hpx.broadcast(arr, root=0), np.array([1.0, 2.0, 3.0]))
    parts = hpx.gather(arr, root=0)
    assert (parts is None) == (hpx.locality_id() != 0)
    assert parts is None or len(parts) == N
    rows = hpx.scatter(hpx.arange(2 * N), root=0)
    assert rows.tolist() == [2 * hpx.locality_id(), 2 * hpx.locality_id() + 1]
    hpx.barrier()
    size, data = 10, random_array(10)
    for x, expected in (
        (hpx.zeros((size,), distribution="block"), np.zeros(size)),
        (hpx.from_numpy(data, distribution="block"), data),
    ):
        assert x.is_distributed is (N > 1)
        assert x.num_partitions == N
        first = sum(x.partition_sizes[: hpx.locality_id()])
        mine = expected[first : first + x.partition_sizes[hpx.locality_id()]]
        assert x.local_partition.tolist() == mine.tolist()


MAKERS = {
    "distributed_zeros": (lambda **k: hpx.distributed_zeros([4, 3], **k), np.zeros((4, 3))),
    "distributed_ones": (lambda **k: hpx.distributed_ones((4, 3), **k), np.ones((4, 3))),
    "distributed_full": (lambda **k: hpx.distributed_full([4, 3], 2.5, **k), np.full((4, 3), 2.5)),
    "distributed_from_numpy": (
        lambda **k: hpx.distributed_from_numpy(random_array((4, 3)), **k),
        random_array((4, 3)),
    ),
}


@pytest.mark.parametrize("distribution", [None, "none", "local", "block", Policy.block])
@pytest.mark.parametrize("name", MAKERS)
def test_distributed_arrays(name, distribution):
    make, expected = MAKERS[name]
    x = make(distribution=distribution)
    assert isinstance(x, hpx.DistributedArray)
    assert isinstance(x, hpx.ndarray)
    wanted = Policy.block if distribution == "block" else Policy.none
    parts = N if wanted is Policy.block else 1
    assert x.policy is wanted
    assert x.shape == [4, 3]
    assert x.shape == (4, 3)
    assert x.shape != [3, 4]
    assert (x.shape != [4, 3]) is False
    assert hash(x.shape) == hash((4, 3))
    assert (x.size, x.ndim, x.locality_id) == (12, 2, hpx.locality_id())
    assert x.is_distributed() is (parts > 1)
    assert bool(x.is_distributed) is (parts > 1)
    assert repr(x.is_distributed) == str(parts > 1)
    info = x.get_distribution_info()
    assert (info.policy, info.num_partitions, x.num_partitions) == (wanted, parts, parts)
    for piece in ("size=12", f"policy={wanted}", f"partitions={parts}"):
        assert piece in repr(x)
    check(x, expected)
    check(x * 2 + x, expected * 3)
    assert np.isclose(float(x.sum()), expected.sum())
    assert type(x + 1) is hpx.ndarray
    x += 1
    assert isinstance(x, hpx.DistributedArray)
    x.fill(42.0)
    check(x, np.full((4, 3), 42.0))
    assert type(np.sin(x)) is hpx.ndarray


def test_distributed_arrays_take_dtypes_and_axes():
    x = hpx.distributed_ones([4, 3], "block", "int32", axis=1)
    assert x.dtype == "int32"
    assert x.distributed_axis == 1
    assert hpx.distributed_from_numpy(np.arange(3), dtype="float32").dtype == "float32"
    assert hpx.distributed_full(3, 1).dtype == "int64"


@pytest.mark.parametrize("given", ["cyclic", Policy.cyclic])
def test_cyclic_arrays(given):
    x = hpx.distributed_zeros([100], distribution=given)
    assert x.policy == Policy.cyclic
    assert "cyclic" in repr(x)
    assert x.distribution == "cyclic"
    check(x, np.zeros(100))


def test_unknown_policies():
    with pytest.raises(ValueError, match="distributed_ones: distribution 'rows' does not exist"):
        hpx.distributed_ones(3, distribution="rows")


@pytest.mark.parametrize("module", [hpx.gpu, hpx.sycl])
def test_there_are_no_other_devices(module):
    assert module.is_available() is False
    assert module.device_count() == 0
    assert module.get_devices() == []


@pytest.mark.parametrize("module", [hpx.gpu, hpx.sycl])
def test_nothing_runs_beside_the_program_without_a_device(module):
    module.enable_async()
    assert module.is_async_enabled() is False
    module.enable_async(pool_name="default")
    module.disable_async()
    with module.AsyncContext() as context:
        assert module.is_async_enabled() is False
        assert context.pool_name == ""


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: hpx.zeros(3, **k),
        lambda **k: hpx.ones(3, **k),
        lambda **k: hpx.empty(3, **k),
        lambda **k: hpx.full(3, 1, **k),
        lambda **k: hpx.arange(3, **k),
        lambda **k: hpx.linspace(0, 1, 3, **k),
        lambda **k: hpx.eye(3, **k),
        lambda **k: hpx.array([1, 2, 3], **k),
        lambda **k: hpx.asarray([1, 2, 3], **k),
        lambda **k: hpx.from_numpy(np.ones(3), **k),
        lambda **k: hpx.zeros_like(hpx.ones(3), **k),
        lambda **k: hpx.full_like(hpx.ones(3), 2, **k),
    ],
)
def test_devices(make):
    for device in (None, "cpu", "auto"):
        assert len(make(device=device)) == 3
    with pytest.raises(RuntimeError, match="CUDA GPU requested but CUDA is not available"):
        make(device="gpu")
    with pytest.raises(RuntimeError, match="SYCL requested but not available"):
        make(device="sycl")
    with pytest.raises(RuntimeError, match="no GPU backend is available"):
        make(device=0)
    with pytest.raises(ValueError, match="Invalid device specification"):
        make(device="tpu")


@pytest.mark.parametrize("error", [ValueError, RuntimeError, hpx.ShapeError])
def test_errors_that_programs_catch_under_either_name(error):
    x = hpx.arange(6)
    with pytest.raises(error, match="Cannot reshape"):
        x.reshape(4, 2)
    with pytest.raises(error, match="Cannot reshape"):
        hpx.reshape(x, (-1, 4))
    with pytest.raises(error, match="one unknown dimension"):
        x.reshape(-1, -1)
    for name in ("min", "max"):
        with pytest.raises(error, match="empty"):
            getattr(hpx, name)(hpx.zeros(0))
        with pytest.raises(error, match="empty"):
            getattr(hpx.zeros(0), name)()
