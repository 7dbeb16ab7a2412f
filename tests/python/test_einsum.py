"""Einstein sums against NumPy's: subscripts of all forms, dtypes, plans."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, random_array
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.local

SUBSCRIPTS = [
    ("i->i", (4,)),
    ("i->", (4,)),
    ("ij->ji", (3, 4)),
    ("ji", (3, 4)),
    ("ij->j", (3, 4)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->ji", (3, 3, 2)),
    ("iji->j", (3, 2, 3)),
    ("iii->i", (3, 3, 3)),
    ("...->...", (2, 3)),
    ("...ij->...ji", (2, 3, 4)),
    ("i...->...", (2, 3, 4)),
    ("i...i->...i", (3, 2, 3)),
    ("i,i", (5,), (5,)),
    ("i,i->i", (5,), (5,)),
    ("i,j", (5,), (4,)),
    ("i,j->ji", (5,), (4,)),
    ("ij,j", (3, 4), (4,)),
    ("ij,jk", (3, 4), (4, 2)),
    ("ij,jk->ki", (3, 4), (4, 2)),
    ("ij,kj->ik", (3, 4), (2, 4)),
    ("ij,ij->", (3, 4), (3, 4)),
    ("ij,ji->", (3, 4), (4, 3)),
    ("ij,ij->i", (3, 4), (3, 4)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("bij,bjk->kbi", (2, 3, 4), (2, 4, 5)),
    ("ibj,bjk->ikb", (3, 2, 4), (2, 4, 5)),
    ("ijk,jil->kl", (2, 3, 4), (3, 2, 5)),
    ("ijk,k->j", (2, 3, 4), (4,)),
    ("ij,k->", (2, 3), (4,)),
    ("i,->i", (3,), ()),
    (",", (), ()),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
    ("...i,i...", (2, 3), (3,)),
    ("i...,i...->...", (3, 1), (3, 4)),
    ("...,...", (2, 1), (3,)),
    ("ij,ij->ij", (1, 4), (3, 4)),
    ("ij,jk->ik", (3, 1), (4, 2)),
    ("ij,ij->i", (1, 4), (3, 1)),
    ("i,ii->i", (3,), (3, 3)),
    ("ij,jk->ik", (0, 4), (4, 2)),
    ("ij,jk->ik", (3, 0), (0, 2)),
    ("ij,jk,kl", (2, 3), (3, 4), (4, 5)),
    ("ij,jk,kl->li", (2, 3), (3, 4), (4, 5)),
    ("i,j,k->kij", (2,), (3,), (4,)),
    ("ij,ik,il->jkl", (2, 3), (2, 4), (2, 5)),
    ("ab,bc,cd,da->", (2, 3), (3, 4), (4, 5), (5, 2)),
    ("abc,bd,dc,a->ad", (2, 3, 4), (3, 5), (5, 4), (2,)),
    ("...a,ab,b...->...", (2, 3), (3, 4), (4, 2)),
    ("i,i,i", (4,), (4,), (4,)),
    ("ijA,Aj->iA", (2, 3, 4), (4, 3)),
]


def arrays_of(shapes, dtype="float64"):
    return [random_array(shape, dtype, seed) for seed, shape in enumerate(shapes)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", SUBSCRIPTS, ids=lambda case: f"{case[0]}:{case[1:]}")
def test_subscripts(case, dtype):
    text, *shapes = case
    arrays = arrays_of(shapes, dtype)
    expected = np.asarray(np.einsum(text, *arrays))
    tolerance = {"f4": 1e-4, "c8": 1e-4, "f8": 1e-11, "c16": 1e-11}.get(dtype.str[1:], 0.0)
    got = hpx.einsum(text, *map(hpx.asarray, arrays))
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    assert np.allclose(got.to_numpy(), expected, rtol=tolerance, atol=tolerance * 100)


@pytest.mark.parametrize("optimize", [False, True, "greedy", "optimal", ("greedy", 50)])
def test_plans_change_no_value(optimize):
    for text, *shapes in SUBSCRIPTS:
        arrays = arrays_of(shapes)
        got = hpx.einsum(text, *map(hpx.asarray, arrays), optimize=optimize)
        expected = np.einsum(text, *arrays)
        assert np.allclose(got.to_numpy(), expected, rtol=1e-11, atol=1e-12)
    text, *shapes = "ij,jk,kl->il", (2, 3), (3, 4), (4, 5)
    arrays = [hpx.asarray(x) for x in arrays_of(shapes)]
    for path in (["einsum_path", (0, 1), (0, 1)], ["einsum_path", (1, 2), (0, 1)]):
        got = hpx.einsum(text, *arrays, optimize=path)
        assert np.allclose(got.to_numpy(), np.einsum(text, *arrays_of(shapes)))


def test_lists_of_labels():
    a, b = arrays_of([(3, 4), (4, 2)])
    x, y = hpx.asarray(a), hpx.asarray(b)
    for labels in ([0, 2], [2, 0], []):
        got = hpx.einsum(x, [0, 1], y, [1, 2], labels)
        assert np.allclose(got.to_numpy(), np.einsum(a, [0, 1], b, [1, 2], labels))
    assert np.allclose(hpx.einsum(x, [5, 1], y, [1, 30]).to_numpy(), a @ b)
    assert_same(hpx.einsum(x, [..., 1]), np.einsum(a, [..., 1]))
    assert_same(hpx.einsum(x, [0, ...], [..., 0]), a.T)
    assert_same(hpx.einsum("ij -> j i", x), a.T)
    assert np.allclose(hpx.einsum("ij,jk", a, b.tolist()).to_numpy(), a @ b)


def test_dtypes():
    a, b = random_array((3, 4), "int8"), random_array((4, 2), "float32", 1)
    got = hpx.einsum("ij,jk", hpx.asarray(a), hpx.asarray(b))
    assert got.dtype == np.einsum("ij,jk", a, b).dtype
    got = hpx.einsum("ij,ij->", hpx.asarray(a), hpx.asarray(a), dtype="int64")
    assert_same(got, np.asarray(np.einsum("ij,ij->", a, a, dtype="int64")))
    with pytest.raises(TypeError, match="einsum: float32 cannot become int64 by casting='safe'"):
        hpx.einsum("ij->i", hpx.asarray(b), dtype="int64")
    got = hpx.einsum("ij->i", hpx.asarray(b), dtype="int64", casting="unsafe")
    assert_same(got, np.einsum("ij->i", b, dtype="int64", casting="unsafe"))


def test_out_and_views():
    a, b = arrays_of([(3, 4), (4, 2)])
    out = hpx.zeros((2, 3))
    got = hpx.einsum("ij,jk->ki", hpx.asarray(a), hpx.asarray(b), out=out)
    assert got is out
    assert np.allclose(out.to_numpy(), (a @ b).T)
    view = hpx.asarray(a)[::-1, ::2]
    assert np.allclose(hpx.einsum("ij,kj->ik", view, view), a[::-1, ::2] @ a[::-1, ::2].T)
    pending = hpx.asarray(a) * 2
    assert np.allclose(hpx.einsum("ij,ij->j", pending, pending), (4 * a * a).sum(0))
    x = hpx.asarray(a)
    assert np.einsum("ij->ji", x).tolist() == a.T.tolist()
    assert isinstance(np.einsum("ij,ij->", x, x), hpx.ndarray)


def test_products_and_sums_are_one_pass():
    x = hpx.ones((300, 200))
    plan = hpx.explain(hpx.einsum("ij,ij->i", x, x))
    assert plan.startswith("1 step\n")


def test_paths_are_numpys():
    shapes = [(10, 30), (30, 5), (5, 60)]
    arrays = arrays_of(shapes)
    for optimize in (True, False, "greedy", "optimal"):
        expected = np.einsum_path("ij,jk,kl->il", *arrays, optimize=optimize)[0]
        path, text = hpx.einsum_path("ij,jk,kl->il", *map(hpx.asarray, arrays), optimize=optimize)
        assert path == expected
        assert "Complete contraction" in text
    assert hpx.einsum_path(arrays[0], [0, 1], arrays[1], [1, 2])[0] == ["einsum_path", (0, 1)]
    with pytest.raises(ValueError, match="einsum_path: einsum_call=True"):
        hpx.einsum_path("i", hpx.ones(2), einsum_call=True)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((), "no subscripts were given"),
        (("ij,j", np.ones((2, 3))), "subscripts for 2 operands, 1 were given"),
        (("i", np.ones((2, 3))), "subscripts 'i' name 1 axes of an operand of 2 dimensions"),
        (("ijk", np.ones((2, 3))), "subscripts 'ijk' name 3 axes of an operand of 2 dimensions"),
        (("i1", np.ones((2, 3))), "'1' in subscripts 'i1' is no letter"),
        (("ij->k", np.ones((2, 3))), "label 'k' of the result is in no operand"),
        (("ij->ii", np.ones((2, 3))), "label 'i' occurs twice in the result"),
        (("i...->i", np.ones((2, 3))), r"the result 'i' has not; add '\.\.\.'"),
        (("ij,jk", np.ones((2, 3)), np.ones((4, 5))), "label 'j' has lengths 3 and 4"),
        (("...,...", np.ones(3), np.ones(4)), r"an axis of '\.\.\.' has lengths 3 and 4"),
        ((np.ones(3), [52]), "label 52 is out of range"),
    ],
)
def test_wrong_subscripts(arguments, message):
    given = [hpx.asarray(x) if isinstance(x, np.ndarray) else x for x in arguments]
    with pytest.raises(ValueError, match=f"einsum: .*{message}"):
        hpx.einsum(*given)


@pytest.mark.distributed
def test_wrong_arguments():
    x = hpx.ones((2, 3))
    with pytest.raises(TypeError, match=r"einsum: label 1\.5 is neither an integer nor Ellipsis"):
        hpx.einsum(x, [0, 1.5])
    with pytest.raises(ValueError, match="einsum: order 'X' does not exist"):
        hpx.einsum("ij", x, order="X")
    with pytest.raises(ValueError, match="einsum: out has shape"):
        hpx.einsum("ij", x, out=hpx.ones(3))
    for shape in ((1, 3), (3, 1)):
        with pytest.raises(ValueError, match=r"label 'i' has lengths \d and \d in one operand"):
            hpx.einsum("ii->i", hpx.ones(shape))


@given(st.lists(st.text("abcd", max_size=3), min_size=1, max_size=4), st.data())
def test_random_subscripts(terms, data):
    lengths = {"a": 2, "b": 3, "c": 1, "d": 4}
    labels = sorted(set("".join(terms)))
    result = data.draw(st.lists(st.sampled_from(labels), unique=True)) if labels else []
    arrays = [
        random_array(tuple(lengths[c] for c in term), "int64", i) for i, term in enumerate(terms)
    ]
    text = ",".join(terms) + "->" + "".join(result)
    got = hpx.einsum(text, *map(hpx.asarray, arrays))
    assert_same(got, np.asarray(np.einsum(text, *arrays)))
