from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from ml.uplift.offline_value import LOGGED_OPTIONS
from tests.unit.ml.uplift.planted_units import planted
from tests.unit.warehouse.randomised_company import (
    CALL,
    DECIDED,
    log_decisions,
    randomised_company,
)
from warehouse.ml_tables.uplift_tables import (
    has_uplift_scores,
    known_outcomes,
    limits_of_days,
    logged_options,
    replace_uplift_scores,
    uplift_units,
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with randomised_company(planted(20, 1, effect_of_cause=0.3)) as con:
        yield con


def test_units_have_the_features_of_their_day_or_of_the_month_before(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        """
        update features.feat_customer_snapshots set snapshot_date = snapshot_date - 31
        where customer_id = 'c1';
        update features.feat_customer_snapshots set snapshot_date = snapshot_date - 32
        where customer_id = 'c2';
        update features.feat_customer_snapshots set snapshot_date = snapshot_date + 1
        where customer_id = 'c3'
        """
    )
    units = uplift_units(con, [CALL])[CALL]
    customers = set(units["customer_id"].to_pylist())
    assert {"c1"} <= customers
    assert not {"c2", "c3"} & customers
    assert {"cause", "orders", "days_since_order"} < set(units.column_names)
    assert "snapshot_date" not in units.column_names


def test_a_campaign_has_the_treated_share_of_its_period_and_both_arms_are_left_out(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        """
        update experiments.action_units set treatment_probability = null, is_decided = false;
        insert into experiments.action_units
        select * replace (if(arm = 'control', 'treatment', 'control') as arm)
        from experiments.action_units where customer_id = 'c4'
        """
    )
    units = uplift_units(con, [CALL])[CALL]
    assert "c4" not in units["customer_id"].to_pylist()
    first = units.filter(pa.array([day.month == 1 for day in units["assigned_on"].to_pylist()]))
    [share] = first["treatment_probability"].unique().to_pylist()
    assert 0 < share < 1


def test_units_of_an_action_are_the_same_whatever_other_actions_are_read(
    con: duckdb.DuckDBPyConnection,
) -> None:
    alone = uplift_units(con, [CALL])[CALL]
    con.execute(
        """
        insert into experiments.action_units
        select * replace (
            'mail' as action_id, 'treatment' as arm, null as treatment_probability
        )
        from experiments.action_units
        """
    )
    both = uplift_units(con, [CALL, "mail"])
    assert both[CALL].equals(alone)
    assert both["mail"]["treatment_probability"].unique().to_pylist() == [1.0]
    assert len(both["mail"]) == len(alone) > 0
    assert len(uplift_units(con, ["unknown"])["unknown"]) == 0


def test_outcomes_are_counted_by_action_and_arm(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update experiments.action_units set is_retained = null where customer_id = 'c1'")
    treated, control = known_outcomes(con)[CALL]
    assert treated + control == 19


def test_logged_options_are_those_of_days_a_week_apart_without_the_hold_out(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert logged_options(con).num_rows == 0
    log_decisions(con)
    con.execute(
        "insert into ml.action_priors by name select 'call' as action_id, null as cause,"
        " 0.1 as prior_save_share, 0.1 as prior_save_share_sd, 0.3 as save_share,"
        " 0.1 as save_share_sd, 0 as treated, 0 as control, 0 as action_treated,"
        " 0 as action_control"
    )
    log = logged_options(con)
    assert log.schema.names == LOGGED_OPTIONS.names
    rows = log.filter(pa.array([day == DECIDED[-1] for day in log["snapshot_date"].to_pylist()]))
    assert set(log["snapshot_date"].to_pylist()) == {DECIDED[0], DECIDED[2]}
    # The withheld call of c2 is nothing received.
    received = {
        row["customer_id"]: row["action_id"] for row in rows.to_pylist() if row["is_received"]
    }
    assert received == {"c1": "call", "c2": None}
    call, mail, nothing = (
        next(row for row in rows.to_pylist() if row["action_id"] == action)
        for action in ("call", "mail", None)
    )
    assert (call["logged_probability"], nothing["logged_probability"]) == (0.6, 0.3)
    assert (call["save_share"], call["catalogue_save_share"]) == (0.3, 0.15)
    assert [row["expected_cost"] for row in (call, mail, nothing)] == pytest.approx([4.5, 0.05, 0])


def test_days_of_which_decisions_were_removed_are_not_valued(
    con: duckdb.DuckDBPyConnection,
) -> None:
    log_decisions(con)
    for table, before in (("ops.decided_actions", DECIDED[1]), ("ml.churn_scores", DECIDED[-1])):
        con.execute(
            "insert into ops.removed_rows values ('2027-01-01', 'past_days', ?, ?, 1)",
            [table, before],
        )
    assert set(logged_options(con)["snapshot_date"].to_pylist()) == {DECIDED[-1]}
    con.execute("update ops.removed_rows set removed_before = ?", [DECIDED[1]])
    con.execute("delete from ops.decided_actions where snapshot_date = ?", [DECIDED[-1]])
    assert set(logged_options(con)["snapshot_date"].to_pylist()) == {DECIDED[1]}


def test_the_limits_of_a_day_are_its_budget_and_the_capacities(
    con: duckdb.DuckDBPyConnection,
) -> None:
    log_decisions(con)
    limits = limits_of_days(con)[DECIDED[0]]
    assert (limits.budget, limits.capacities) == (20.0, {"call": 10, "mail": 200})


def test_scores_of_one_day_replace_all_others(con: duckdb.DuckDBPyConnection) -> None:
    assert not has_uplift_scores(con)
    for day in (date(2026, 6, 1), date(2026, 6, 2)):
        rows = [
            {
                "snapshot_date": day,
                "customer_id": "c1",
                "action_id": CALL,
                "model_version": "1",
                "uplift": 0.1,
            }
        ]
        replace_uplift_scores(con, pa.Table.from_pylist(rows))
    assert con.execute("select snapshot_date from ml.uplift_scores").fetchall() == [
        (date(2026, 6, 2),)
    ]
    assert has_uplift_scores(con)
