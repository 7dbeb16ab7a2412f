"""One set of tests for one and for several localities.

`hpxpy run -n 3 -m pytest tests/python` runs every test on every locality, in the same order with
the same examples. There the first failure ends the run, as localities would go on out of step.
"""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import hypothesis
import numpy as np
import pytest

hypothesis.settings.register_profile(
    "hpxpy",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    # What depends on the clock would part the localities.
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink],
)
hypothesis.settings.load_profile("hpxpy")


def pytest_configure(config):
    if hpx.num_localities() > 1:
        config.option.maxfail = 1


@pytest.fixture(autouse=True)
def quiet_numpy():
    """NumPy warns of overflow and nan; hpxpy by contract does not."""
    with np.errstate(all="ignore"):
        yield
