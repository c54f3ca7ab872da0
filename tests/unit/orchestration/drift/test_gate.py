"""A warehouse with a planted company's features, a model trained on them, and days that shift."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from ml.churn.model import LoadedModel
from ml.config import TrainingSettings
from ml.monitoring.drift import stability_index
from ml.training.train import fit
from orchestration.drift.gate import (
    DriftError,
    accept,
    blocking_message,
    blocking_shifts,
    shifts_of,
)
from orchestration.drift.measurement import measure
from tests.model.planted_churn import cutoffs, planted_company
from warehouse.connection import create_tables
from warehouse.drift_tables import earlier_date, reference_of, weights_of
from warehouse.model_tables import replace_churn_scores, replace_holdout_scores

HOLDOUT = date(2026, 3, 1)
AS_OF = HOLDOUT + timedelta(days=90)
DAYS = [AS_OF + timedelta(days=number) for number in range(40)]
BOUND = 0.5


@pytest.fixture(scope="module")
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


def multiply(con: duckdb.DuckDBPyConnection, since: date, factor: float) -> None:
    """Multiply a feature from a day on, as a change of unit does."""
    con.execute(
        """
        update features.feat_customer_snapshots
        set late_answers_90d = late_answers_90d * $factor
        where snapshot_date >= $since
        """,
        {"factor": factor, "since": since},
    )


def test_days_like_those_of_the_training_pass(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    assert [run(con, used, day) for day in DAYS[:5]] == [[]] * 5


def test_a_change_of_unit_blocks_from_its_first_day_until_it_is_undone(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    run(con, used, DAYS[0])
    multiply(con, DAYS[1], 100)
    assert run(con, used, DAYS[1]) == ["late_answers_90d"]
    assert run(con, used, DAYS[2]) == ["late_answers_90d"]

    multiply(con, DAYS[1], 1 / 100)
    assert run(con, used, DAYS[1]) == []


def test_the_message_names_features_their_index_and_what_to_do(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    run(con, used, DAYS[0])
    multiply(con, DAYS[1], 100)
    run(con, used, DAYS[1])
    (shift,) = blocking_shifts(con, DAYS[1], BOUND)
    text = blocking_message(DAYS[1], [shift])

    assert f"late_answers_90d (PSI {shift.psi:.2f})" in text
    assert f"holdfast accept-drift --date {DAYS[1]} --feature late_answers_90d" in text
    assert "on_shift: warn" in text


def test_an_accepted_drift_does_not_block_later_days_and_a_further_drift_does(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    run(con, used, DAYS[0])
    multiply(con, DAYS[1], 100)
    assert run(con, used, DAYS[1]) == ["late_answers_90d"]
    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    accept(con, DAYS[1], ["late_answers_90d"], bound=BOUND, at=at, by="ada", reason="New unit.")

    assert [run(con, used, day) for day in DAYS[1:4]] == [[], [], []]
    con.execute(
        "update features.feat_customer_snapshots set late_answers_90d = null"
        " where snapshot_date >= ?",
        [DAYS[4]],
    )
    assert run(con, used, DAYS[4]) == ["late_answers_90d"]
    assert con.execute(
        "select snapshot_date, feature, model_version, accepted_at, accepted_by, reason"
        " from ops.accepted_drift"
    ).fetchall() == [(DAYS[1], "late_answers_90d", "1", at, "ada", "New unit.")]


def test_only_features_that_block_can_be_accepted(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    run(con, used, DAYS[0])
    multiply(con, DAYS[1], 100)
    run(con, used, DAYS[1])
    for day, features, text in (
        (DAYS[1], ["late_answers_90d", "plan"], "plan: does not block .* features that do: late_"),
        (DAYS[0], ["plan"], "plan: does not block .* no feature does"),
        (DAYS[9], ["plan"], "no feature does"),
    ):
        with pytest.raises(DriftError, match=text):
            accept(con, day, features, bound=BOUND, at=at, by="ada")
    assert con.execute("from ops.accepted_drift").fetchall() == []


def test_the_first_day_is_never_blocked(con: duckdb.DuckDBPyConnection, used: LoadedModel) -> None:
    multiply(con, DAYS[0], 100)
    assert run(con, used, DAYS[0]) == []


def test_a_feature_without_comparison_never_blocks(
    con: duckdb.DuckDBPyConnection, used: LoadedModel
) -> None:
    con.execute("update seeds.feature_catalogue set comparable_after_days = null")
    run(con, used, DAYS[0])
    multiply(con, DAYS[1], 100)
    assert run(con, used, DAYS[1]) == []


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
