"""Some of the seeded faults of `make faults`; no time decides here."""

# SPDX-License-Identifier: BSL-1.0
import pytest
from faults import Fault, Place, problems_of


@pytest.fixture(scope="module")
def place():
    place = Place()
    yield place
    place.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [0, 7, 11, 12, 16, 20, 22, 23, 24, 27, 33, 39, 50, 130, 147])
def test_faults_end_programs_as_they_should(place, seed):
    fault = Fault(seed, place.ways())
    found, stderr = problems_of(place, fault, limit=30)
    assert not found, f"{fault}: {found}\n{stderr}"
