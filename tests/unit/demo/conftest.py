"""A small demo company, generated once for all tests of its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from demo import GenerationReport, generate


@dataclass(frozen=True)
class Company:
    """Where a generation lies and what it reported."""

    landing: Path
    truth: Path
    report: GenerationReport


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("demo")
    landing, truth = folder / "landing", folder / "demo_truth"
    return Company(landing, truth, generate(landing, truth, people=300))
