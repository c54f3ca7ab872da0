"""A small trained model for tests that need any model at all."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from ml.churn.model import LoadedModel
from ml.config import TrainingSettings
from ml.training.train import fit
from ml.training.training_result import TrainingResult
from tests.model.planted_churn import cutoffs, planted_company

HOLDOUT = date(2026, 3, 1)
AS_OF = HOLDOUT + timedelta(days=90)


@pytest.fixture(scope="session")
def examples() -> pa.Table:
    return planted_company(cutoffs(HOLDOUT, 8), customers=400).examples


@pytest.fixture(scope="session")
def result(examples: pa.Table) -> TrainingResult:
    return fit(examples, TrainingSettings(), as_of=AS_OF)


@pytest.fixture(scope="session")
def loaded(result: TrainingResult) -> LoadedModel:
    return LoadedModel(result.model, "7", result.model.facts.as_of)


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    """Customers of CDNOW: repeats x until age T, the last at t_x, in weeks; zbar in dollars."""
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        pytest.skip("install lifetimes, which carries the CDNOW data")
    data = Path(package.origin).parent / "datasets"
    return pd.read_csv(data / "cdnow_customers_summary_with_transactions.csv")
