"""What run_array_api.sh adds to the public Array API suite, as a plugin of pytest.

The same settings on every locality and on a busy machine; and on several localities tests that end
on all of them alike, so that they go on together after a failure.
"""

# SPDX-License-Identifier: BSL-1.0
import functools
import os
import random
import zlib

import pytest
from hypothesis import HealthCheck, Phase, settings

SEVERAL = bool(os.environ.get("RUNNER"))
RANK_VARS = "PMI_RANK OMPI_COMM_WORLD_RANK PMIX_RANK SLURM_PROCID HPXPY_LOCALITY_ID"
# Read here, as a launcher's variables may be gone once the module under test is imported.
RANK = next(filter(None, map(os.environ.get, os.environ.get("RANK_VARS", RANK_VARS).split())), "0")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """One report a locality, named before the reporter opens its file."""
    if RANK != "0" and getattr(config.option, "xmlpath", None):
        config.option.xmlpath += "." + RANK


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Some tests take .example() outside of @given, which reads the global generator."""
    if os.environ["SEED"] != "random":
        random.seed(zlib.crc32(item.nodeid.encode()) + int(os.environ["SEED"]))


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    """No deadline, and no health check that looks at the clock."""
    settings.register_profile(
        "conformance",
        max_examples=config.getoption("--hypothesis-max-examples"),
        derandomize=False,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Shrinking and explaining look at the clock and at lines that one locality alone has run.
        phases=[Phase.explicit, Phase.generate] if SEVERAL else list(Phase),
    )
    settings.load_profile("conformance")


def settle(mine):
    """Raises `mine`, or what tells that localities ended differently; nothing if all ended well.

    Who is still in a call of hpxpy's is told that others are not, and comes here, too.
    """
    import hpxpy

    text = "" if mine is None else f"{type(mine).__name__}: {str(mine)[:2000]}"
    while True:
        try:
            outcomes = hpxpy.all_gather_object(text)
            break
        except hpxpy.CommunicationError:
            pass
    if len({outcome.partition(":")[0] for outcome in outcomes}) > 1:
        told = "\n".join(f"locality {k}: {ending or 'passed'}" for k, ending in enumerate(outcomes))
        raise AssertionError(f"localities end differently\n{told}") from mine
    if mine is not None:
        raise mine


def together(call):
    """`call`, whose end is the same on all localities."""

    @functools.wraps(call)
    def wrapped(*args, **kwargs):
        mine = None
        try:
            call(*args, **kwargs)
        except BaseException as error:
            mine = error
        settle(mine)

    wrapped.together = True
    return wrapped


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Each example of a test, and each test, ends on all localities alike."""
    if not SEVERAL:
        return (yield)
    handle = getattr(pyfuncitem.obj, "hypothesis", None)
    if handle is not None and not hasattr(handle.inner_test, "together"):
        handle.inner_test = together(handle.inner_test)
    mine = None
    try:
        result = yield
    except BaseException as error:
        mine = error
    settle(mine)
    return result
