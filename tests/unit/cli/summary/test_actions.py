from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from rich.console import Console

from cli.summary.actions import (
    Account,
    account_sentence,
    actions_sentence,
    actions_table,
    read_account,
    read_day_actions,
)

TODAY = "snapshot_date = date '2026-06-30'"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file with three decided customers, one of them as control, and two excluded."""
    with duckdb.connect() as con:
        con.execute("create schema activation; create schema feedback")
        con.execute(
            """
            create table activation.customer_actions_daily as
            select
                date '2026-06-30' as snapshot_date, customer_id, 'call' as action_id, arm,
                0.25 as expected_uplift, value as expected_net_value, 4.5 as expected_cost,
                'Last order 74 days ago' as why
            from (values ('c1', 'treatment', 10), ('c2', 'treatment', 30), ('c3', 'control', 90))
                as decided (customer_id, arm, value)
            """
        )
        con.execute(
            """
            create table activation.action_exclusions_daily as
            select date '2026-06-30' as snapshot_date, customer_id, reason, 50 as value_at_risk
            from (values ('c3', 'control'), ('c4', 'lost_anyway')) as excluded (customer_id, reason)
            """
        )
        con.execute(
            """
            create table activation.customer_risk_daily as
            select date '2026-06-30' as snapshot_date, 'c' || n as customer_id, 50 as value_at_risk
            from unnest([1, 2, 3, 4]) as customers (n)
            """
        )
        con.execute(
            """
            create table feedback.retention_account as
            select
                'all' as action_id, period_start, 100 as treated, 50 as control,
                12.4e0 as customers_kept, 3.1e0 as customers_kept_low,
                21.7e0 as customers_kept_high,
                1200.0 as net_value, -300.0 as net_value_low, 2700.0 as net_value_high
            from (values (date '2026-01-01'), (null)) as periods (period_start)
            """
        )
        yield con


def test_the_day_lists_the_treated_by_net_value_and_says_what_is_beyond_reach(
    con: duckdb.DuckDBPyConnection,
) -> None:
    actions = read_day_actions(con, TODAY)
    assert actions is not None
    assert [row[0] for row in actions.list] == ["c2", "c1"]
    assert actions.beyond_reach == 0.25
    assert actions_sentence(actions, "EUR") == (
        "2 customers get an action and 1 are its control; expected to keep 0.5 of them, net value"
        " 40 EUR after 9 of cost"
    )
    console = Console(width=120, record=True)
    console.print(actions_table(actions, "EUR"))
    assert "Last order 74 days ago" in console.export_text()


def test_a_day_that_was_not_decided_has_no_actions(con: duckdb.DuckDBPyConnection) -> None:
    assert read_day_actions(con, "snapshot_date = date '2026-06-29'") is None


def test_the_account_is_of_all_actions_and_periods(con: duckdb.DuckDBPyConnection) -> None:
    account = read_account(con)
    assert account == Account(100, 50, (12.4, 3.1, 21.7), (1200, -300, 2700))
    assert account is not None
    assert account_sentence(account, "EUR") == (
        "12 customers kept by actions so far (95 % interval 3 to 22), net value 1,200 EUR (-300 to"
        " 2,700): 100 treated compared with 50 in control"
    )
    con.execute("delete from feedback.retention_account where period_start is null")
    assert read_account(con) is None
