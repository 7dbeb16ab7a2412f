"""Dtypes, values, and comparisons whose verdict is the same on all localities.

Every locality runs every test in the same order; with one locality nothing here communicates.
"""

# SPDX-License-Identifier: BSL-1.0
import re

import hpxpy as hpx
import numpy as np

DTYPES = [
    np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float32", "float64", "complex64", "complex128"),
    )
]
# Around what is done at once, what a block of a fused loop holds, and what threads share.
SIZES = [0, 1, 7, 1023, 1024, 1025, 2047, 2048, 2049, 5000, 40000]


def special_values(dtype):
    """Zeros, ends of the range, and for floats nan, infinities and signed zeros."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        small = [0, 1, 2, 3, 5, 7, 31, 100]
        negative = [-1, -2, -3, -7, -100] if dtype.kind == "i" else []
        ends = [info.max, info.max - 1, info.min, info.min + 1]
        return np.array(small + negative + ends, dtype)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        plain = [0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -3, 7.25, 1e-10, 1e10]
        ends = [info.tiny, info.smallest_subnormal, info.max, -info.max]
        return np.array([*plain, *ends, np.inf, -np.inf, np.nan], dtype)
    parts = np.array([0, 1, -1, 0.5, -2.5, 3])
    return (parts[:, None] + 1j * parts).astype(dtype).ravel()


def random_array(shape, dtype="float64", seed=0):
    """The same values of moderate size on every locality."""
    dtype = np.dtype(dtype)
    generator = np.random.default_rng(seed)
    if dtype.kind == "b":
        return generator.random(shape) < 0.5
    if dtype.kind == "u":
        return generator.integers(0, 100, shape).astype(dtype)
    if dtype.kind == "i":
        return generator.integers(-100, 100, shape).astype(dtype)
    values = np.asarray(generator.standard_normal(shape))
    if dtype.kind == "c":
        values = values + 1j * generator.standard_normal(shape)
    return values.astype(dtype)


def forest_bytes(first, last, whole, itemsize=8, state=None, siblings=2):
    """What joining elements [first, last) of `whole` sends: a header, the states of complete nodes
    of the tree of blocks, and the elements of blocks that a bound cuts."""
    block = 512 if itemsize >= 8 else 1024
    begin = -(-first // block)
    end = -(-whole // block) if last == whole else last // block
    head = min(last, begin * block) - first if first % block else 0
    end = begin if first == last else max(begin, end)
    tail = last - max(end * block, first) if last != whole and last > begin * block else 0
    nodes = 0
    while begin < end:
        length = 1
        while begin % (length * siblings) == 0 and length * siblings <= end - begin:
            length *= siblings
        begin, nodes = begin + length, nodes + 1
    return 32 + nodes * (state or itemsize) + (head + tail) * itemsize


def ordinal_distance(a, b):
    """How many floats lie between the elements of two arrays without nan."""
    whole = np.int32 if a.dtype.itemsize == 4 else np.int64

    def ordinal(x):
        bits = np.ascontiguousarray(x).view(whole).astype(object)
        low = int(np.iinfo(whole).min)
        return np.array([low - v if v < 0 else v for v in bits.ravel()], object)

    return np.abs(ordinal(a) - ordinal(b)).reshape(a.shape)


def difference(got, expected, ulps=0, tolerance=0.0):
    """What differs between two NumPy arrays, as text; '' if nothing does. nan equals nan."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.dtype != expected.dtype:
        return f"dtype {got.dtype}, expected {expected.dtype}"
    if got.shape != expected.shape:
        return f"shape {got.shape}, expected {expected.shape}"
    with np.errstate(all="ignore"):
        wrong = np.asarray(~((got == expected) | ((got != got) & (expected != expected))))
        if got.dtype.kind == "f":
            wrong |= (np.signbit(got) != np.signbit(expected)) & ~np.isnan(expected)
        if tolerance and got.dtype.kind in "fc":
            near = np.abs(got - expected) <= tolerance * np.abs(expected)
            wrong &= ~near
    if ulps and wrong.any():
        at = wrong.copy()
        finite = np.isfinite(got[at]) & np.isfinite(expected[at])
        near = np.zeros(finite.shape, bool)
        near[finite] = ordinal_distance(got[at][finite], expected[at][finite]) <= ulps
        wrong[at] = ~near
    if not wrong.any():
        return ""
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{int(wrong.sum())} of {got.size} elements differ, first at {first}: "
        f"{got[first]!r}, expected {expected[first]!r}"
    )


def assert_same(got, expected, ulps=0, tolerance=0.0):
    """Dtype, shape and values are equal; to be used where every locality gets the same verdict."""
    if isinstance(got, hpx.ndarray):
        got = got.to_numpy()
    problem = difference(got, expected, ulps, tolerance)
    assert not problem, problem


def agree(problem):
    """Fails on every locality if it failed on one, so that none goes on alone."""
    if not int(hpx.all_reduce(int(bool(problem)), "max")):
        return
    problems = hpx.all_gather_object(str(problem or ""))
    text = "; ".join(f"locality {i}: {text}" for i, text in enumerate(problems) if text)
    assert not text, text


def ranges(x):
    """The axis of a distributed array and each locality's range of indices along it."""
    found = re.search(r"block along axis (\d+): (\d+:\d+(?:, \d+:\d+)*)", repr(x))
    assert found, repr(x)
    bounds = [tuple(map(int, part.split(":"))) for part in found[2].split(", ")]
    return int(found[1]), bounds


def block_ranges(length, parts=None):
    """What a block map deals out: sizes that differ by one at most, the longer ones first."""
    parts = parts or hpx.num_localities()
    sizes = [length // parts + (i < length % parts) for i in range(parts)]
    ends = np.cumsum(sizes).tolist()
    return [(end - size, end) for size, end in zip(sizes, ends, strict=True)]


def part_of(expected, axis, bounds):
    """The slice of a NumPy array that this locality should hold."""
    first, last = bounds[hpx.locality_id()]
    return expected[(slice(None),) * axis + (slice(first, last),)]


def scattered_problem(x, expected, ulps, tolerance):
    """Of an array in other parts than one block each: the whole, and that of the parts."""
    again = hpx.from_local(x.local_partition, distribution=x.distribution)
    problem = difference(again.to_numpy(), expected, ulps, tolerance)
    if not problem and sum(x.partition_sizes) != expected.size:
        problem = f"partition_sizes {x.partition_sizes} do not fit {expected.shape}"
    return problem or difference(x.to_numpy(), expected, ulps, tolerance)


def distributed_problem(x, expected, ulps=0, tolerance=0.0):
    expected = np.asarray(expected)
    if x.distribution is None:
        return "a local array"
    if x.distribution.bounds is None:
        return scattered_problem(x, expected, ulps, tolerance)
    if x.shape != expected.shape or x.dtype != expected.dtype:
        return f"{x.dtype} {x.shape}, expected {expected.dtype} {expected.shape}"
    local = x.local_partition.to_numpy()
    axis, bounds = ranges(x)
    covered = sorted(i for first, last in bounds for i in range(first, last))
    problem = ""
    if axis != x.distributed_axis or covered != list(range(expected.shape[axis])):
        problem = f"the map {axis} {bounds} does not fit shape {expected.shape}"
    row = expected.size // max(expected.shape[axis], 1)
    if not problem and x.partition_sizes != tuple((b - a) * row for a, b in bounds):
        problem = f"partition_sizes {x.partition_sizes} do not fit {bounds}"
    if not problem:
        mine = part_of(expected, axis, bounds)
        text = difference(local, mine, ulps, tolerance)
        problem = text and f"block {bounds[hpx.locality_id()]}: {text}"
    whole = x.to_numpy()
    return problem or difference(whole, expected, ulps, tolerance)


def check_distributed(x, expected, ulps=0, tolerance=0.0):
    """Each block equals its slice of the NumPy result, and the gathered whole all of it."""
    agree(distributed_problem(x, expected, ulps, tolerance))


def check_local(x, expected, ulps=0, tolerance=0.0):
    """A local array, equal to the NumPy result on every locality."""
    if x.distribution is not None:
        agree(f"distribution {x.distribution!r}, expected a local array")
    agree(difference(x.to_numpy(), expected, ulps, tolerance))


def check(x, expected, **tolerances):
    """Local or distributed, whichever it is."""
    if x.distribution is None:
        check_local(x, expected, **tolerances)
    else:
        check_distributed(x, expected, **tolerances)


def axis_of(place):
    """The `distributed_axis` of an array that was made with these keywords."""
    distribution = place.get("distribution")
    if isinstance(distribution, tuple):
        return tuple(i for i, kind in enumerate(distribution) if kind)
    return place.get("axis", 0) if distribution else None


def placements(dimensions):
    """Ways to make an array of so many dimensions: local, dealt out along one axis or two."""
    return [
        {},
        *({"distribution": "block", "axis": axis} for axis in range(dimensions)),
        *([{"distribution": "cyclic"}] if dimensions else []),
        *([{"distribution": ("cyclic", "block")}] if dimensions > 1 else []),
    ]


#: Keywords that deal out vectors, and matrices.
LAYOUTS = {
    "block": {"distribution": "block"},
    "cyclic": {"distribution": "cyclic"},
    "block_cyclic": {"distribution": hpx.Distribution("block_cyclic", block_size=3)},
}
PLANES = {
    **LAYOUTS,
    "columns": {"distribution": "block", "axis": 1},
    "cyclic columns": {"distribution": "cyclic", "axis": 1},
    "grid": {"distribution": ("block", "cyclic"), "grid": (hpx.num_localities(), 1)},
    "copies": {"distribution": ("block", None), "grid": (1, hpx.num_localities())},
}
