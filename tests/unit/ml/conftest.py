"""A small trained model for tests that need any model at all."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from ml.config import TrainingSettings
from ml.model import LoadedModel
from ml.train import TrainingResult, fit
from tests.model.planted_churn import cutoffs, planted_company

HOLDOUT = date(2026, 3, 1)


@pytest.fixture(scope="session")
def examples() -> pa.Table:
    return planted_company(cutoffs(HOLDOUT, 8), customers=400).examples


@pytest.fixture(scope="session")
def result(examples: pa.Table) -> TrainingResult:
    return fit(examples, TrainingSettings(), as_of=HOLDOUT + timedelta(days=90))


@pytest.fixture(scope="session")
def loaded(result: TrainingResult) -> LoadedModel:
    return LoadedModel(result.model, "7", result.model.facts.as_of)
