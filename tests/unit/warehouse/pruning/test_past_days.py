"""Rows of past days and unused training dates go, and what later days and effects need stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.connection import create_tables
from warehouse.errors import WarehouseError
from warehouse.pruning.account import RemovedRows
from warehouse.pruning.past_days import remove_past_days, remove_unused_dates, require_kept
from warehouse.pruning.rows_of_days import OF_DATES, OF_DECISIONS, OF_PAST_DAYS

HORIZON = 90
TODAY = date(2026, 12, 31)
FIRST = date(2026, 8, 1)
DAYS = [date(2026, 1, 15), date(2026, 7, 31), FIRST, TODAY]


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with rows of four days, of which the first two are too old."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        create_tables(con)
        con.execute(
            """
            create schema activation;
            create schema features;
            create schema labels;
            create schema experiments;
            create schema intermediate;
            create table activation.action_exclusions_daily (
                snapshot_date date, customer_id varchar, reason varchar
            );
            create table features.feat_customer_snapshots (snapshot_date date, customer_id varchar);
            create table labels.lbl_churn_outcomes (snapshot_date date, customer_id varchar);
            create table experiments.customer_causes (snapshot_date date, customer_id varchar);
            create table experiments.action_touches (record_no bigint, sent_on date);
            create table experiments.action_units (customer_id varchar, assigned_on date);
            create table intermediate.int_identity_history (record_no bigint, customer_id varchar);
            insert into intermediate.int_identity_history values (1, 'a'), (2, 'b');
            """
        )
        for day in DAYS:
            con.execute("insert into ops.snapshot_dates values (?, uuid())", [day])
            con.execute("insert into features.feat_customer_snapshots values (?, 'a')", [day])
            con.execute(
                """
                insert into ml.churn_scores (
                    snapshot_date, customer_id, model_version, churn_probability
                ) values (?, 'a', month(?::date), 0.5)
                """,
                [day, day],
            )
        yield con


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return [values[0] if len(values) == 1 else values for values in con.execute(sql).fetchall()]


def remove(con: duckdb.DuckDBPyConnection) -> list[RemovedRows]:
    return remove_past_days(con, TODAY, FIRST, HORIZON)


def test_rows_of_old_days_are_removed_and_counted_once(con: duckdb.DuckDBPyConnection) -> None:
    assert RemovedRows("past_days", "ml.churn_scores", 2) in remove(con)
    for table in ("ops.snapshot_dates", "ml.churn_scores"):
        assert rows(con, f"select snapshot_date from {table} order by 1") == DAYS[2:]
    account = rows(con, "select removed_before, rows from ops.removed_rows where rows > 0")
    assert account == [(FIRST, 2), (FIRST, 2)]
    assert remove(con) == []
    assert rows(con, "select removed_before, rows from ops.removed_rows where rows > 0") == account


def test_the_last_exclusion_of_a_customer_quarter_and_reason_stays(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        """
        insert into activation.action_exclusions_daily values
            ('2026-01-15', 'a', 'lost_anyway'), ('2026-03-31', 'a', 'lost_anyway'),
            ('2026-03-30', 'a', 'no_consent'), ('2026-02-01', 'b', 'lost_anyway'),
            ('2026-07-31', 'a', 'lost_anyway'), ('2026-08-01', 'a', 'lost_anyway')
        """
    )
    remove(con)
    assert rows(con, "from activation.action_exclusions_daily order by all") == [
        (date(2026, 2, 1), "b", "lost_anyway"),
        (date(2026, 3, 30), "a", "no_consent"),
        (date(2026, 3, 31), "a", "lost_anyway"),
        (date(2026, 8, 1), "a", "lost_anyway"),
    ]


def test_decisions_with_an_arm_stay_and_others_as_long_as_rules_are_valued_on_them(
    con: duckdb.DuckDBPyConnection,
) -> None:
    valued = TODAY - timedelta(days=26 * 7 + HORIZON)
    for day in (valued - timedelta(days=1), valued):
        for number, arm in enumerate(("treatment", "control", "global_holdout", "none")):
            con.execute(
                """
                insert into ops.decided_actions (
                    snapshot_date, customer_id, arm, chosen_with_probability, choice_no
                ) values (?, ?, ?, 1, ?)
                """,
                [day, arm, arm, number],
            )
            con.execute("insert into ops.decision_choices values (?, ?, null, 1)", [day, number])
    remove(con)
    kept = "select arm from ops.decided_actions where snapshot_date {} ? order by arm"
    arms = ["control", "global_holdout", "treatment"]
    assert [arm for (arm,) in con.execute(kept.format("<"), [valued]).fetchall()] == arms
    assert len(con.execute(kept.format("="), [valued]).fetchall()) == 4
    assert rows(
        con,
        "select removed_before from ops.removed_rows where table_name = 'ops.decided_actions'",
    ) == [valued]
    # Probabilities of a choice stay as long as a decision refers to them.
    assert rows(con, "select choice_no from ops.decision_choices order by all") == [
        0, 0, 1, 1, 2, 2, 3,
    ]  # fmt: skip


def test_holdouts_of_models_whose_days_are_all_removed_go_with_them(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        "insert into ml.holdout_scores"
        " select date '2026-01-01', 'a', version, 0.5 from (values ('1'), ('8')) as v (version)"
    )
    remove(con)
    assert rows(con, "select model_version from ml.holdout_scores") == ["8"]


def test_dates_of_the_latest_training_holdouts_and_days_stay_and_other_dates_go(
    con: duckdb.DuckDBPyConnection,
) -> None:
    trained, stale, holdout = date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 3)
    for table in ("features.feat_customer_snapshots", "labels.lbl_churn_outcomes"):
        for day in (trained, stale, holdout):
            con.execute(f"insert into {table} values (?, 'a')", [day])
    con.execute("insert into ml.holdout_scores values (?, 'a', '8', 0.5)", [holdout])
    assert remove_unused_dates(con, TODAY) == []  # the dates of a training are not known yet
    con.execute("insert into ops.training_dates values (?)", [trained])
    assert remove_unused_dates(con, TODAY)
    snapshots = "select snapshot_date from {} order by 1"
    assert rows(con, snapshots.format("features.feat_customer_snapshots")) == sorted(
        [*DAYS, trained, holdout]
    )
    assert rows(con, snapshots.format("labels.lbl_churn_outcomes")) == [trained, holdout]
    assert remove_unused_dates(con, TODAY) == []


def test_the_cause_of_a_customer_who_was_touched_in_the_month_after_it_stays(
    con: duckdb.DuckDBPyConnection,
) -> None:
    stale = date(2026, 5, 2)
    con.execute("insert into ops.training_dates values ('2026-05-01')")
    con.execute("insert into labels.lbl_churn_outcomes values (?, 'a')", [stale])
    for customer in ("a", "b"):
        con.execute("insert into experiments.customer_causes values (?, ?)", [stale, customer])
    con.execute(
        "insert into experiments.action_touches values (1, '2026-06-01'), (2, '2026-06-02')"
    )
    remove_unused_dates(con, TODAY)
    assert rows(con, "select customer_id from experiments.customer_causes") == ["a"]


def test_the_features_that_an_assigned_customer_had_on_that_day_stay(
    con: duckdb.DuckDBPyConnection,
) -> None:
    before, latest = date(2026, 5, 2), date(2026, 5, 3)
    con.execute("insert into ops.training_dates values ('2026-05-01')")
    for day in (before, latest):
        con.execute("insert into labels.lbl_churn_outcomes values (?, 'a')", [day])
        for customer in ("assigned", "too_late", "never"):
            con.execute(
                "insert into features.feat_customer_snapshots values (?, ?)", [day, customer]
            )
    con.execute(
        "insert into experiments.action_units values"
        " ('assigned', '2026-06-03'), ('too_late', '2026-06-04')"
    )
    assert remove_unused_dates(con, TODAY)
    kept = "select snapshot_date, customer_id from features.feat_customer_snapshots"
    assert rows(con, f"{kept} where customer_id <> 'a'") == [(latest, "assigned")]
    assert remove_unused_dates(con, TODAY) == []


def test_no_table_of_many_removed_rows_has_a_key(con: duckdb.DuckDBPyConnection) -> None:
    # DuckDB gives no block back that deleted rows leave in a table with a key.
    keyed = rows(
        con,
        "select schema_name || '.' || table_name from duckdb_constraints()"
        " where constraint_type in ('PRIMARY KEY', 'UNIQUE')",
    )
    removed_from = {*OF_PAST_DAYS, *OF_DATES, *OF_DECISIONS}
    assert removed_from & set(keyed) == {"ops.snapshot_dates"}  # a row a day


def test_a_removed_day_and_one_that_is_compared_with_removed_days_cannot_be_run(
    con: duckdb.DuckDBPyConnection,
) -> None:
    require_kept(con, DAYS, HORIZON)
    remove(con)
    runnable = FIRST + timedelta(days=HORIZON)
    require_kept(con, [runnable, TODAY], HORIZON)
    with pytest.raises(WarehouseError) as raised:
        require_kept(con, [runnable - timedelta(days=1), TODAY], HORIZON)
    assert str(raised.value) == (
        "2026-10-29 cannot be run again: rows of days before 2026-08-01 were removed because of"
        " their age (keep.past_days), and a run needs those of the 90 days before it. Days from"
        " 2026-10-30 on can be run"
    )
