"""Views with other shapes and strides.

Imported by hpxpy/lib/__init__.py as `hpx.lib.stride_tricks`.
"""
# SPDX-License-Identifier: BSL-1.0

from .._core import broadcast_to
from .._manipulation import broadcast_arrays, broadcast_shapes
from .._window_functions import as_strided, sliding_window_view

__all__ = [
    "as_strided",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "sliding_window_view",
]
