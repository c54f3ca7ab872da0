from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pytest

from ml.churn.model import LoadedModel
from ml.monitoring.drift import stability_index
from orchestration.drift.gate import shifts_of
from orchestration.drift.measurement import measure
from tests.unit.orchestration.drift.conftest import DAYS, HOLDOUT, run, scores_of
from warehouse.ml_tables.drift_tables import earlier_date, reference_of, weights_of
from warehouse.ml_tables.model_tables import replace_churn_scores


def test_a_day_is_compared_with_the_scored_day_four_weeks_before_or_the_first(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert earlier_date(con, DAYS[5]) is None
    for day in (DAYS[0], DAYS[1], DAYS[3]):
        replace_churn_scores(con, [day], scores_of(day))
    assert earlier_date(con, DAYS[5]) == DAYS[0]
    assert earlier_date(con, DAYS[0]) is None
    assert earlier_date(con, DAYS[30]) == DAYS[1]
    assert earlier_date(con, DAYS[30], also=[DAYS[2], DAYS[30]]) == DAYS[2]


def test_days_measured_together_are_compared_with_the_same_days_as_one_by_one(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    counted = "from ml.feature_counts order by snapshot_date, feature, bin"
    for day in DAYS[:3]:
        run(con, used, day)
    one_by_one = con.execute(counted).fetchall()
    con.execute("delete from ml.feature_counts")
    con.execute("delete from ml.churn_scores where snapshot_date > ?", [DAYS[0]])
    for day in DAYS[:3]:
        measure(con, day, used, DAYS[:3])
    assert con.execute(counted).fetchall() == one_by_one


def test_the_reference_is_kept_with_the_version_and_has_the_score_in_it(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    run(con, used, DAYS[0])
    kept = reference_of(con, "1")
    features = set(kept["feature"].to_pylist())
    assert {"late_answers_90d", "plan", "has_app", "churn_probability"} <= features
    assert set(used.model.preprocessor.names) <= features
    weights = weights_of(con, "1")
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["churn_probability"] == 0

    con.execute("delete from features.feat_customer_snapshots where snapshot_date <= ?", [HOLDOUT])
    run(con, used, DAYS[1])
    assert reference_of(con, "1").equals(kept)


def test_without_the_training_rows_nothing_is_measured(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    con.execute("delete from features.feat_customer_snapshots where snapshot_date <= ?", [HOLDOUT])
    assert run(con, used, DAYS[0]) == []
    assert shifts_of(con, DAYS[0]) == []


def test_the_index_of_a_day_is_that_of_its_customers(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    run(con, used, DAYS[0])
    found = {shift.feature: shift for shift in shifts_of(con, DAYS[0])}["plan"]
    names = ["basic", "plus", "pro"]

    def by_plan(dates: list[date]) -> list[float]:
        rows = dict(
            con.execute(
                "select plan, count(*) from features.feat_customer_snapshots"
                " where list_contains(?, snapshot_date) group by plan",
                [dates],
            ).fetchall()
        )
        return [float(rows[name]) for name in names]

    facts = used.model.facts
    trained = by_plan([*facts.train_dates, *facts.calibration_dates])
    shares = [count / sum(trained) * 300 for count in trained]
    # The bins for other and for unknown are empty on both sides.
    index, _ = stability_index(np.array([*by_plan([DAYS[0]]), 0, 0]), np.array([*shares, 0, 0]))
    assert found.psi == pytest.approx(index)
