"""CUDA devices: hpxpy computes on processors, so there are none.

Imported by hpxpy/__init__.py as `hpx.gpu`; sycl.py shows the same functions.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

__all__ = ["device_count", "get_devices", "is_available"]


def is_available() -> bool:
    """Whether arrays can be on a CUDA or SYCL device: they cannot.

    Example:
        >>> hpx.gpu.is_available()
        False

    Communication: none.
    """
    return False


def device_count() -> int:
    """How many CUDA or SYCL devices arrays can be on: none.

    Example:
        >>> hpx.gpu.device_count()
        0

    Communication: none.
    """
    return len(get_devices())


def get_devices() -> list:
    """The CUDA or SYCL devices that arrays can be on: an empty list.

    Example:
        >>> hpx.gpu.get_devices()
        []

    Communication: none.
    """
    return []
