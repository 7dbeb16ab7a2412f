"""The HPXPY_* variables: one table, which the docs show, and which refuses junk."""

# SPDX-License-Identifier: BSL-1.0
import importlib.util
import re
from pathlib import Path

import hpxpy as hpx
import pytest
from hpxpy import _core

pytestmark = pytest.mark.local

ROOT = Path(__file__).parents[2]
NAMES = [name for name, *_ in _core._settings]
JUNK = {
    "HPXPY_NUM_THREADS": "2.5",
    "HPXPY_ENGINE": "tcp",
    "HPXPY_ENGINE_PATH": "/no/folder",
    "HPXPY_ISA": "sse",
    "HPXPY_LOG": "loud",
    "HPXPY_STALL_SECONDS": "-1",
    "HPXPY_TRANSPORT": "TCP!",
    "HPXPY_AGAS": "host",
    "HPXPY_HPX": "host:0",
    "HPXPY_NUM_LOCALITIES": "-1",
    "HPXPY_LOCALITY_ID": "one",
}


def test_the_page_is_what_the_command_writes():
    path = ROOT / "tools" / "environment.py"
    specification = importlib.util.spec_from_file_location("environment", path)
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    assert (ROOT / "docs" / "environment.md").read_text() == tool.page()


def test_the_table_has_every_variable_that_is_read():
    """By its quoted name, as getenv and os.environ take it."""
    read = set()
    for path in (*ROOT.glob("src/**/*.[ch]pp"), *ROOT.glob("python/**/*.py")):
        read.update(re.findall(r'"(HPXPY_[A-Z_]+)"', path.read_text()))
    assert read <= set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", [name for name, takes, *_ in _core._settings if takes])
def test_junk_is_refused(name):
    junk = JUNK.get(name, "junk")
    with pytest.raises(ValueError, match=rf"^{name}: '{junk}' is n\w+ .*"):
        _core._check_setting(name, junk)


def test_what_is_right_is_taken():
    for name, text in [
        ("HPXPY_LOG", "info,mine=debug"),
        ("HPXPY_AGAS", "node1:7910"),
        ("HPXPY_ENGINE", "mpi"),
        ("HPXPY_CONTROL", "3:17:"),
        ("HPXPY_NOT_OURS", "anything"),
    ]:
        _core._check_setting(name, text)


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"HPXPY_DEBUG": "maybe"}, "HPXPY_DEBUG: 'maybe' is not a truth value; give 1 or 0"),
        ({"HPXPY_CACHE_LIMIT": "much"}, "HPXPY_CACHE_LIMIT: 'much' is not a size; give bytes"),
    ],
)
def test_the_launcher_refuses_it(env, message):
    with pytest.raises(ValueError, match=message):
        hpx.launcher.launch_localities(["-c", "1"], num_localities=1, env=env)
