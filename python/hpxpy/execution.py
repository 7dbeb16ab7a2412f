"""How algorithms run: one after the other, side by side, or as a task.

`hpx.execution.seq`, `par`, `par_unseq` and `task` go by HPX's names (execution policies of C++17).
Algorithms take them, or their names, as `policy=`. Results are the same bits under each of them.
Imported by hpxpy/__init__.py as `hpx.execution`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import inspect

from . import _core

__all__ = ["Policy", "par", "par_unseq", "seq", "task"]


class Policy:
    """A way to run an algorithm; see `seq`, `par`, `par_unseq` and `task`.

    Communication: none.
    """

    def __init__(self, name, text):
        self.name = name
        self.__doc__ = text

    def __repr__(self):
        return f"hpx.execution.{self.name}"

    def __str__(self):
        return self.name


#: On the calling thread alone, before the call returns.
seq = Policy("seq", "On the calling thread alone, before the call returns.")
#: On all threads of this locality, when the value is wanted: what is done without a policy.
par = Policy("par", "On all threads of this locality, when the value is wanted.")
#: As `par`; loops are vectorised under each policy, as that changes no value.
par_unseq = Policy("par_unseq", "As par; loops are vectorised under each policy.")
#: On other threads while the program goes on; the call gives a `hpx.Future` of the result.
task = Policy("task", "On other threads while the program goes on; the call gives a Future.")

_POLICIES = {policy.name: policy for policy in (seq, par, par_unseq, task)}


def _policy_of(policy):
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, str):
        if policy in _POLICIES:
            return _POLICIES[policy]
        raise ValueError(
            f"execution: policy {policy!r} does not exist; choose 'seq', 'par', 'par_unseq' or "
            "'task'"
        )
    raise TypeError(f"execution: {policy!r} is no policy; choose one of hpx.execution")


def _stored(result):
    for x in result if isinstance(result, (list, tuple)) else (result,):
        if isinstance(x, _core.ndarray):
            _core.eval(x)
    return result


def _run(policy, call, arguments=()):
    """What `call()` gives under a policy; `arguments` are those that it works on.

    Communication: that of the call. It starts before this returns, so it stays in program order.
    """
    policy = _policy_of(policy)
    if policy is seq:
        return _core._sequentially(lambda: _stored(call()))
    if policy is not task:
        return call()
    from ._remote import async_

    if any(isinstance(x, _core.ndarray) and x.distribution is not None for x in arguments):
        return async_(_stored, call())
    return async_(lambda: _stored(call()))


def takes_policy(function):
    """`function` with the keyword `policy`.

    Communication: none.
    """

    @functools.wraps(function)
    def under_policy(*arguments, policy=None, **keywords):
        if policy is None:
            return function(*arguments, **keywords)
        given = (*arguments, *keywords.values())
        return _run(policy, lambda: function(*arguments, **keywords), given)

    signature = inspect.signature(function)
    parameter = inspect.Parameter("policy", inspect.Parameter.KEYWORD_ONLY, default=None)
    under_policy.__signature__ = signature.replace(
        parameters=[*signature.parameters.values(), parameter]
    )
    return under_policy
