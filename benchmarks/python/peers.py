"""Who runs beside whom: each library as a peer that gives calls to be timed.

A call returns when its result is there. NumPy and hpxpy are always here; the others, the extra
`[bench]`, are left out where they are not installed.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import os
import warnings
from collections.abc import Callable

import numpy as np
from case import Case
from expressions import numexpr_constants

NAMES = ("numpy", "numexpr", "numba", "jax", "hpxpy")
Call = Callable[[], object]


def leaves(result) -> list:
    """What is in tuples and lists of results."""
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


class Numpy:
    name = "numpy"
    version = np.__version__

    def set_threads(self, count: int):
        """NumPy has one thread, its BLAS all processors."""

    def can(self, case: Case) -> bool:
        return self.name not in case.without

    def call(self, case: Case, operands: list[np.ndarray]) -> Call:
        compute = case.numpy or case.compute
        return lambda: compute(np, *operands)


class Numexpr(Numpy):
    name = "numexpr"

    def __init__(self):
        import numexpr

        self.library, self.version = numexpr, numexpr.__version__

    def set_threads(self, count: int):
        self.library.set_num_threads(count)

    def can(self, case: Case) -> bool:
        return case.numexpr is not None

    def call(self, case: Case, operands: list[np.ndarray]) -> Call:
        text, names = case.numexpr
        constants, evaluate = numexpr_constants(operands[0].dtype), self.library.evaluate
        nothing = {}
        return lambda: evaluate(
            text, local_dict={**constants, **names(*operands)}, global_dict=nothing
        )


class Numba(Numpy):
    name = "numba"

    def __init__(self):
        import numba

        self.library, self.version = numba, numba.__version__
        self.compiled = {}

    def set_threads(self, count: int):
        self.library.set_num_threads(min(count, self.library.config.NUMBA_NUM_THREADS))

    def can(self, case: Case) -> bool:
        return case.numba is not None

    def call(self, case: Case, operands: list[np.ndarray]) -> Call:
        loop = self.compiled.get(case.numba)
        if not loop:
            # It warns where a loop has nothing that runs on several threads.
            warnings.simplefilter("ignore", self.library.errors.NumbaPerformanceWarning)
            loop = self.compiled[case.numba] = self.library.njit(parallel=True)(case.numba)
        return lambda: loop(*operands)


class Jax(Numpy):
    name = "jax"

    def __init__(self):
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax

        jax.config.update("jax_enable_x64", True)
        self.library, self.version = jax, jax.__version__

    def set_threads(self, count: int):
        """JAX takes the processors that the process may use when it is loaded."""

    def call(self, case: Case, operands: list[np.ndarray]) -> Call:
        jax, compute = self.library, case.jax or case.compute
        own = [jax.numpy.asarray(operand) for operand in operands]

        def function(*arrays):
            return compute(jax.numpy, *arrays)

        ready = function if case.eager else jax.jit(function)
        return lambda: jax.block_until_ready(ready(*own))


class Hpxpy(Numpy):
    name = "hpxpy"

    def __init__(self):
        import hpxpy

        self.library, self.version = hpxpy, hpxpy.__version__

    def set_threads(self, count: int):
        if self.library.is_running():
            self.library.finalize()
        self.library.init(num_threads=count)

    def call(self, case: Case, operands: list[np.ndarray]) -> Call:
        hpx, compute = self.library, case.compute
        own = [hpx.asarray(operand) for operand in operands]

        def call():
            result = compute(hpx, *own)
            if type(result) is hpx.ndarray:
                hpx.eval(result)
            else:
                hpx.eval(*(leaf for leaf in leaves(result) if isinstance(leaf, hpx.ndarray)))
            return result

        return call


KINDS = {kind.name: kind for kind in (Numpy, Numexpr, Numba, Jax, Hpxpy)}


def installed(names=NAMES) -> tuple[dict[str, Numpy], list[str]]:
    """The peers by name, and the names of those that are not installed."""
    found, missing = {}, []
    for name in names:
        try:
            found[name] = KINDS[name]()
        except ImportError:
            missing.append(name)
    return found, missing
