"""NumPy's module of that name: what hpxpy has of it is in `lib.stride_tricks`.

Imported by hpxpy/__init__.py as `hpx.lib`.
"""
# SPDX-License-Identifier: BSL-1.0

from . import stride_tricks

__all__ = ["stride_tricks"]
