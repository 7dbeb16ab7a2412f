"""SYCL devices: hpxpy computes on processors, so there are none, as of CUDA.

Imported by hpxpy/__init__.py as `hpx.sycl`.
"""
# SPDX-License-Identifier: BSL-1.0

from .gpu import (
    AsyncContext,
    device_count,
    disable_async,
    enable_async,
    get_devices,
    is_async_enabled,
    is_available,
)

__all__ = [
    "AsyncContext",
    "device_count",
    "disable_async",
    "enable_async",
    "get_devices",
    "is_async_enabled",
    "is_available",
]
