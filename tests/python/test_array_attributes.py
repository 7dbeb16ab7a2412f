"""Attributes and methods of NumPy's arrays that programs assign and ask for."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, PLANES, assert_same, check, random_array

GRIDS = {"local": {}, **PLANES}


def test_arrays_of_a_shape():
    x = hpx.ndarray((2, 3), dtype="int32")
    assert (x.shape, x.dtype, x.is_view) == ((2, 3), "int32", False)
    x[...] = 7
    assert_same(x, np.full((2, 3), 7, "int32"))
    assert hpx.ndarray(4).shape == (4,)
    assert hpx.ndarray((), float).shape == ()
    assert hpx.ndarray(shape=(2, 3), order="F").strides == (8, 16)
    memory = np.arange(6.0)
    y = hpx.ndarray((2, 2), float, memory, 8, (16, 8))
    assert_same(y, np.ndarray((2, 2), float, memory, 8, (16, 8)))
    y[0, 0] = 50
    assert memory[1] == 50
    assert isinstance(x, hpx.ndarray)
    with pytest.raises(ValueError, match="ndarray: strides are for a buffer"):
        hpx.ndarray((2,), strides=(8,))
    with pytest.raises(TypeError, match="float16"):
        hpx.ndarray((2,), "float16")
    with pytest.raises(ValueError, match="negative"):
        hpx.ndarray(-1)


def test_assigned_shapes():
    x = hpx.arange(6)
    y = x[:]
    x.shape = 2, 3
    assert_same(x, np.arange(6).reshape(2, 3))
    assert y.shape == (6,)
    x[0, 0] = 9
    assert int(y[0]) == 9
    x.shape = (-1,)
    assert x.shape == (6,)
    pending = hpx.arange(6.0) + 1
    pending.shape = (3, 2)
    assert_same(pending, (np.arange(6.0) + 1).reshape(3, 2))
    with pytest.raises(ValueError, match=r"shape: .*Cannot reshape 6 elements"):
        x.shape = (4, 2)
    z = hpx.ones((2, 3)).T
    with pytest.raises(AttributeError, match="shape: "):
        z.shape = (6,)
    assert z.shape == (3, 2)


def test_assigned_shapes_of_distributed_arrays():
    x = hpx.asarray(random_array((6, 4)), distribution="block")
    x.shape = (6, 2, 2)
    check(x, random_array((6, 4)).reshape(6, 2, 2))


def test_resized():
    for shape in ((2, 2), (4,), (0,), (3, 5)):
        x, y = hpx.arange(6), np.arange(6)
        x.resize(shape)
        y.resize(shape, refcheck=False)
        assert_same(x, y)
    x = hpx.arange(6)
    before = x[:3]
    x.resize(2, 1)
    assert x.shape == (2, 1)
    assert before.tolist() == [0, 1, 2]
    x.resize()
    assert x.shape == (2, 1)
    with pytest.raises(ValueError, match="resize: this array is a view"):
        before.resize(2)
    with pytest.raises(TypeError, match=r"resize: .*redistribute\("):
        hpx.zeros(3, distribution="block").resize(2)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "complex64", "int16", "float64"])
def test_views_of_another_dtype(dtype):
    x = random_array((3, 4))
    y = hpx.asarray(x)
    view = y.view(dtype)
    assert_same(view, x.view(dtype))
    view[0, 0] = 0
    x.view(dtype)[0, 0] = 0
    assert_same(y, x)
    assert view.is_view
    assert_same(y.view(), x)
    assert_same(y.view(hpx.ndarray), x)
    with pytest.raises(ValueError, match=r"axis|size|contiguous"):
        hpx.asarray(random_array((3, 3)).T[:, :1]).T.view("complex128")
    with pytest.raises(TypeError, match="is not a type of hpxpy's"):
        y.view(type=np.matrix)


@pytest.mark.parametrize("place", PLANES.values(), ids=PLANES)
def test_distributed_views_of_another_dtype(place):
    x = random_array((6, 4))
    y = hpx.asarray(x, **place)
    check(y.view("int64"), x.view("int64"))
    with pytest.raises(TypeError, match="int8 has another size than float64"):
        y.view("int8")


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: x.T,
        lambda x: x[:, 1:],
        lambda x: x[1:],
        lambda x: x[0],
        lambda x: x[:, :1],
        lambda x: x[:0],
        lambda x: x[0, 0, ...],
        lambda x: x.copy(order="F"),
    ],
)
def test_flags(make):
    theirs = make(random_array((3, 4)))
    ours = make(hpx.asarray(random_array((3, 4))))
    for name in ("c_contiguous", "f_contiguous", "owndata", "writeable", "aligned", "fnc", "forc"):
        assert getattr(ours.flags, name) == getattr(theirs.flags, name), name
    for key in ("C_CONTIGUOUS", "F", "W", "OWNDATA"):
        assert ours.flags[key] == theirs.flags[key]
    assert str(ours.flags).splitlines() == str(theirs.flags).splitlines()[:6]
    assert hpx.isfortran(ours) == np.isfortran(theirs)


def test_flags_are_assigned():
    x = hpx.zeros(3)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1
    x.flags["WRITEABLE"] = True
    x[0] = 1
    view = hpx.broadcast_to(x, (2, 3))
    with pytest.raises(ValueError, match="flags: this array shows memory that may not be written"):
        view.flags.writeable = True
    with pytest.raises(KeyError, match="flags: 'Q' does not exist"):
        x.flags["Q"]
    assert hpx.zeros((4, 2), distribution="block").flags.c_contiguous


def test_bytes_and_memory():
    x = random_array((2, 3), "int16")
    y = hpx.asarray(x)
    assert y.tobytes() == x.tobytes()
    assert y.tobytes("F") == x.tobytes("F")
    assert y.T.tobytes() == x.T.tobytes()
    assert y.data.tolist() == x.data.tolist()
    y.data[0, 0] = 5
    assert int(y[0, 0]) == 5
    interface = y.__array_interface__
    assert (interface["shape"], interface["typestr"]) == ((2, 3), "<i2")
    assert interface["data"][0] == y.to_numpy().ctypes.data
    z = hpx.zeros(4, distribution="block")
    with pytest.raises(TypeError, match="tobytes: this array is distributed"):
        z.tobytes()
    with pytest.raises(TypeError, match=r"data: .*redistribute\("):
        z.data  # noqa: B018
    assert not hasattr(z, "__array_interface__")
    with pytest.raises(TypeError, match="__array__: this array is distributed"):
        np.asarray(z)


def test_bases():
    x = hpx.arange(6)
    assert x.base is None
    assert (x + 1).base is None
    assert_same(x[2:4].base, np.arange(6))
    x[2:4].base[0] = 7
    assert int(x[0]) == 7
    assert_same(x.reshape(2, 3)[1].base, np.array([7, 1, 2, 3, 4, 5]))


def test_choosing_methods():
    x = hpx.asarray([0, 1, 0])
    assert_same(x.choose([[1, 2, 3], [10, 20, 30]]), np.array([1, 20, 3]))
    assert_same(hpx.asarray([5]).choose([[1], [2]], mode="clip"), np.array([2]))


@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
@pytest.mark.parametrize("to", DTYPES, ids=str)
def test_casting_of_astype(to, casting):
    for dtype in DTYPES:
        x = hpx.zeros(2, dtype=dtype)
        if np.can_cast(dtype, to, casting):
            assert x.astype(to, casting=casting).dtype == to
        else:
            text = f"astype: {dtype} is not cast to {to} by casting='{casting}'"
            with pytest.raises(TypeError, match=text):
                x.astype(to, "K", casting)


def test_orders_of_copies():
    x = hpx.asarray(random_array((3, 4)))
    assert x.astype("float32", "F").strides == (4, 12)
    assert x.astype("float64", "K", "safe", True, False) is x
    assert x.T.copy("C").strides == (24, 8)
    assert x.T.copy("K").strides == (8, 32)


def test_values_are_hashable():
    x = hpx.asarray([3, 1, 3])
    assert {int(v) for v in set(x)} == {1, 3}
    assert len(set(x)) == 2
    assert hash(x.sum()) == hash(7)
    assert {7: "seven"}[x.sum()] == "seven"
    assert hash(hpx.asarray([2.5])[0]) == hash(2.5)
    for unhashable in (x, hpx.asarray(3), x[0, ...]):
        with pytest.raises(TypeError, match="unhashable type: 'ndarray'"):
            hash(unhashable)


def test_arrays_as_shapes_and_axes():
    x = hpx.asarray([2, 3])
    n = x.sum()
    for shape in (n, x, np.array([2, 3]), (n, 2), np.int64(3), hpx.asarray(4)):
        wanted = tuple(int(i) for i in np.ravel(np.asarray(shape)))
        for make in (hpx.zeros, hpx.ones, hpx.empty, lambda s: hpx.full(s, 1.0), hpx.ndarray):
            assert make(shape).shape == wanted
        assert hpx.broadcast_to(1.0, shape).shape == wanted
        assert hpx.random.default_rng(1).random(shape).shape == wanted
    y = hpx.ones(6)
    assert y.reshape(x).shape == (2, 3)
    assert hpx.reshape(y, np.array([3, 2])).shape == (3, 2)
    z = hpx.ones((2, 3))
    for axis in (hpx.asarray(0), x[0] - 2, np.array(0)):
        assert z.sum(axis=axis).shape == (3,)
        assert hpx.concat([z, z], axis=axis).shape == (4, 3)
        assert hpx.sort(z, axis=axis).shape == (2, 3)
    assert z.sum(axis=x - 2).shape == ()
    assert z.transpose(hpx.asarray([1, 0])).shape == (3, 2)


@pytest.mark.parametrize(
    "name",
    [
        *("sum", "prod", "min", "max", "any", "all", "argmin", "argmax", "cumsum", "cumprod"),
        *("count_nonzero", "ptp", "nansum", "nanmin"),
    ],
)
def test_the_only_axis_of_0d_arrays(name):
    for axis in (0, -1):
        expected = np.asarray(getattr(np, name)(np.array(3.5), axis=axis))
        assert_same(getattr(hpx, name)(hpx.asarray(3.5), axis=axis), expected)
    with pytest.raises(np.exceptions.AxisError, match="axis 1 is out of range"):
        getattr(hpx, name)(hpx.asarray(3.5), axis=1)


def test_names_of_dtypes():
    for name in (
        *("bool_", "byte", "ubyte", "short", "ushort", "intc", "uintc", "int_", "uint", "intp"),
        *("uintp", "long", "ulong", "longlong", "ulonglong", "single", "double", "csingle"),
        *("cdouble", "generic", "number", "integer", "signedinteger", "unsignedinteger"),
        *("inexact", "floating", "complexfloating", "dtype", "errstate", "ScalarType"),
    ):
        assert getattr(hpx, name) is getattr(np, name)
    assert hpx.issubdtype(hpx.int8, hpx.integer)
    assert not hpx.issubdtype("float32", hpx.complexfloating)
    for number in (300, -5, 0.5, True, 1j):
        expected = np.min_scalar_type(number)
        wanted = "float32" if expected == "float16" else expected
        assert hpx.min_scalar_type(number) == wanted
    assert hpx.min_scalar_type(hpx.arange(3)) == "int64"
    for dtypes in (["float32"], ["int8"], ["float32", "int8"], ["complex64", "float64"]):
        arrays = [np.ones(1, d) for d in dtypes]
        assert hpx.common_type(*map(hpx.asarray, arrays)) is np.common_type(*arrays)
    with pytest.raises(TypeError, match="common_type: booleans"):
        hpx.common_type(hpx.asarray([True]))
    assert hpx.iterable(hpx.ones(2))
    assert not hpx.iterable(hpx.asarray(2))
    with hpx.errstate(all="raise"):
        hpx.asarray([1.0]) / 0
    assert hpx.geterr() == np.geterr()
    old = hpx.seterr(divide="raise")
    assert hpx.seterr(**old)["divide"] == "raise"


def test_printing():
    x = np.array([3.14159, 1e-9])
    y = hpx.asarray(x)
    with hpx.printoptions(precision=2, suppress=True):
        assert repr(y) == repr(x)
        assert hpx.get_printoptions()["precision"] == 2
        hpx.set_printoptions(precision=4, threshold=5, sign="+")
        assert str(y) == str(x)
    assert hpx.array2string(y, precision=2) == np.array2string(x, precision=2)
    assert hpx.array_repr(y, precision=2) == np.array_repr(x, precision=2)
    assert hpx.array_str(y, suppress_small=True) == np.array_str(x, suppress_small=True)
    z = hpx.zeros(4, distribution="block")
    assert hpx.array_repr(z) == repr(z)
    assert hpx.array2string(z) == np.array2string(z.local_partition.to_numpy())
    with pytest.raises(ValueError, match="asarray_chkfinite: an element is nan or infinite"):
        hpx.asarray_chkfinite([1.0, np.nan])
    assert_same(hpx.asarray_chkfinite([1, 2], "float32"), np.array([1, 2], "float32"))


@pytest.mark.parametrize("place", GRIDS.values(), ids=GRIDS)
def test_copies_of_another_order(place):
    x = random_array((6, 4))
    check(hpx.asarray(x, **place).astype("float32", "K"), x.astype("float32"))
