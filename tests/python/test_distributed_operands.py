"""A distributed array as each operand of each public function: the right values, or a clear error.

What wants local arrays raises TypeError (ValueError where a shape is in the way) that says so, and
changes none of its operands; what takes distributed arrays gives what it gives of local ones.
"""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from fuzzing import FUNCTIONS, function_of
from helpers import agree, difference
from operand_cases import CASES, EXPRESSIONS, Case, without_signs

# They make arrays of shapes, texts and numbers, tell about dtypes or settings, or leave elements
# unset.
WITHOUT_OPERANDS = {
    *("async_", "broadcast_shapes", "diag_indices", "distributed_from_numpy", "distributed_full"),
    *("distributed_ones", "distributed_zeros", "einsum_path", "empty", "empty_like", "eval"),
    *("explain", "eye", "from_numpy"),
    *("fft.fftfreq", "fft.rfftfreq", "finfo", "from_dlpack", "fromiter", "fromstring", "hanning"),
    *("hamming", "blackman", "bartlett", "kaiser", "identity", "iinfo", "indices", "isdtype"),
    *("iterable", "ones", "promote_types", "set_default_distribution", "tri"),
    *("set_deterministic", "together", "tril_indices"),
    *("find_all_localities", "find_here", "find_remote_localities", "is_root", "localities"),
    *("on_locality", "print0", "progress", "run_on"),
    *("get_default_distribution", "get_printoptions", "geterr", "seterr", "set_printoptions"),
    *(
        "asarray_chkfinite",
        "printoptions",
        "common_type",
        "issubdtype",
        "mask_indices",
        "isfortran",
    ),
    *("may_share_memory", "shares_memory", "array2string", "array_repr", "array_str"),
    *("triu_indices", "triu_indices_from", "tril_indices_from", "zeros", "min_scalar_type"),
}


def block(x):
    return hpx.asarray(x, distribution="block")


def turned(x):
    """The blocks of locality 0 come last."""
    return hpx.asarray(x[::-1].copy(), distribution="block")[::-1]


def uneven(x):
    """All elements on the first localities."""
    longer = np.concatenate([x, x, x])
    return hpx.asarray(longer, distribution="block")[: len(x)]


LAYOUTS = {"block": block, "turned": turned, "uneven": uneven}


def operands_in(argument):
    """The operands in an argument: it, or those in the list or tuple that it is."""
    if isinstance(argument, np.ndarray):
        return [argument]
    if isinstance(argument, (list, tuple)):
        return [x for each in argument for x in operands_in(each)]
    return []


class Operands:
    """Makes the arrays of a call; the one of the given number is dealt out."""

    def __init__(self, number=None, layout=None):
        self.number, self.layout = number, layout
        self.made = []

    def make(self, argument):
        if isinstance(argument, np.ndarray):
            dealt = len(self.made) == self.number and argument.ndim > 0
            self.made.append(self.layout(argument) if dealt else hpx.asarray(argument))
            return self.made[-1]
        if isinstance(argument, (list, tuple)):
            return type(argument)(map(self.make, argument))
        return argument


def outcome(case, operands):
    """The arrays that come out, those that went in as they are afterwards, and the error."""
    arguments = [operands.make(argument) for argument in case.arguments]
    keywords = {name: operands.make(value) for name, value in case.keywords.items()}
    try:
        if callable(case.name):
            result = case.name(*arguments)
        elif case.method:
            result = getattr(arguments[0], case.name)(*arguments[1:], **keywords)
        else:
            result = function_of(hpx, case.name)(*arguments, **keywords)
        error = None
    except (TypeError, ValueError) as caught:
        result, error = None, caught
    return leaves(result), leaves(operands.made), error


def leaves(result):
    if isinstance(result, (list, tuple)):
        return [leaf for each in result for leaf in leaves(each)]
    if isinstance(result, hpx.ndarray):
        return [np.array(result.to_numpy())]
    return [np.asarray(result)]


def problem_of(case, number, layout, expected):
    results, after, error = outcome(case, Operands(number, layout))
    wanted, changed, _ = expected
    if error is not None:
        if "distribut" not in str(error) and "redistribute" not in str(error):
            return f"{type(error).__name__}: {error}"
        wanted, results = [], []
        changed = [np.asarray(x) for x in flat_operands(case)]
    if len(results) != len(wanted):
        return f"{len(results)} results, expected {len(wanted)}"
    pairs = [*zip(results, wanted, strict=True), *zip(after, changed, strict=True)]
    if case.name == "argpartition":
        # Which positions stand on either side of the ranks is free.
        return ""
    if str(case.name).endswith("partition"):
        pairs = [(np.sort(a), np.sort(b)) for a, b in pairs if np.ndim(a)]
    pairs = without_signs(case, pairs)
    if str(case.name).startswith("fft."):
        pairs = [(np.round(a, 12) + 0, np.round(b, 12) + 0) for a, b in pairs]
    return "; ".join(filter(None, (difference(a, b, tolerance=1e-9) for a, b in pairs)))


def flat_operands(case):
    return operands_in([*case.arguments, *case.keywords.values()])


def check_case(case):
    expected = outcome(case, Operands())
    if expected[2] is not None:
        raise expected[2]
    problems = []
    for number, operand in enumerate(flat_operands(case)):
        if operand.ndim == 0:
            continue
        for name, layout in LAYOUTS.items():
            text = problem_of(case, number, layout, expected)
            if text:
                problems.append(f"operand {number} {name}: {text}")
    agree("\n".join(problems))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_functions(case):
    check_case(case)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda e: f"{e[0].__name__}")
def test_expressions(expression):
    body, *arguments = expression
    check_case(Case(body, tuple(arguments), {}))


def test_every_function_has_a_case():
    named = {case.name for case in CASES}
    assert [name for name in FUNCTIONS if name not in named | WITHOUT_OPERANDS] == []
