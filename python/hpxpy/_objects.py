"""What is easier said in Python: collectives on any object, and plans as text.

Objects travel as pickles. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from typing import Any

from . import _core


def all_reduce(x, op: str | Callable = "sum"):
    """The localities' arrays joined element by element; of a distributed array all its elements.

    `op` is 'sum', 'prod', 'min', 'max', 'and', 'or', 'xor', or a function of two whole local
    arrays, which joins them from the left in locality order. Shapes and dtypes are equal on all
    localities; a CommunicationError names two that differ, on every locality. An unknown `op` is
    a ValueError, one that does not take the dtype a TypeError.

    Example:
        >>> hpx.all_reduce(hpx.asarray([1.0, 2.0]), op="max")
        array([1., 2.])

    Communication: one all-reduce of the array (of a distributed one, of a single element); with a
    function, an all-gather.
    """
    if not callable(op):
        if not isinstance(op, str):
            raise ValueError(f"all_reduce: Unknown reduction operation {op!r}")
        return _core._all_reduce(x, op)
    if isinstance(x, _core.ndarray) and x.distribution is not None:
        raise TypeError(
            "all_reduce: a function joins whole local arrays, and this one is distributed; "
            "reduce it with sum, min or another function, or give local_partition"
        )
    return functools.reduce(op, _core.all_gather(x))


def _from_pickle(data):
    """A local array of what its pickle holds.

    Communication: none.
    """
    return _core.asarray(data)


class Plan(str):
    """A plan as text."""

    def __repr__(self) -> str:
        return f"<plan: {self.partition(chr(10))[0]}>"


def explain(x) -> Plan:
    """Prints the plan that computing the array `x` would run, and returns it as a string.

    It shows the steps, what each one fuses, whose memory it writes over, and the bytes that it
    moves. Nothing is computed. Of a function, it is the plans that run while the function is called
    without arguments, writes among them; small work is done at once, without a plan.

    Example:
        >>> plan = hpx.explain(hpx.ones(10_000) * 2.5 + 1)
        1 step
        step 1: fused 2 operations over (10000,)
          t0 = multiply_add(2.5, 1, 1)  float64
          store t0
          reads 0 B, writes 80.0 KB
        >>> x = hpx.asarray([1.0] * 10_000)
        >>> plan = hpx.explain(lambda: hpx.add(x, 1, out=x))
        1 step
        step 1: 1 operation over (10000,)
          in0 = load float64
          t0 = add(in0, 1)  float64
          write t0 over in0
          reads 80.0 KB, writes 80.0 KB

    Communication: none; of a function, its own.
    """
    if callable(x):
        begun = _core._begin_plans()
        try:
            x()
        finally:
            text = _core._end_plans(begun)
        plan = Plan(text or "no plan was run\n")
    else:
        plan = Plan(_core.explain(x))
    print(plan, end="")
    return plan


def broadcast_object(value: Any = None, root: int = 0) -> Any:
    """Root's object on every locality, as a copy; what the others give is ignored.

    Example:
        >>> settings = hpx.broadcast_object({"steps": 10})

    Communication: one broadcast of the pickled object.
    """
    mine = pickle.dumps(value, protocol=5) if _core.locality_id() == root else None
    return pickle.loads(_core._broadcast_bytes(mine, root))


def all_gather_object(value: Any) -> list[Any]:
    """A list of every locality's object, in locality order, on every locality.

    Example:
        >>> hpx.all_gather_object(hpx.locality_id()) == [*range(hpx.num_localities())]
        True

    Communication: one all-gather of the pickled objects.
    """
    return [pickle.loads(data) for data in _core._all_gather_bytes(pickle.dumps(value, protocol=5))]


def gather_object(value: Any, root: int = 0) -> list[Any] | None:
    """A list of every locality's object on root, None elsewhere.

    Example:
        >>> found = hpx.gather_object({"locality": hpx.locality_id()}, root=0)

    Communication: one all-gather of the pickled objects.
    """
    size = _core.num_localities()
    if not 0 <= root < size:
        raise ValueError(
            f"gather_object: root {root} does not exist; this group has localities 0 to {size - 1}"
        )
    everybody = all_gather_object(value)
    return everybody if _core.locality_id() == root else None
