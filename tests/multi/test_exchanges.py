"""Exchanges on more localities than tests/python runs on, by the same formulas."""

# SPDX-License-Identifier: BSL-1.0
from pathlib import Path

import pytest
from conftest import ENGINE

CASES = Path(__file__).parents[1] / "python" / "test_exchanges.py"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("n", [4, 8])
def test_counters_keep_their_formulas(command, n):
    if ENGINE == "hpx" and n > 4:
        pytest.skip("so many localities of HPX on one host take minutes")
    result = command("-n", n, "-m", "pytest", CASES, "-q", limit=280)
    assert result.code == 0, result.stdout
    assert result.stdout.count(" passed") == n
