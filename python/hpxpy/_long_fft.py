"""Discrete Fourier transforms of one line that is dealt out over localities.

Imported by fft.py. A line of n = rows * columns elements is a matrix: its columns are transformed,
multiplied by powers of a root of unity, and then its rows; what comes out is read by columns (the
four-step algorithm; D. H. Bailey, FFTs in external or hierarchical memory, 1990). Where n has no
such factors, a transform of another length convolves (L. Bluestein, A linear filtering approach to
the computation of discrete Fourier transform, 1970).
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math

import numpy as np

from . import _core
from ._joining import concat

_OTHER_WAY = {"fft": "ifft", "ifft": "fft"}
_OTHER_NORM = {"backward": "forward", None: "forward", "forward": "backward", "ortho": "ortho"}


def _fitted(x, n):
    """A line cut or filled up with zeros to `n` elements, on even blocks.

    Communication: elements that change owner.
    """
    if n > x.shape[0]:
        fill = _core.zeros(n - x.shape[0], dtype=x.dtype, distribution="block")
        x = concat([x, fill])
    return _core.redistribute(x[:n], "block")


def _factor(n):
    """The largest divisor of `n` that is at most its square root."""
    divisor = math.isqrt(n)
    while n % divisor:
        divisor -= 1
    return divisor


def _complex(x):
    single = x.dtype in (np.float32, np.complex64)
    return _core.astype(x, np.complex64 if single else np.complex128, copy=False)


def _roots(turns, n, sign, dtype):
    """exp(sign * 2πi turns / n) for an array of integers, which are taken modulo n."""
    angles = (turns % n) * (sign * 2.0 * math.pi / n)
    return _core.astype(_core.cos(angles) + 1j * _core.sin(angles), dtype, copy=False)


def _four_steps(x, rows, norm, way, along):
    n = x.shape[0]
    columns = n // rows
    sign = -1 if way == "fft" else 1
    matrix = _core.redistribute(_core.reshape(x, (rows, columns)), "block", 1)
    matrix = along(way, matrix, None, 0, norm)
    # Dealt out as the matrix is, so that each locality computes its own roots alone.
    turns = _core.arange(rows)[:, None] * _core.arange(columns, distribution="block")
    matrix = matrix * _roots(turns, n, sign, matrix.dtype)
    matrix = along(way, _core.redistribute(matrix, "block", 0), None, 1, norm)
    turned = _core.redistribute(_core.permute_dims(matrix, (1, 0)), "block", 0)
    return _core.reshape(turned, (n,))


def _convolved(x, norm, way, along):
    """Bluestein's way: jk is (j*j + k*k - (k - j)*(k - j)) / 2."""
    n = x.shape[0]
    sign = -1 if way == "fft" else 1
    length = 1 << (2 * n - 1).bit_length()
    j = _core.arange(n, distribution="block")
    half = _roots(j * j, 2 * n, sign, x.dtype)
    spread = _fitted(x * half, length)
    kernel = _fitted(_core.conj(half), length)
    tail = _core.redistribute(_core.conj(half)[:0:-1], "block")
    kernel[length - n + 1 :] = tail
    product = _complex_line("fft", spread, "backward", along)
    product *= _complex_line("fft", kernel, "backward", along)
    found = _complex_line("ifft", product, "backward", along)
    found = _core.redistribute(found[:n], "block") * half
    scale = {"ortho": 1 / math.sqrt(n), "forward": 1 / n}.get(norm, 1.0)
    if way == "ifft":
        scale = {"ortho": 1 / math.sqrt(n), "forward": 1.0}.get(norm, 1 / n)
    return found if scale == 1.0 else found * scale


def _complex_line(way, x, norm, along):
    rows = _factor(x.shape[0])
    if rows < min(_core.num_localities(), math.isqrt(x.shape[0])):
        return _convolved(x, norm, way, along)
    return _four_steps(x, rows, norm, way, along)


def transform_line(name, x, n, norm, along):
    """What fft.<name> gives for a line of `n` points that is dealt out, on even blocks.

    `along` transforms other arrays along an axis that is whole, as fft.py does.

    Communication: three exchanges of all elements, and those that change owner where the line does
    not lie in even blocks; of lengths with no divisor that gives each locality a row, nine of lines
    twice to four times as long.
    """
    if name in ("fft", "ifft"):
        return _complex_line(name, _fitted(_complex(x), n), norm, along)
    if name == "rfft":
        whole = _complex_line("fft", _fitted(_complex(x), n), norm, along)
        return _core.redistribute(whole[: n // 2 + 1], "block")
    if name == "ihfft":
        return _core.conj(transform_line("rfft", x, n, _OTHER_NORM[norm], along))
    if name == "hfft":
        x, norm = _core.conj(x), _OTHER_NORM[norm]
    # Half of a spectrum, whose other half mirrors it.
    half = _fitted(_complex(x), n // 2 + 1)
    mirrored = _core.conj(half[1 : n - n // 2][::-1])
    whole = _core.redistribute(concat([half, _core.redistribute(mirrored, "block")]), "block")
    found = _core.redistribute(_complex_line("ifft", whole, norm, along), "block")
    return _core.copy(found.real)
