"""One planted company and one training on it, shared by the tests of this folder."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ml.config import TrainingSettings
from ml.training.train import fit
from ml.training.training_result import TrainingResult
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
