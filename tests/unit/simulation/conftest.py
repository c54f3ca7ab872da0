"""A company of 200 people with two decision days, and its world without decisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.generator import NO_DECISIONS
from simulation.company import Company

COMPANY = Company(people=200, seed=7, days=28, every=14)


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds") / "untouched"
    COMPANY.write_world(folder, NO_DECISIONS)
    return folder
