"""Twelve kernels as NumPy writes them; `np` is NumPy, or hpxpy where run.py calls them."""

# SPDX-License-Identifier: BSL-1.0


def two_mm(np, a, b, c, d):
    return 1.5 * a @ b @ c + 1.2 * d


def three_mm(np, a, b, c, d):
    return (a @ b) @ (c @ d)


def atax(np, a, x):
    return (a @ x) @ a


def bicg(np, a, p, r):
    return r @ a, a @ p


def gemver(np, a, u, v, y, z):
    a = a + np.outer(u[0], v[0]) + np.outer(u[1], v[1])
    x = 1.2 * (y @ a) + z
    return a, x, 1.5 * (a @ x)


def correlation(np, data):
    spread = data.std(axis=0)
    spread = np.where(spread <= 0.1, 1.0, spread)
    scaled = (data - data.mean(axis=0)) / spread
    return scaled.T @ scaled / data.shape[0]


def jacobi2d(np, a, b, steps):
    for _ in range(steps):
        for u, v in ((a, b), (b, a)):
            v[1:-1, 1:-1] = 0.2 * (
                u[1:-1, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] + u[2:, 1:-1] + u[:-2, 1:-1]
            )
    return a, b


def hdiff(np, field, weight):
    """Horizontal diffusion: fluxes of the Laplacian, none where they would steepen the field."""
    lap = 4 * field[1:-1, 1:-1] - (
        field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2]
    )
    along = lap[1:, 1:-1] - lap[:-1, 1:-1]
    inner = field[1:-1, 2:-2]
    along = np.where(along * (inner[1:] - inner[:-1]) > 0, 0.0, along)
    across = lap[1:-1, 1:] - lap[1:-1, :-1]
    inner = field[2:-2, 1:-1]
    across = np.where(across * (inner[:, 1:] - inner[:, :-1]) > 0, 0.0, across)
    change = along[1:] - along[:-1] + across[:, 1:] - across[:, :-1]
    return field[2:-2, 2:-2] - weight * change


def mandelbrot(np, c, steps):
    """How many steps each point stays near; of points that leave nothing is computed any more."""
    z, count = np.zeros_like(c), np.zeros_like(c, dtype=np.int64)
    for _ in range(steps):
        near = abs(z) < 2
        z[near] = z[near] ** 2 + c[near]
        count[near] += 1
    return count


def softmax(np, x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def spmv(np, rows, columns, values, x):
    """A sparse matrix, given by the places of its elements, times a vector."""
    return np.bincount(rows, weights=values * x[columns], minlength=x.shape[0])


def stockham_fft(np, x):
    """Radix 2, in order (T. G. Stockham, High-speed convolution and correlation, 1966)."""
    n = x.shape[0]
    x = x.reshape(n, 1)
    while x.shape[0] > 1:
        half = x.shape[0] // 2
        turn = np.exp(-1j * np.pi * np.arange(half) / half)[:, None]
        upper, lower = x[:half], x[half:]
        x = np.stack((upper + lower, (upper - lower) * turn), axis=1).reshape(half, -1)
    return x.reshape(n)
