"""Exchanges that start at once.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from . import _core

__all__ = ["together"]


class _Together:
    def __enter__(self):
        _core._begin_together()

    def __exit__(self, kind, error, trace):
        _core._end_together(kind is not None)


def together() -> AbstractContextManager[Any]:
    """For `with`: what is recorded inside is sent at its end, all at once.

    One pass over memory computes all that is to be sent, and the results of all reductions over all
    localities travel in one message; what is made of other results follows in a second one. Reading
    a value inside that has to come from other localities raises RuntimeError, and so does a second
    `together` inside; after an error inside nothing is sent, and such values stay unread. All
    localities record the same inside.

    Example:
        >>> x = hpx.arange(1000.0, distribution="block")
        >>> with hpx.together():
        ...     least, most, total = x.min(), x.max(), x.sum()
        >>> float(total)
        499500.0

    Communication: one all-reduce for all reductions inside; other exchanges as outside, with one
    agreement for up to 64 of them.
    """
    return _Together()
