"""CUDA devices: hpxpy computes on processors, so there are none.

Imported by hpxpy/__init__.py as `hpx.gpu`; sycl.py shows the same functions.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

__all__ = [
    "AsyncContext",
    "device_count",
    "disable_async",
    "enable_async",
    "get_devices",
    "is_async_enabled",
    "is_available",
]


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


def enable_async(pool_name: str = "") -> None:
    """Lets copies to a device run beside the program; without a device there is nothing to let.

    `pool_name`, the threads that would look after them, counts for nothing.

    Example:
        >>> hpx.gpu.enable_async()
        >>> hpx.gpu.is_async_enabled()
        False

    Communication: none.
    """


def disable_async() -> None:
    """Ends what `enable_async` began: nothing without a device.

    Example:
        >>> hpx.gpu.disable_async()

    Communication: none.
    """


def is_async_enabled() -> bool:
    """Whether copies to a device run beside the program: they do not, as there is no device.

    Example:
        >>> hpx.gpu.is_async_enabled()
        False

    Communication: none.
    """
    return False


class AsyncContext:
    """A `with` that calls `enable_async` and, at its end, `disable_async`.

    Example:
        >>> with hpx.gpu.AsyncContext():
        ...     hpx.gpu.is_async_enabled()
        False

    Communication: none.
    """

    def __init__(self, pool_name: str = "") -> None:
        self.pool_name = pool_name

    def __enter__(self) -> AsyncContext:
        enable_async(self.pool_name)
        return self

    def __exit__(self, *error: object) -> None:
        disable_async()
