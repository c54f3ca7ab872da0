"""A warehouse with a planted company's features, a model trained on them, and 40 days after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest

from ml.churn.model import LoadedModel
from ml.config import TrainingSettings
from ml.training.train import fit
from orchestration.drift.gate import blocking_shifts
from orchestration.drift.measurement import measure
from tests.model.planted_churn import cutoffs, planted_company
from warehouse.connection import create_tables
from warehouse.ml_tables.model_tables import replace_churn_scores, replace_holdout_scores

HOLDOUT = date(2026, 3, 1)
AS_OF = HOLDOUT + timedelta(days=90)
DAYS = [AS_OF + timedelta(days=number) for number in range(40)]
BOUND = 0.5


@pytest.fixture(scope="package")
def used() -> LoadedModel:
    examples = planted_company(cutoffs(HOLDOUT, 8), customers=300).examples
    model = fit(examples, TrainingSettings(), as_of=AS_OF).model
    return LoadedModel(model, "1", AS_OF)


@pytest.fixture
def con(used: LoadedModel) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse as it is before the first day is scored."""
    with duckdb.connect() as con:
        create_tables(con)
        features = planted_company([*cutoffs(HOLDOUT, 8), *DAYS], customers=300).examples
        con.register("planted", features)
        con.execute("create schema features")
        con.execute("create table features.feat_customer_snapshots as from planted")
        con.execute("create schema seeds")
        con.execute(
            """
            create table seeds.feature_catalogue as
            select feature, 90 as comparable_after_days
            from (values ('late_answers_90d'), ('discount_share_365d')) as features (feature)
            """
        )
        replace_holdout_scores(con, "1", scores_of(HOLDOUT))
        yield con


def scores_of(day: date) -> pa.Table:
    return pa.table(
        {
            "snapshot_date": pa.array([day] * 100, pa.date32()),
            "customer_id": [str(number) for number in range(100)],
            "model_version": ["1"] * 100,
            "churn_probability": [number / 100 for number in range(100)],
        }
    )


def run(con: duckdb.DuckDBPyConnection, used: LoadedModel, day: date) -> list[str]:
    """Measure a day, score it if no feature blocks, and return the features that do."""
    measure(con, day, used, [day])
    blocking = [shift.feature for shift in blocking_shifts(con, day, BOUND)]
    if not blocking:
        replace_churn_scores(con, [day], scores_of(day))
    return blocking
