"""Libraries that take arrays of any namespace of the standard: they run on ours, with our arrays.

None of them keeps a list of namespaces that would leave out one it does not know. scikit-learn and
SciPy decide by SCIPY_ARRAY_API when they are imported, so what they compute runs in a process of
its own.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import subprocess
import sys

import array_api_compat
import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, assert_same

pytestmark = pytest.mark.local

START = """
import hpxpy as hpx, numpy as np, scipy, sklearn
rng = np.random.default_rng(0)
x = rng.normal(size=(80, 4))
y = (x[:, 0] + 0.5 * x[:, 1] > 0).astype(np.int64)
ours_x, ours_y = hpx.asarray(x), hpx.asarray(y)

def same(ours, theirs):
    assert isinstance(ours, hpx.ndarray), type(ours)
    theirs = np.asarray(theirs)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), (ours, theirs)
    np.testing.assert_allclose(ours.to_numpy(), theirs, rtol=1e-10, atol=1e-12)

def both(function, *arguments):
    theirs = function(*arguments)
    ours = function(*[hpx.asarray(a) if isinstance(a, np.ndarray) else a for a in arguments])
    parts = zip(ours, theirs, strict=True) if isinstance(theirs, tuple) else [(ours, theirs)]
    for part, expected in parts:
        same(part, expected)
"""


def run(*programs):
    """Runs them in one process that locality 0 starts; all localities get its verdict."""
    problem = ""
    if hpx.locality_id() == 0:
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", "\n".join([START, *programs, "print('done')"])],
            env={**os.environ, "SCIPY_ARRAY_API": "1", "HPXPY_ENGINE": "local"},
            capture_output=True,
            text=True,
            timeout=100,
        )
        if (ended.returncode, ended.stdout) != (0, "done\n"):
            problem = ended.stderr or ended.stdout
    agree(problem)


def test_array_api_compat_knows_our_arrays():
    x = hpx.asarray([1.0, 2.0])
    assert array_api_compat.is_array_api_obj(x)
    assert array_api_compat.array_namespace(x, x, 1.0) is hpx
    assert array_api_compat.array_namespace(x, api_version="2025.12") is hpx
    assert not array_api_compat.is_numpy_array(x)
    assert array_api_compat.device(x) == "cpu"
    assert array_api_compat.to_device(x, "cpu") is x
    assert array_api_compat.size(hpx.ones((2, 3))) == 6
    assert not array_api_compat.is_lazy_array(x)
    assert array_api_compat.is_writeable_array(x)
    with pytest.raises(TypeError):
        array_api_compat.array_namespace(x, np.ones(2))


def test_functions_written_for_any_namespace():
    def softmax(x):
        xp = array_api_compat.array_namespace(x)
        e = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
        return e / xp.sum(e, axis=-1, keepdims=True)

    x = np.arange(12.0).reshape(3, 4)
    got = softmax(hpx.asarray(x))
    assert isinstance(got, hpx.ndarray)
    assert_same(got, softmax(x), tolerance=1e-15)


SKLEARN = {
    "linear discriminants": """
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
ours = LinearDiscriminantAnalysis().fit(ours_x, ours_y)
with sklearn.config_context(array_api_dispatch=False):
    theirs = LinearDiscriminantAnalysis().fit(x, y)
same(ours.coef_, theirs.coef_)
same(ours.predict(ours_x), theirs.predict(x))
same(ours.predict_proba(ours_x), theirs.predict_proba(x))
""",
    "principal components": """
from sklearn.decomposition import PCA
ours = PCA(2, svd_solver='full').fit(ours_x)
theirs = PCA(2, svd_solver='full').fit(x)
same(ours.components_, theirs.components_)
same(ours.transform(ours_x), theirs.transform(x))
same(ours.explained_variance_, theirs.explained_variance_)
""",
    "ridge regression": """
from sklearn.linear_model import Ridge
ours = Ridge(solver='svd').fit(ours_x, ours_x[:, 0] + ours_x[:, 1] ** 2)
theirs = Ridge(solver='svd').fit(x, x[:, 0] + x[:, 1] ** 2)
same(ours.coef_, theirs.coef_)
same(ours.predict(ours_x), theirs.predict(x))
""",
    "scaling": """
from sklearn.preprocessing import MinMaxScaler, StandardScaler
for scaler in (MinMaxScaler, StandardScaler):
    same(scaler().fit_transform(ours_x), scaler().fit_transform(x))
""",
    "metrics": """
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score
from sklearn.metrics.pairwise import euclidean_distances
assert accuracy_score(ours_y, ours_y[::-1]) == accuracy_score(y, y[::-1])
for metric in (mean_squared_error, r2_score):
    expected = metric(x[:, 0], x[:, 1])
    assert abs(metric(ours_x[:, 0], ours_x[:, 1]) - expected) < 1e-12
same(euclidean_distances(ours_x, ours_x[:3]), euclidean_distances(x, x[:3]))
""",
}


def test_scikit_learn():
    run("sklearn.set_config(array_api_dispatch=True)", *SKLEARN.values())


SCIPY = {
    "special": """
import scipy.special
for function in (scipy.special.erf, scipy.special.softmax, scipy.special.logsumexp,
                 scipy.special.expit, scipy.special.gammaln, scipy.special.ndtr):
    both(function, x)
""",
    "stats": """
import scipy.stats
for function in (scipy.stats.zscore, scipy.stats.skew, scipy.stats.kurtosis, scipy.stats.sem,
                 scipy.stats.rankdata, scipy.stats.iqr):
    both(function, x)
ours = scipy.stats.ttest_ind(ours_x[:40], ours_x[40:])
theirs = scipy.stats.ttest_ind(x[:40], x[40:])
same(ours.statistic, theirs.statistic)
same(ours.pvalue, theirs.pvalue)
""",
    "cluster": """
import scipy.cluster.vq
both(scipy.cluster.vq.whiten, x)
both(scipy.cluster.vq.vq, x, x[:3])
""",
    "ndimage": """
import scipy.ndimage
both(scipy.ndimage.gaussian_filter, x, 1.0)
both(scipy.ndimage.sobel, x)
""",
    "signal": """
import scipy.signal
both(scipy.signal.fftconvolve, x[:, 0], x[:5, 1])
both(scipy.signal.hilbert, x[:, 0])
""",
    "integrate": """
import scipy.integrate
both(scipy.integrate.trapezoid, x)
zero, one = hpx.asarray(0.0), hpx.asarray(1.0)
same(scipy.integrate.tanhsinh(lambda v: v**2, zero, one).integral, np.float64(1 / 3))
""",
}


def test_scipy():
    run(*SCIPY.values())


def test_what_differs_is_found():
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        run("same(ours_x * 1.001, x)")
    with pytest.raises(AssertionError, match=r"numpy\.ndarray"):
        run("same(x, x)")
