"""One set of tests for one and for several localities.

`hpxpy run -n 3 -m pytest tests/python` runs every test on every locality, in the same order with
the same examples. There the first failure ends the run, as localities would go on out of step.
What makes no distributed array (`local`) is the same on any number of localities, so several run a
sample of it.
"""

# SPDX-License-Identifier: BSL-1.0
import collections

import hpxpy as hpx
import hypothesis
import numpy as np
import pytest

SAMPLE = 20

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


def pytest_collection_modifyitems(config, items):
    """Of each local test, several localities run one case in SAMPLE, and at least one."""
    if hpx.num_localities() == 1 or "::" in " ".join(config.args):
        return
    cases, kept, left = collections.Counter(), [], []
    for item in items:
        local = item.get_closest_marker("local") and not item.get_closest_marker("distributed")
        name = item.nodeid.partition("[")[0]
        (left if local and cases[name] % SAMPLE else kept).append(item)
        cases[name] += 1
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture(autouse=True)
def quiet_numpy():
    """NumPy warns of overflow and nan; hpxpy by contract does not."""
    with np.errstate(all="ignore"):
        yield
