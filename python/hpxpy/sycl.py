"""SYCL devices: hpxpy computes on processors, so there are none, as of CUDA.

Imported by hpxpy/__init__.py as `hpx.sycl`.
"""
# SPDX-License-Identifier: BSL-1.0

from .gpu import device_count, get_devices, is_available

__all__ = ["device_count", "get_devices", "is_available"]
