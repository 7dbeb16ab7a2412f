"""Loops as one writes them by hand for numba; peers.py compiles them, where numba is."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import math

import numpy as np

try:
    from numba import prange
except ImportError:
    prange = range


def axpy(a, b):
    out, s = np.empty_like(a), a.dtype.type(2.5)
    for i in prange(a.size):
        out[i] = a[i] * s + b[i]
    return out


def sum_of_squares(a, b, c):
    total = 0.0
    for i in prange(a.size):
        t = a[i] * b[i] + c[i]
        total += t * t
    return a.dtype.type(total)


def polynomial(x):
    out, one = np.empty_like(x), x.dtype.type
    k0, k1, k2, k3, k4, k5 = one(0.7), one(-1.3), one(0.45), one(2.1), one(-0.6), one(1.9)
    for i in prange(x.size):
        t = x[i]
        out[i] = ((((k5 * t + k4) * t + k3) * t + k2) * t + k1) * t + k0
    return out


def bell(a, b):
    out = np.empty_like(a)
    for i in prange(a.size):
        out[i] = math.sqrt(math.exp(-a[i] * a[i]) + b[i] * b[i])
    return out


def stencil(u):
    rows, columns = u.shape
    out, w = np.empty((rows - 2, columns - 2), u.dtype), u.dtype.type(4)
    for i in prange(1, rows - 1):
        for j in range(1, columns - 1):
            sides = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
            out[i - 1, j - 1] = sides - w * u[i, j]
    return out


def chain(x, y):
    out, one = np.empty_like(x), x.dtype.type
    half, quarter, eighth, more = one(0.5), one(0.25), one(0.125), one(1.5)
    for i in prange(x.size):
        a, b = x[i], y[i]
        t = (a * b + a) * half - b
        t = math.sqrt(t * t + one(1)) * a - b * quarter
        t = t / (a * a + more)
        t = (t + b) * (t - a)
        out[i] = abs(t) * eighth + a - b
    return out


def choices(x, y):
    out, one = np.empty_like(x), x.dtype.type
    half, top = one(0.5), one(1.25)
    for i in prange(x.size):
        a, b = x[i], y[i]
        if a > half:
            out[i] = min(a + a, top)
        elif b > a:
            out[i] = b - a
        else:
            out[i] = max(min(b, half), -half)
    return out


def k_means_step(x, c):
    points, width = x.shape
    clusters = c.shape[0]
    pieces = 64
    sums, counts = np.zeros((pieces, clusters, width)), np.zeros((pieces, clusters))
    for piece in prange(pieces):
        for i in range(points * piece // pieces, points * (piece + 1) // pieces):
            nearest, least = 0, np.inf
            for k in range(clusters):
                distance = 0.0
                for j in range(width):
                    difference = x[i, j] - c[k, j]
                    distance += difference * difference
                if distance < least:
                    nearest, least = k, distance
            counts[piece, nearest] += 1
            for j in range(width):
                sums[piece, nearest, j] += x[i, j]
    return sums.sum(axis=0) / counts.sum(axis=0).reshape(clusters, 1)


def black_scholes(s, k, t):
    call, put = np.empty_like(s), np.empty_like(s)
    for i in prange(s.size):
        spread = 0.3 * math.sqrt(t[i])
        d1 = (math.log(s[i] / k[i]) + 0.065 * t[i]) / spread
        d2 = d1 - spread
        paid = k[i] * math.exp(-0.02 * t[i])
        first = 0.5 + 0.5 * math.erf(d1 * 0.7071067811865476)
        second = 0.5 + 0.5 * math.erf(d2 * 0.7071067811865476)
        call[i] = s[i] * first - paid * second
        put[i] = call[i] - s[i] + paid
    return call, put


def jacobi(u, v):
    rows, columns = u.shape
    for _ in range(10):
        for i in prange(1, rows - 1):
            for j in range(1, columns - 1):
                v[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
        for i in prange(1, rows - 1):
            for j in range(1, columns - 1):
                u[i, j] = 0.25 * (v[i - 1, j] + v[i + 1, j] + v[i, j - 1] + v[i, j + 1])
    return u


def total(x):
    found = 0.0
    for i in prange(x.size):
        found += x[i]
    return found


def running_sum(x):
    out, found = np.empty_like(x), 0.0
    for i in range(x.size):
        found += x[i]
        out[i] = found
    return out


def positive(x):
    count = 0
    for i in prange(x.size):
        count += x[i] > 0
    out, k = np.empty(count, x.dtype), 0
    for i in range(x.size):
        if x[i] > 0:
            out[k] = x[i]
            k += 1
    return out


def gather(x, positions):
    out = np.empty(positions.size, x.dtype)
    for i in prange(positions.size):
        out[i] = x[positions[i]]
    return out


def scatter(x, positions, y):
    for i in range(positions.size):
        x[positions[i]] = y[i]
    return x
