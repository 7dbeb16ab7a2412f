"""What is easier said in Python: collectives on any object, and plans as text.

Objects travel as pickles. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import pickle
from typing import Any

from . import _core
from ._groups import number_of, root_of
from ._later import made


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
    moves; and as steps the exchanges that bring operands from other localities: from where to
    where, and what this locality sends and gets. Nothing is computed. Of a function, it is the
    plans and exchanges that run while the function is called without arguments, writes among them;
    small work is done at once, without a plan.

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


def broadcast_object(value: Any = None, root: int = 0, *, group=None, sync: bool = True) -> Any:
    """Root's object on every locality, as a copy; what the others give is ignored.

    ValueError for a root that does not exist; `group` is that of the localities that take part, all
    by default. With sync=False the call gives a `hpx.Future` of the object and waits for nobody.

    Example:
        >>> settings = hpx.broadcast_object({"steps": 10})

    Communication: one broadcast of the pickled object.
    """
    number = number_of("broadcast_object", group)
    root = root_of("broadcast_object", root, number)
    mine = pickle.dumps(value, protocol=5) if _core._place_in(number)[0] == root else None
    return made(sync, number, lambda: pickle.loads(_core._broadcast_bytes(mine, root, number)))


def all_gather_object(value: Any, *, group=None, sync: bool = True) -> Any:
    """A list of every locality's object, in locality order, on every locality.

    `group` and `sync` as in `broadcast_object`.

    Example:
        >>> hpx.all_gather_object(hpx.locality_id()) == [*range(hpx.num_localities())]
        True

    Communication: one all-gather of the pickled objects.
    """
    number = number_of("all_gather_object", group)
    data = pickle.dumps(value, protocol=5)

    def gather():
        return [*map(pickle.loads, _core._all_gather_bytes("all_gather_object", data, number))]

    return made(sync, number, gather)


def gather_object(value: Any, root: int = 0, *, group=None, sync: bool = True) -> Any:
    """A list of every locality's object on root, None elsewhere.

    ValueError for a root that does not exist; `group` and `sync` as in `broadcast_object`.

    Example:
        >>> found = hpx.gather_object({"locality": hpx.locality_id()}, root=0)

    Communication: one all-gather of the pickled objects.
    """
    number = number_of("gather_object", group)
    root = root_of("gather_object", root, number)
    data = pickle.dumps(value, protocol=5)

    def gather():
        everybody = _core._all_gather_bytes(f"gather_object to {root}", data, number)
        return [*map(pickle.loads, everybody)] if _core._place_in(number)[0] == root else None

    return made(sync, number, gather)
