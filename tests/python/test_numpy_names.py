"""Functions beside the array API that NumPy programs expect, against NumPy on every kind of map."""

# SPDX-License-Identifier: BSL-1.0
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, assert_same, check, check_local, random_array
from scipy import special

MAPS = {"local": {}, **LAYOUTS}
GRIDS = {"local": {}, **PLANES}


def every_map(maps):
    return pytest.mark.parametrize("place", maps.values(), ids=maps)


def near(got, expected, tolerance=1e-12):
    check(got, np.asarray(expected), tolerance=tolerance)


@pytest.mark.parametrize(
    "key",
    [
        np.s_[0:5],
        np.s_[2:10:3],
        np.s_[-1:1:5j],
        np.s_[0.5:2:0.5],
        np.s_[0:5, 0:3],
        np.s_[-1:1:5j, 0:3],
        np.s_[1:4, 2:5, 0:1:3j],
        np.s_[5:0:-2, 0.0:1.0:0.25],
        np.s_[3:3, 0:2],
    ],
    ids=str,
)
def test_grids(key):
    assert_same(hpx.mgrid[key], np.mgrid[key], tolerance=1e-15)
    theirs, ours = np.ogrid[key], hpx.ogrid[key]
    assert isinstance(ours, tuple) == isinstance(theirs, tuple)
    pairs = zip(ours, theirs, strict=True) if isinstance(theirs, tuple) else [(ours, theirs)]
    for got, expected in pairs:
        assert_same(got, expected, tolerance=1e-15)


def test_grids_of_the_default_distribution():
    with hpx.set_default_distribution("block", axis=1):
        x = hpx.mgrid[0:5, 0:3]
    assert x.distributed_axis == 1
    check(x, np.mgrid[0:5, 0:3])


def test_grids_refuse_what_has_no_end():
    with pytest.raises(ValueError, match=r"mgrid: slice\(0, None, None\) has no end"):
        hpx.mgrid[0:]
    with pytest.raises(ValueError, match="has step 0"):
        hpx.ogrid[0:3:0, 0:2]
    with pytest.raises(TypeError, match="ogrid: 3 is no slice"):
        hpx.ogrid[3, 0:2]


@pytest.mark.parametrize(
    "make",
    [
        lambda m, x: m.r_[1:4, 0, x],
        lambda m, x: m.r_[x, [1.5], 2],
        lambda m, x: m.r_[-1:1:6j, x, 5],
        lambda m, x: m.r_["0,2", x, [4, 5, 6]],
        lambda m, x: m.r_["0,2,0", x, [[4], [5]]],
        lambda m, x: m.r_["1,2,0", x, [4, 5, 6]],
        lambda m, x: m.r_["-1", x, 1],
        lambda m, x: m.r_["0,3,1", x, [1, 2, 3]],
        lambda m, x: m.r_["0,2", 0:3, x],
        lambda m, x: m.c_[x, x],
        lambda m, x: m.c_[0:3, x, [7, 8, 9]],
        lambda m, x: m.c_[np.array([[1, 2, 3]]), 0, 0, [[4, 5, 6]]],
        lambda m, x: m.r_[np.float32(1), 2],
        lambda m, x: m.r_[True, 2.5],
    ],
)
def test_joined_rows(make):
    x = np.array([7, 8, 9])
    assert_same(make(hpx, hpx.asarray(x)), make(np, x), tolerance=1e-15)


@every_map(MAPS)
def test_joined_distributed_rows(place):
    x = random_array(7)
    y = hpx.asarray(x, **place)
    check(hpx.r_[y, 0, 1:3, y], np.r_[x, 0, 1:3, x])
    check(hpx.c_[y, y], np.c_[x, x])


def test_rows_refuse_other_words():
    with pytest.raises(ValueError, match="r_: 'r' is no directive"):
        hpx.r_["r", 1, 2]
    with pytest.raises(ValueError, match="r_: '0' must stand in front"):
        hpx.r_[1, "0"]
    with pytest.raises(ValueError, match="c_: there is nothing to join"):
        hpx.c_[()]


def test_keys():
    assert hpx.s_[1:, ::2] == np.s_[1:, ::2]
    assert hpx.index_exp[3] == (3,)
    x = random_array((4, 5))
    assert_same(hpx.asarray(x)[hpx.s_[..., 1:3]], x[..., 1:3])


def test_iterators():
    x = random_array((2, 3))
    y = hpx.asarray(x)
    assert list(hpx.ndindex(2, 3)) == list(np.ndindex(2, 3))
    assert list(hpx.ndindex(hpx.asarray(2))) == [(0,), (1,)]
    ours, theirs = list(hpx.ndenumerate(y)), list(np.ndenumerate(x))
    assert [(i, float(v)) for i, v in ours] == [(i, float(v)) for i, v in theirs]
    assert [float(v) for v in hpx.nditer(y)] == [float(v) for v in np.nditer(x)]
    assert [float(v) for v in hpx.nditer(y.T)] == [float(v) for v in np.nditer(x.T)]
    assert [float(v) for v in hpx.nditer(y, order="F")] == list(x.ravel("F"))
    sums = [float(a + b) for a, b in hpx.nditer([y, hpx.arange(3)])]
    assert sums == (x + np.arange(3)).ravel().tolist()
    with hpx.nditer(y, flags=["multi_index"]) as walk:
        places = []
        while not walk.finished:
            places.append((walk.multi_index, float(walk[0])))
            walk.iternext()
    assert places == [(i, float(v)) for i, v in np.ndenumerate(x)]
    rows = list(hpx.nditer(y, flags=["external_loop"]))
    assert all(isinstance(row, hpx.ndarray) for row in rows)
    assert_same(rows[0], x.ravel())
    with pytest.raises(ValueError, match="nditer: the flag 'readwrite' is for operands"):
        hpx.nditer(y, op_flags=["readwrite"])
    with pytest.raises(ValueError, match="nditer: an operand has no element"):
        hpx.nditer(hpx.zeros(0))
    assert list(hpx.nditer(hpx.zeros(0), flags=["zerosize_ok"])) == []
    with pytest.raises(TypeError, match=r"nditer: \['external_loop'\] of a distributed array; .*"):
        hpx.nditer(hpx.zeros(3, distribution="block"), flags=["external_loop"])


WINDOWS = ["bartlett", "blackman", "hamming", "hanning"]


@pytest.mark.parametrize("size", [-1, 0, 1, 2, 7, 12, 1000, 5.5])
def test_windows(size):
    for name in WINDOWS:
        # At the ends rounding is all that there is.
        expected = np.asarray(getattr(np, name)(size)) + 1.0
        for place in MAPS.values():
            near(getattr(hpx, name)(size, **place) + 1.0, expected, 1e-15)
    if isinstance(size, int):
        for beta in (0.0, 5, 14.0, 30.0):
            near(hpx.kaiser(size, beta), np.kaiser(size, beta), 1e-13)
            near(hpx.kaiser(size, beta, distribution="block"), np.kaiser(size, beta), 1e-13)


def test_i0():
    x = np.concatenate([[0.0, -0.0, 8, 8.0000001, -8], np.linspace(-50, 50, 1001), [700, np.nan]])
    near(hpx.i0(hpx.asarray(x)), special.i0(x), 1e-14)
    near(hpx.i0(hpx.asarray(x, distribution="cyclic")), special.i0(x), 1e-14)
    near(hpx.i0([1, 2]), np.i0([1, 2]), 1e-14)
    with pytest.raises(TypeError, match="i0: dtype complex128 is not supported"):
        hpx.i0(1j)


@pytest.mark.parametrize(
    ("window", "axis"),
    [(3, 0), (1, 1), (4, -1), ((2, 3), None), ((2, 2), (1, 0)), ((2, 2), (1, 1)), (7, 0), ((), ())],
)
@every_map(GRIDS)
def test_sliding_windows(place, window, axis):
    x = random_array((7, 5))
    expected = np.lib.stride_tricks.sliding_window_view(x, window, axis)
    got = hpx.sliding_window_view(hpx.asarray(x, **place), window, axis)
    check(got, expected)


def test_sliding_windows_are_views():
    x = hpx.arange(6)
    view = hpx.lib.stride_tricks.sliding_window_view(x, 3)
    assert not view.writeable
    x[2] = 50
    assert_same(view, np.lib.stride_tricks.sliding_window_view(np.array([0, 1, 50, 3, 4, 5]), 3))
    strided = hpx.lib.stride_tricks.as_strided(x, (3,), (16,))
    strided[1] = 70
    assert x.tolist() == [0, 1, 70, 3, 4, 5]
    with pytest.raises(ValueError, match="windows of 7 elements do not fit along axis 0"):
        hpx.sliding_window_view(x, 7)
    with pytest.raises(ValueError, match="window_shape has 2 lengths for 1 axes"):
        hpx.sliding_window_view(x, (2, 2))
    with pytest.raises(ValueError, match="has a negative length"):
        hpx.sliding_window_view(x, -1)
    y = hpx.zeros(6, distribution="block")
    with pytest.raises(TypeError, match="windows of a distributed array are a copy"):
        hpx.sliding_window_view(y, 2, writeable=True)
    with pytest.raises(TypeError, match=r"as_strided: .*redistribute\("):
        hpx.lib.stride_tricks.as_strided(y, (2,), (8,))


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint8", "uint32", "uint64"])
@every_map(MAPS)
def test_counts_of_bits(place, dtype):
    x = random_array(40, dtype)
    if dtype != "bool":
        x[:2] = np.iinfo(dtype).min, np.iinfo(dtype).max
    check(hpx.bitwise_count(hpx.asarray(x, **place)), np.bitwise_count(x))


def test_counts_of_bits_with_out_and_where():
    out = hpx.full(3, 9, dtype="uint8")
    assert hpx.bitwise_count([7, 1, 3], out=out, where=[True, False, True]) is out
    assert out.tolist() == [3, 9, 2]
    with pytest.raises(TypeError, match="bitwise_count: dtype float64 is not supported"):
        hpx.bitwise_count(1.5)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("bitorder", ["big", "little"])
@every_map(GRIDS)
def test_packed_bits(place, bitorder, axis):
    for shape in ((11, 9), (8, 16), (0, 3)):
        x = random_array(shape, "int32")
        check(hpx.packbits(hpx.asarray(x, **place), axis, bitorder), np.packbits(x, axis, bitorder))
        small = x.astype(np.uint8)
        for count in (None, 5, 20, -3) if shape[0] else (None,):
            expected = np.unpackbits(small, axis, count, bitorder)
            check(hpx.unpackbits(hpx.asarray(small, **place), axis, count, bitorder), expected)


def test_packed_bits_of_other_dtypes():
    with pytest.raises(TypeError, match="packbits: dtype float64 is not supported"):
        hpx.packbits([0.5])
    with pytest.raises(TypeError, match="unpackbits: dtype int64 is not supported"):
        hpx.unpackbits([1])
    with pytest.raises(ValueError, match="bitorder 'middle' does not exist"):
        hpx.packbits([1], bitorder="middle")
    with pytest.raises(ValueError, match="count=-9 leaves away more than the 8 bits"):
        hpx.unpackbits(hpx.zeros(1, dtype="uint8"), count=-9)


def test_indices_of_triangles():
    x = np.arange(12).reshape(3, 4)
    for name in ("tril_indices_from", "triu_indices_from"):
        for k in (-1, 0, 2):
            for got, expected in zip(
                getattr(hpx, name)(hpx.asarray(x), k), getattr(np, name)(x, k), strict=True
            ):
                assert_same(got, expected)
        with pytest.raises(ValueError, match=rf"{name}: shape \(3,\) has 1 dimensions"):
            getattr(hpx, name)(hpx.zeros(3))
    for got, expected in zip(
        hpx.diag_indices_from(hpx.zeros((3, 3))),
        np.diag_indices_from(np.zeros((3, 3))),
        strict=True,
    ):
        assert_same(got, expected)
    with pytest.raises(ValueError, match="is not that of two or more axes of one length"):
        hpx.diag_indices_from(hpx.zeros((3, 4)))
    for name in ("triu", "tril"):
        ours = hpx.mask_indices(4, getattr(hpx, name), 1)
        theirs = np.mask_indices(4, getattr(np, name), 1)
        for got, expected in zip(ours, theirs, strict=True):
            assert_same(got, expected)


@pytest.mark.parametrize("trim", ["fb", "f", "b", "B"])
@every_map(GRIDS)
def test_trimmed_zeros(place, trim):
    plane = np.zeros((7, 6))
    plane[2:5, 1:3] = random_array((3, 2))
    plane[3, 1] = 0
    for x in (plane, plane.T.copy(), np.zeros((4, 3)), plane[2:5, 1:3]):
        for axis in (None, 0, -1, (0, 1)):
            got = hpx.trim_zeros(hpx.asarray(x, **place), trim, axis)
            check(got, np.trim_zeros(x, trim, axis))


def test_trimmed_lists():
    assert hpx.trim_zeros([0, 1, 2, 0]) == [1, 2]
    assert_same(hpx.trim_zeros(hpx.asarray([0, 0, 3, 0, 4, 0])), np.array([3, 0, 4]))
    with pytest.raises(ValueError, match="trim='x' does not exist"):
        hpx.trim_zeros([1], "x")


@every_map(GRIDS)
def test_putmask(place):
    for values in ([1.5], [1, 2, 3], random_array((6, 5)), 7, np.arange(40.0)):
        x = random_array((6, 5))
        y = hpx.asarray(x, **place)
        mask = x > 0
        np.putmask(x, mask, values)
        hpx.putmask(y, y > 0, values)
        check(y, x)
    for dtype in ("uint8", "float32", "bool"):
        # Python numbers have no dtype of their own.
        x = random_array((6, 5), dtype)
        y = hpx.asarray(x, **place)
        for values in (1, [0, 1, 1]):
            np.putmask(x, x == 0, values)
            hpx.putmask(y, y == 0, values)
            check(y, x)
    z = hpx.zeros((2, 3), **place)
    hpx.putmask(z, z == 0, [])
    check(z, np.zeros((2, 3)))


def test_putmask_refuses():
    with pytest.raises(TypeError, match=r"putmask: .* is no hpxpy array"):
        hpx.putmask([1], [True], 2)
    with pytest.raises(ValueError, match=r"putmask: a mask of shape \(2,\) for shape \(3,\)"):
        hpx.putmask(hpx.zeros(3), [True, False], 2)
    with pytest.raises(TypeError, match="float64 is not cast to int64"):
        hpx.putmask(hpx.arange(3), [True] * 3, hpx.asarray([0.5]))


@pytest.mark.parametrize("dtype", ["int8", "int32", "float32", "float64", "complex64"])
@every_map(MAPS)
def test_sort_complex(place, dtype):
    x = random_array(20, dtype)
    check(hpx.sort_complex(hpx.asarray(x, **place)), np.sort_complex(x))


@every_map(MAPS)
def test_real_if_close(place):
    for tail in (0, 1e-15, 1e-10):
        x = random_array(5) + tail * 1j
        for tol in (100, 1e-12, 1e7):
            check(hpx.real_if_close(hpx.asarray(x, **place), tol), np.real_if_close(x, tol))
    check(hpx.real_if_close(hpx.ones(3, **place)), np.ones(3))


@every_map(GRIDS)
def test_apply_over_axes(place):
    x = random_array((4, 3))
    y = hpx.asarray(x, **place)
    for axes in (0, [0, 1], (-1,), np.array([1, 0])):
        near(hpx.apply_over_axes(hpx.sum, y, axes), np.apply_over_axes(np.sum, x, axes))
    near(
        hpx.apply_over_axes(hpx.cumsum, y, [0]),
        np.apply_over_axes(lambda v, a: v.cumsum(a), x, [0]),
    )
    with pytest.raises(ValueError, match="apply_over_axes: the function made shape"):
        hpx.apply_over_axes(lambda v, a: hpx.zeros((1, 1, 1, 1)), y, 0)


def test_shared_memory():
    x = hpx.zeros(8)
    assert hpx.shares_memory(x[:4], x[3:])
    assert not hpx.shares_memory(x[::2], x[1::2])
    assert hpx.may_share_memory(x[::2], x[1::2])
    assert not hpx.may_share_memory(x, x.copy())
    assert hpx.shares_memory(x.to_numpy(), x)
    y = hpx.zeros(8, distribution="block")
    assert hpx.shares_memory(y, y[2:])
    assert not hpx.shares_memory(y, hpx.zeros(8, distribution="block"))
    assert not hpx.may_share_memory(y, x)


@every_map(MAPS)
def test_values_of_polynomials(place):
    x = random_array(9)
    near(hpx.polyval([2, 0, -1], hpx.asarray(x, **place)), np.polyval([2, 0, -1], x))
    near(hpx.poly1d([2, 0, -1])(hpx.asarray(x, **place)), np.polyval([2, 0, -1], x))


PAIRS = [
    ([1, 2], [9, 5, 4]),
    ([3.0, 5.0, 2.0], [2.0, 1.0]),
    ([1, 2, 3], [9, 5, 1]),
    ([1j, 2], [1.0, 2.0]),
    ([4.0], [2.0]),
    ([0.0, 0.0], [1.0, 1.0]),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_arithmetic_of_polynomials(pair):
    for name in ("polyadd", "polysub", "polymul"):
        assert_same(
            getattr(hpx, name)(*pair), np.asarray(getattr(np, name)(*pair)), tolerance=1e-14
        )
    for got, expected in zip(hpx.polydiv(*pair), np.polydiv(*pair), strict=True):
        assert_same(got, expected, tolerance=1e-13)
    for p in pair:
        for m in (0, 1, 2, 5):
            assert_same(hpx.polyder(p, m), np.polyder(p, m))
            assert_same(hpx.polyint(p, m), np.polyint(np.array(p), m))
        assert_same(hpx.polyint(p, 2, [3, 4]), np.polyint(p, 2, [3, 4]))
        assert_same(hpx.polyint(p, 3, 2), np.polyint(p, 3, 2))


@pytest.mark.parametrize(
    "p",
    [[1, -3, 2], [1.0, 0, 1], [0, 0, 2, 4, 0, 0], [3.2, 2, 1], [5], [0, 0], [1, -6, 11, -6, 0]],
    ids=str,
)
def test_roots(p):
    got, expected = hpx.roots(p).to_numpy(), np.roots(p)
    assert got.dtype == expected.dtype
    assert np.allclose(np.sort_complex(got), np.sort_complex(expected), atol=1e-10)


def test_polynomials_of_roots():
    for zeros in (
        [1.0, 2.0],
        [-0.5, 0, 0.5],
        [1j, -1j],
        [1 + 1j, 2],
        [3],
        [[1.0, 2], [3, 4]],
        [2, 3],
    ):
        assert_same(hpx.poly(zeros), np.poly(zeros), tolerance=1e-12)
    assert float(hpx.poly([])) == 1.0
    with pytest.raises(ValueError, match=r"poly: shape \(2, 3\) is neither"):
        hpx.poly(np.ones((2, 3)))


@every_map(MAPS)
def test_polyfit(place):
    x = np.linspace(-1, 2, 30)
    y = np.stack([2 * x**2 - x + 0.3, np.sin(x)], axis=1) + 0.01 * random_array((30, 2))
    w = np.abs(random_array(30, seed=4)) + 0.1
    ours = [hpx.asarray(v, **place) for v in (x, y, w)]
    for deg in (0, 1, 4):
        check_local(hpx.polyfit(ours[0], ours[1], deg), np.polyfit(x, y, deg), tolerance=1e-9)
        got = hpx.polyfit(ours[0], ours[1][:, 1], deg, w=ours[2])
        check_local(got, np.polyfit(x, y[:, 1], deg, w=w), tolerance=1e-9)
    got = hpx.polyfit(ours[0], ours[1][:, 0], 2, full=True)
    expected = np.polyfit(x, y[:, 0], 2, full=True)
    assert got[2] == expected[2]
    assert np.isclose(got[4], expected[4])
    for a, b in zip(got[:2], expected[:2], strict=True):
        check_local(a, b, tolerance=1e-8)
    for cov in (True, "unscaled"):
        a, b = hpx.polyfit(*ours[:2], 2, cov=cov), np.polyfit(x, y, 2, cov=cov)
        check_local(a[1], b[1], tolerance=1e-8)
        a, b = hpx.polyfit(ours[0], ours[1][:, 0], 2, cov=cov), np.polyfit(x, y[:, 0], 2, cov=cov)
        check_local(a[1], b[1], tolerance=1e-8)


def test_polyfit_warns_and_refuses():
    with pytest.warns(np.exceptions.RankWarning, match="do not determine a polynomial of degree 3"):
        hpx.polyfit([1.0, 1.0, 2.0], [1.0, 1.0, 2.0], 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hpx.polyfit([1.0, 1.0, 2.0], [1.0, 1.0, 2.0], 3, full=True)
    with pytest.raises(ValueError, match="deg=-1 is negative"):
        hpx.polyfit([1.0], [1.0], -1)
    with pytest.raises(TypeError, match=r"x has shape \(0,\)"):
        hpx.polyfit([], [], 1)
    with pytest.raises(TypeError, match=r"y has shape \(2,\) for x of shape \(3,\)"):
        hpx.polyfit([1.0, 2, 3], [1.0, 2], 1)
    with pytest.raises(TypeError, match=r"w has shape \(2,\)"):
        hpx.polyfit([1.0, 2, 3], [1.0, 2, 3], 1, w=[1, 1])
    with pytest.raises(ValueError, match="2 points for 2 coefficients have no covariances"):
        hpx.polyfit([1.0, 2], [1.0, 2], 1, cov=True)


def test_poly1d():
    p, q = np.poly1d([1, 2, 3]), hpx.poly1d([1, 2, 3])
    assert_same(q.coeffs, p.coeffs)
    assert (q.order, q.o, len(q), q.variable) == (2, 2, 2, "x")
    assert str(q) == str(p)
    assert repr(q) == repr(p)
    for f in (
        lambda v, m: v + v,
        lambda v, m: v * v - 1,
        lambda v, m: 3 - v,
        lambda v, m: -v * 2.5,
        lambda v, m: v**3,
        lambda v, m: v / 2,
        lambda v, m: (v**2 / v)[0],
        lambda v, m: v.deriv(),
        lambda v, m: v.integ(2, 5),
        lambda v, m: m.polyadd(v, [1]),
        lambda v, m: v(v),
        lambda v, m: m.poly1d([0, 0, 1, 2]),
        lambda v, m: m.poly1d([1, 2], True),
        lambda v, m: m.poly1d([0]),
    ):
        got, expected = f(q, hpx), f(p, np)
        assert isinstance(got, hpx.poly1d)
        assert_same(got.c, expected.c, tolerance=1e-14)
    assert np.allclose(np.sort_complex(q.roots.to_numpy()), np.sort_complex(p.roots))
    assert [int(q[k]) for k in (-1, 0, 1, 2, 3)] == [0, 3, 2, 1, 0]
    q[4] = 7
    assert q.coeffs.tolist() == [7, 0, 1, 2, 3]
    assert q == hpx.poly1d([7, 0, 1, 2, 3])
    assert q != hpx.poly1d([7, 0, 1, 2])
    assert np.asarray(q).tolist() == [7, 0, 1, 2, 3]
    assert q(2).tolist() == 7 * 16 + 4 + 4 + 3
    with pytest.raises(ValueError, match=r"poly1d: coefficients of shape \(2, 2\)"):
        hpx.poly1d(np.ones((2, 2)))
    with pytest.raises(ValueError, match="power -1 is negative"):
        q[-1] = 1
    with pytest.raises(ValueError, match="power -1 is negative"):
        q**-1


@every_map(GRIDS)
def test_cross(place):
    a, b = random_array((5, 3)), random_array((5, 3), seed=1)
    x, y = hpx.asarray(a, **place), hpx.asarray(b, **place)
    near(hpx.cross(x, y), np.cross(a, b), 1e-15)
    near(hpx.cross(x.T, y.T, axis=0), np.cross(a.T, b.T, axis=0), 1e-15)
    near(hpx.cross(x, y, axisc=0), np.cross(a, b, axisc=0), 1e-15)
    near(hpx.cross(x, [1, 2, 3]), np.cross(a, [1, 2, 3]), 1e-15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        near(hpx.cross(x[:, :2], y), np.cross(a[:, :2], b), 1e-15)
        near(hpx.cross(x, y[:, :2]), np.cross(a, b[:, :2]), 1e-15)
        near(hpx.cross(x[:, :2], y[:, :2]), np.cross(a[:, :2], b[:, :2]), 1e-15)
    with pytest.raises(
        ValueError, match=r"cross: axis 0 of shape \(5, 3\) must have length 2 or 3"
    ):
        hpx.cross(x, y, axisa=0)


@every_map(GRIDS)
def test_products_with_vectors(place):
    a, v, w = random_array((6, 4)), random_array(4), random_array(6)
    x = hpx.asarray(a, **place)
    near(hpx.matvec(x, v), np.matvec(a, v))
    near(hpx.vecmat(w, x), np.vecmat(w, a))
    near(hpx.vecmat(w + 1j, x), np.vecmat(w + 1j, a))


def test_products_with_batches_of_vectors():
    a, v, w = random_array((3, 6, 4)), random_array((2, 1, 4)), random_array((3, 6))
    near(hpx.matvec(a, v), np.matvec(a, v))
    near(hpx.vecmat(w, a), np.vecmat(w, a))
    out = hpx.zeros((3, 4))
    assert hpx.vecmat(w, a, out=out) is out
    for name in ("matvec", "vecmat"):
        with pytest.raises(ValueError, match=rf"{name}: shapes \(4,\) and \(4,\) given"):
            getattr(hpx, name)(v[0, 0], v[0, 0])


@every_map(GRIDS)
def test_multi_dot(place):
    chain = [random_array(s, seed=i) for i, s in enumerate([(7, 3), (3, 9), (9, 2), (2, 5)])]
    ours = [hpx.asarray(x, **place) for x in chain]
    near(hpx.linalg.multi_dot(ours), np.linalg.multi_dot(chain))
    near(hpx.linalg.multi_dot(ours[:2]), np.linalg.multi_dot(chain[:2]))
    near(hpx.linalg.multi_dot(ours[:3]), np.linalg.multi_dot(chain[:3]))


def test_multi_dot_of_vectors():
    chain = [random_array(s, seed=i) for i, s in enumerate([4, (4, 6), (6, 3), 3])]
    near(hpx.linalg.multi_dot(chain), np.linalg.multi_dot(chain))
    near(hpx.linalg.multi_dot(chain[:3]), np.linalg.multi_dot(chain[:3]))
    out = hpx.zeros(3)
    assert hpx.linalg.multi_dot(chain[:3], out=out) is out
    with pytest.raises(ValueError, match="multi_dot: 1 arrays given"):
        hpx.linalg.multi_dot(chain[:1])
    with pytest.raises(np.linalg.LinAlgError, match=r"array 1 of shape \(4,\) is no matrix"):
        hpx.linalg.multi_dot([chain[1].T, chain[0], chain[0]])


def test_equations_between_tensors():
    a, b = random_array((2, 3, 6)), random_array((2, 3))
    near(hpx.linalg.tensorsolve(a, b), np.linalg.tensorsolve(a, b), 1e-10)
    moved = np.moveaxis(a, -1, 0)
    near(hpx.linalg.tensorsolve(moved, b, (0,)), np.linalg.tensorsolve(moved, b, (0,)), 1e-10)
    near(hpx.linalg.tensorinv(a), np.linalg.tensorinv(a), 1e-10)
    near(hpx.linalg.tensorinv(moved, 1), np.linalg.tensorinv(moved, 1), 1e-10)
    with pytest.raises(np.linalg.LinAlgError, match="tensorsolve: shape"):
        hpx.linalg.tensorsolve(a[..., :5], b)
    with pytest.raises(np.linalg.LinAlgError):
        hpx.linalg.tensorinv(a[..., :5])
    with pytest.raises(ValueError, match="ind=0 given"):
        hpx.linalg.tensorinv(a, 0)


@every_map(MAPS)
def test_histograms_of_points(place):
    points = random_array((200, 3))
    columns = [hpx.asarray(points[:, i].copy(), **place) for i in range(3)]
    weights = np.arange(200.0)
    for case in (
        {},
        {"bins": 4},
        {"bins": (3, 4, 5), "density": True},
        {"bins": [np.linspace(-2, 2, 4), 3, np.array([-1.0, 0, 0.5, 3])]},
        {"bins": 3, "range": [(-1, 1), None, (0, 2)]},
        {"bins": 5, "weights": weights},
    ):
        expected, edges = np.histogramdd(points, **case)
        given = dict(case)
        if "weights" in given:
            given["weights"] = hpx.asarray(weights, **place)
        got, found = hpx.histogramdd(columns, **given)
        check_local(got, expected, tolerance=1e-13)
        for a, b in zip(found, edges, strict=True):
            check_local(a, b, tolerance=1e-15)


def test_histograms_of_rows():
    points = random_array((50, 2))
    assert_same(hpx.histogramdd(hpx.asarray(points))[0], np.histogramdd(points)[0])
    x = hpx.asarray(points, distribution="block")
    check_local(hpx.histogramdd(x, 3)[0], np.histogramdd(points, 3)[0])
    with pytest.raises(ValueError, match="bins has 3 entries for 2 dimensions"):
        hpx.histogramdd(points, [1, 2, 3])
    with pytest.raises(ValueError, match="range has 1 entries for 2 dimensions"):
        hpx.histogramdd(points, 2, [None])
    with pytest.raises(ValueError, match=r"coordinates of shapes \[\(2,\), \(3,\)\]"):
        hpx.histogramdd([[1, 2], [1, 2, 3]])


@pytest.mark.parametrize("dtype", ["float32", "complex64", "complex128"])
@every_map(GRIDS)
def test_complex_numbers_without_nan(place, dtype):
    x = random_array((6, 5), dtype)
    x[0, 1] = np.nan
    x[2, :4] = complex(0, np.nan) if dtype[0] == "c" else np.nan
    y = hpx.asarray(x, **place)
    for name in ("nanmin", "nanmax", "nanargmin", "nanargmax"):
        for axis in (None, 0, 1):
            check(getattr(hpx, name)(y, axis=axis), np.asarray(getattr(np, name)(x, axis=axis)))
    for name in ("nansum", "nanmean", "nanstd", "nanvar"):
        for axis in (None, 0, 1):
            expected = np.asarray(getattr(np, name)(x, axis=axis))
            check(getattr(hpx, name)(y, axis=axis), expected, tolerance=1e-5)


def test_medians_of_complex_numbers():
    x = random_array((6, 5), "complex128")
    for axis in (None, 0, 1):
        for keepdims in (False, True):
            expected = np.asarray(np.median(x, axis=axis, keepdims=keepdims))
            assert_same(hpx.median(hpx.asarray(x), axis=axis, keepdims=keepdims), expected)
    x[1, 2] = complex(np.nan, 1)
    for axis in (None, 0, 1):
        expected = np.asarray(np.nanmedian(x, axis=axis))
        assert_same(hpx.nanmedian(hpx.asarray(x), axis=axis), expected, tolerance=1e-15)
        assert np.isnan(hpx.median(hpx.asarray(x)).item())
