"""Estimators and metrics of scikit-learn and functions of SciPy, unmodified, on arrays in blocks.

test_libraries.py starts it. Each case is computed with NumPy's arrays and with
distributed ones; those of GATHERING ask for NumPy's arrays themselves, and need
`hpx.set_implicit_gather`.
"""

# SPDX-License-Identifier: BSL-1.0
import sys
import warnings

import hpxpy as hpx
import numpy as np
import scipy.cluster.vq as vq
import scipy.integrate as integrate
import scipy.signal as signal
import scipy.special as special
import scipy.stats as stats
import sklearn
import sklearn.metrics as metrics
import sklearn.metrics.pairwise as pairwise
import sklearn.preprocessing as preprocessing
from sklearn.covariance import EmpiricalCovariance
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics.cluster import entropy
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore")
sklearn.set_config(array_api_dispatch=True)

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 4))
Y = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(np.int64)
R = X @ np.arange(1.0, 5.0) + 0.1

CASES = {
    "StandardScaler": lambda x, y, r: preprocessing.StandardScaler().fit_transform(x),
    "MinMaxScaler": lambda x, y, r: preprocessing.MinMaxScaler().fit_transform(x),
    "MaxAbsScaler": lambda x, y, r: preprocessing.MaxAbsScaler().fit_transform(x),
    "Normalizer": lambda x, y, r: preprocessing.Normalizer().fit_transform(x),
    "Binarizer": lambda x, y, r: preprocessing.Binarizer().fit_transform(x),
    "PolynomialFeatures": lambda x, y, r: preprocessing.PolynomialFeatures().fit_transform(x),
    "PCA(full)": lambda x, y, r: abs(PCA(2, svd_solver="full").fit_transform(x)),
    "PCA(covariance_eigh)": lambda x, y, r: abs(
        PCA(2, svd_solver="covariance_eigh").fit_transform(x)
    ),
    "Ridge(svd)": lambda x, y, r: Ridge(solver="svd").fit(x, r).predict(x),
    "LinearDiscriminantAnalysis": lambda x, y, r: (
        LinearDiscriminantAnalysis(solver="svd").fit(x, y).predict(x)
    ),
    "GaussianMixture": lambda x, y, r: (
        GaussianMixture(2, init_params="random", random_state=0, max_iter=3).fit(x).predict(x)
    ),
    "EmpiricalCovariance": lambda x, y, r: EmpiricalCovariance().fit(x).covariance_,
    "r2_score": lambda x, y, r: metrics.r2_score(r, r * 1.01),
    "mean_squared_error": lambda x, y, r: metrics.mean_squared_error(r, r * 1.01),
    "mean_absolute_error": lambda x, y, r: metrics.mean_absolute_error(r, r * 1.01),
    "accuracy_score": lambda x, y, r: metrics.accuracy_score(y, 1 - y),
    "f1_score": lambda x, y, r: metrics.f1_score(y, y),
    "zero_one_loss": lambda x, y, r: metrics.zero_one_loss(y, 1 - y),
    "hamming_loss": lambda x, y, r: metrics.hamming_loss(y, 1 - y),
    "brier_score_loss": lambda x, y, r: metrics.brier_score_loss(y, 0.2 + 0.6 * y),
    "entropy of labels": lambda x, y, r: entropy(y),
    "euclidean_distances": lambda x, y, r: pairwise.euclidean_distances(x, x[:5, :]),
    "cosine_similarity": lambda x, y, r: pairwise.cosine_similarity(x, x[:5, :]),
    "rbf_kernel": lambda x, y, r: pairwise.rbf_kernel(x, x[:5, :]),
    "linear_kernel": lambda x, y, r: pairwise.linear_kernel(x, x[:5, :]),
    "polynomial_kernel": lambda x, y, r: pairwise.polynomial_kernel(x, x[:5, :]),
    "special.logsumexp": lambda x, y, r: special.logsumexp(x, axis=0),
    "special.softmax": lambda x, y, r: special.softmax(x, axis=1),
    "special.xlogy": lambda x, y, r: special.xlogy(abs(x), abs(x)),
    "stats.zscore": lambda x, y, r: stats.zscore(x, axis=0),
    "stats.moment": lambda x, y, r: stats.moment(x, 3, axis=0),
    "stats.skew": lambda x, y, r: stats.skew(x, axis=0),
    "stats.kurtosis": lambda x, y, r: stats.kurtosis(x, axis=0),
    "stats.gmean": lambda x, y, r: stats.gmean(abs(x), axis=0),
    "stats.pearsonr": lambda x, y, r: stats.pearsonr(r, r * r).statistic,
    "stats.ttest_1samp": lambda x, y, r: stats.ttest_1samp(r, 0.1).statistic,
    "stats.tmean": lambda x, y, r: stats.tmean(r),
    "stats.variation": lambda x, y, r: stats.variation(r),
    "integrate.trapezoid": lambda x, y, r: integrate.trapezoid(r),
    "integrate.cumulative_trapezoid": lambda x, y, r: integrate.cumulative_trapezoid(r),
    "cluster.vq.whiten": lambda x, y, r: vq.whiten(x),
}
GATHERING = {
    "confusion_matrix": lambda x, y, r: metrics.confusion_matrix(y, 1 - y),
    "log_loss": lambda x, y, r: metrics.log_loss(y, 0.2 + 0.6 * y),
    "roc_auc_score": lambda x, y, r: metrics.roc_auc_score(y, r),
    "special.expit": lambda x, y, r: special.expit(x),
    "special.erf": lambda x, y, r: special.erf(x),
    "stats.entropy": lambda x, y, r: stats.entropy(abs(r)),
    "integrate.simpson": lambda x, y, r: integrate.simpson(r),
    "signal.detrend": lambda x, y, r: signal.detrend(r),
    "cluster.vq.vq": lambda x, y, r: vq.vq(x, x[:3, :])[0],
}


def plain(value):
    return value.to_numpy() if isinstance(value, hpx.ndarray) else np.asarray(value)


def problem_of(case):
    theirs = case(X, Y, R)
    ours = case(*(hpx.asarray(each, distribution="block") for each in (X, Y, R)))
    if not np.allclose(plain(ours), theirs, rtol=1e-8, atol=1e-10):
        return f"{ours!r}, with NumPy {theirs!r}"
    return ""


def main():
    problems = []
    for name, case in CASES.items():
        if text := problem_of(case):
            problems.append(f"{name}: {text}")
    for name, case in GATHERING.items():
        try:
            problem_of(case)
            problems.append(f"{name}: gathers without leave, or need not be in this list")
        except TypeError:
            pass
    hpx.set_implicit_gather(1 << 20)
    for name, case in GATHERING.items():
        if text := problem_of(case):
            problems.append(f"{name}: {text}")
    if problems:
        sys.exit("\n".join(problems))
    if hpx.locality_id() == 0:
        print(f"{len(CASES) + len(GATHERING)} agree; localities: {hpx.num_localities()}")


if __name__ == "__main__":
    main()
