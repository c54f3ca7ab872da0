"""One planted company with one training on it, and the demo company, for tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from ml.config import TrainingSettings
from ml.training.train import fit
from ml.training.training_result import TrainingResult
from tests.model.demo_database import demo_database
from tests.model.planted_churn import CATALOGUE, PlantedCompany, cutoffs, planted_company

HOLDOUT = date(2026, 3, 1)


@pytest.fixture(scope="session")
def company() -> PlantedCompany:
    return planted_company(cutoffs(HOLDOUT, 14))


@pytest.fixture(scope="session")
def trained(company: PlantedCompany) -> TrainingResult:
    return fit(
        company.examples,
        TrainingSettings(),
        as_of=HOLDOUT + timedelta(days=90),
        catalogue=CATALOGUE,
    )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo_database(tmp_path_factory.mktemp("demo_truth")) as connection:
        yield connection
