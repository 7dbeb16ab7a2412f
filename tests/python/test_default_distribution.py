"""set_default_distribution: what it deals out, what stays as it is, and that localities agree."""

# SPDX-License-Identifier: BSL-1.0
import contextlib

import hpxpy as hpx
import numpy as np
import pytest
from fuzzing import function_of
from helpers import agree, check, check_distributed, check_local, difference, random_array
from operand_cases import CASES, without_signs
from test_distributed_operands import Operands, leaves, outcome
from test_distribution_objects import (
    CREATION,
    LENGTH,
    OF_THE_MODULE,
    RANDOM,
    SQUARE,
    TWO_DIMENSIONAL,
    V,
    near,
    numpys,
    uneven,
)

N = hpx.num_localities()
ME = hpx.locality_id()
Distribution = hpx.distribution.Distribution


@pytest.fixture(autouse=True)
def no_default_remains():
    yield
    assert hpx.get_default_distribution() is None


def under(distribution, axis=None):
    return hpx.set_default_distribution(distribution, axis)


@pytest.mark.parametrize("name", CREATION)
def test_creation(name):
    make, expected = CREATION[name], numpys(name)
    for default in ("block", hpx.distribution.block, uneven()):
        with under(default) as now:
            assert now == default
            x = make(hpx)
            assert x.distribution == default
            check_distributed(x, expected, **near(name))
            check_local(make(hpx, distribution=None), expected, **near(name))
            check_local(make(hpx, like=hpx.ones(1, distribution=None)), expected, **near(name))
            assert make(hpx, distribution=uneven()).distribution == uneven()
            assert make(hpx, distribution=hpx.distribution.default).distribution == default
    check_local(make(hpx), expected, **near(name))


@pytest.mark.parametrize("name", TWO_DIMENSIONAL)
def test_creation_along_other_axes(name):
    make, expected = CREATION[name], numpys(name)
    for default in (("block", 1), (Distribution("block", -1),), (uneven(1),)):
        with under(*default):
            x = make(hpx)
            assert x.distributed_axis == 1
            check_distributed(x, expected)
            # An axis that is given wins.
            assert make(hpx, axis=0).distributed_axis == 0
            assert make(hpx, distribution="block").distributed_axis == 0


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers(name):
    expected = RANDOM[name](hpx.random.default_rng(5)).to_numpy()
    with under("block"):
        x = RANDOM[name](hpx.random.default_rng(5))
        assert x.distribution == "block"
        check_distributed(x, expected, tolerance=1e-15)
        check_local(RANDOM[name](hpx.random.default_rng(5), distribution=None), expected)


@pytest.mark.parametrize("name", OF_THE_MODULE)
def test_random_numbers_of_the_module(name):
    hpx.random.seed(3)
    expected = OF_THE_MODULE[name]().to_numpy()
    with under("block"):
        hpx.random.seed(3)
        check_distributed(OF_THE_MODULE[name](), expected)
        assert OF_THE_MODULE[name](distribution=None).distribution is None


def test_indices():
    with under("block", 1):
        check_distributed(hpx.indices((4, 6)), np.indices((4, 6)))
        rows, columns = hpx.indices((4, 6), sparse=True)
        assert (rows.distribution, columns.distributed_axis) == (None, 1)


def test_what_stays_as_it_is():
    local, dealt = hpx.asarray(V), hpx.asarray(V, distribution=uneven())
    square = random_array(SQUARE)
    generator = hpx.random.default_rng(1)
    out = hpx.zeros(3)
    with under("block"):
        for made in (
            *(hpx.asarray(local), hpx.array(local), hpx.asanyarray(local), hpx.copy(local)),
            *(hpx.asarray(local, order="F"), hpx.ascontiguousarray(local), hpx.from_dlpack(V)),
            *(hpx.from_dlpack(local), hpx.asarray(V, copy=False), hpx.from_numpy(V, copy=False)),
            *(hpx.zeros_like(local), hpx.ones_like(V), hpx.full_like(local, 2), hpx.empty_like(V)),
            *(hpx.zeros_like(local, shape=(3, 3)), hpx.full_like(V, V), hpx.astype(V, "f4")),
            *(hpx.zeros(()), hpx.asarray(3.0), hpx.array(np.float64(2)), hpx.full((), 2)),
            *(hpx.zeros(SQUARE, order="F"), hpx.asfortranarray(square), hpx.array(3)),
            *(
                hpx.asarray(square, order="F"),
                hpx.eye(3, order="F"),
                hpx.full(SQUARE, 1, order="F"),
            ),
            *(hpx.sin(V), hpx.add(V, V), hpx.concat([local, local]), hpx.sum(V), hpx.cumsum(V)),
            *(hpx.meshgrid(V, V)[0], hpx.tril(square), hpx.diag(V), hpx.sort(V), hpx.unique(V)),
            *(hpx.linspace([0, 1], 2, 5), hpx.vander(V, 2), hpx.scatter(V), hpx.matmul(V, V)),
            *(generator.permutation(4), generator.choice(4, 2), generator.normal(local)),
            *(generator.random(), generator.random(out=out), hpx.random.rand(), local[None]),
            *(local + 1, local[local > 0], hpx.tril_indices(3)[0], np.zeros(LENGTH, like=local)),
            *(hpx.linalg.inv(np.eye(3)), hpx.fft.fft(V), hpx.where(V > 0, V, 0)),
        ):
            assert made.distribution is None
        for made in (
            *(hpx.asarray(dealt), hpx.array(dealt), hpx.zeros_like(dealt), hpx.copy(dealt)),
            *(hpx.full_like(dealt, V), dealt + V, np.zeros(LENGTH, like=dealt), hpx.sqrt(dealt)),
        ):
            assert made.distribution == uneven()
        # What NumPy's data gives the shape of, and lists of numbers, is dealt out.
        assert generator.normal(V).distribution == "block"
        assert hpx.asarray([local[0], 2.0]).distribution == "block"
        assert hpx.array([1, 2], ndmin=2).distribution == "block"
        assert hpx.asarray(square.T, order="A").distribution == "block"
        assert hpx.asarray(square.T, order="K").distribution == "block"
        hpx.random.default_rng(1).shuffle(local)
        with pytest.raises(ValueError, match="order='F' cannot be met with a distribution"):
            hpx.zeros(SQUARE, order="F", distribution="block")


def test_forms_and_ends():
    assert hpx.get_default_distribution() is None
    outer = hpx.set_default_distribution("block")
    assert hpx.zeros(3).distribution == "block"
    assert "block" in repr(outer)
    with under(None):
        assert hpx.zeros(3).distribution is None
        with under(uneven()):
            assert hpx.zeros(LENGTH).distribution == uneven() == hpx.get_default_distribution()
        assert hpx.zeros(3).distribution is None
    assert hpx.get_default_distribution() == "block"
    with pytest.raises(KeyError), under("none"):
        raise KeyError
    assert hpx.zeros(3).distribution == "block"
    hpx.set_default_distribution(None)
    assert hpx.zeros(3).distribution is None


def test_a_default_that_does_not_fit():
    with under(uneven()):
        with pytest.raises(ValueError, match=r"zeros \(set_default_distribution\): .*does not fit"):
            hpx.zeros(LENGTH + 1)
        assert hpx.zeros(LENGTH).distribution == uneven()
    with under("block", 1):
        with pytest.raises(IndexError, match=r"ones \(set_default_distribution\): axis 1 is out"):
            hpx.ones(3)
        assert hpx.ones(3, distribution=None).distribution is None
    with under("block"):
        for wrong in ("round-robin", "Block", 3, (1, 2)):
            with pytest.raises(ValueError, match=r"set_default_distribution: distribution .*exist"):
                hpx.set_default_distribution(wrong)
        with pytest.raises(TypeError, match=r"set_default_distribution: axis 'x' is not"):
            hpx.set_default_distribution("block", "x")
        assert hpx.get_default_distribution() == "block"
        assert hpx.get_default_distribution().axis is None
        with pytest.raises(ValueError, match="a 0-d array cannot be distributed"):
            hpx.zeros((), distribution=hpx.get_default_distribution())


@pytest.mark.skipif(N == 1, reason="one locality agrees with itself")
def test_localities_agree():
    for here, there in (("block", None), ("block", uneven()), ("block", Distribution("block", 1))):
        with pytest.raises(hpx.CommunicationError, match=r"set_default_distribution.*do not agree"):
            hpx.set_default_distribution(here if ME == 0 else there)
        assert hpx.get_default_distribution() is None
        check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def test_a_program_written_for_numpy():
    def heat(np, size):
        u = np.zeros((size, size))
        u[0] = 1.0
        x = np.linspace(0, 1, size)
        u += np.sin(x)[None, :]
        for _ in range(3):
            u[1:-1, 1:-1] = (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4
        return u * np.arange(size)[:, None] + np.eye(size)

    with under("block"):
        result = heat(hpx, 12)
    assert result.distribution == "block"
    check(result, heat(np, 12), tolerance=1e-14)


MAKES_ARRAYS = {"arange", "array", "asanyarray", "asarray", "ascontiguousarray", "full", "linspace"}
MAKES_ARRAYS |= {"geomspace", "logspace", "asfortranarray"}


class NumPys(Operands):
    """NumPy's arrays as they are: operands that are converted on the way in."""

    def make(self, argument):
        if isinstance(argument, np.ndarray):
            self.made.append(argument.copy())
            return self.made[-1]
        return super().make(argument)


class Seen(Operands):
    """Local and dealt out by the default, as asarray makes them."""

    def make(self, argument):
        if isinstance(argument, np.ndarray):
            self.made.append(hpx.asarray(argument))
            return self.made[-1]
        return super().make(argument)


def dealt_out(result):
    """Whether an array among the results is distributed."""
    if isinstance(result, (list, tuple)):
        return any(map(dealt_out, result))
    return isinstance(result, hpx.ndarray) and result.distribution is not None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_operands_of_numpy_are_not_dealt_out(case):
    if case.method:
        return
    if case.name not in MAKES_ARRAYS:
        operands = NumPys()
        arguments = [operands.make(argument) for argument in case.arguments]
        keywords = {name: operands.make(value) for name, value in case.keywords.items()}
        with under("block"), contextlib.suppress(TypeError, ValueError):
            assert not dealt_out(function_of(hpx, case.name)(*arguments, **keywords))
    results, after, error = outcome(case, NumPys())
    with under("block"):
        got, now, raised = outcome(case, NumPys())
    if case.name in MAKES_ARRAYS and raised is None:
        assert error is None
    else:
        assert (type(raised), str(raised)) == (type(error), str(error))
    pairs = [*zip(got, results, strict=True), *zip(now, after, strict=True)]
    agree("; ".join(filter(None, (difference(a, b, tolerance=1e-9) for a, b in pairs))))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_functions_of_arrays_that_it_dealt_out(case):
    wanted, changed, _ = outcome(case, Operands())
    with under("block"):
        results, after, error = outcome(case, Seen())
    if error is not None:
        assert "distribut" in str(error), error
        return
    pairs = [*zip(results, wanted, strict=True), *zip(after, changed, strict=True)]
    if str(case.name).endswith("partition"):
        # What stands on either side of the ranks has no order.
        pairs = [(hpx.sort(a), np.sort(b)) for a, b in pairs if isinstance(a, hpx.ndarray)]
    pairs = without_signs(case, pairs)
    if str(case.name).startswith("fft."):
        # Axis by axis, zeros come out as the rounding errors that they are.
        pairs = [(hpx.round(a, 12) + 0, np.round(b, 12) + 0) for a, b in pairs]
    agree("; ".join(filter(None, (difference(a, b, tolerance=1e-9) for a, b in pairs))))
    assert leaves(results)
