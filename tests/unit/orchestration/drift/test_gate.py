from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import pytest

from ml.churn.model import LoadedModel
from orchestration.drift.gate import (
    DriftError,
    accept,
    blocking_message,
    blocking_shifts,
)
from tests.unit.orchestration.drift.conftest import BOUND, DAYS, run


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
