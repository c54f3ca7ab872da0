from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from evaluation.lead_times import LeadTimes, planted_lead_times, realised_warnings

FIRST, LAST = date(2026, 4, 1), date(2026, 4, 10)

# Person: planted departure; last day on which the customer is reachable; days on which shown.
PEOPLE: dict[str, tuple[str | None, int, list[int]]] = {
    "shown_before": ("2026-04-08", 10, [2, 3]),
    "shown_after": ("2026-04-05", 10, [7]),
    "not_shown": ("2026-04-09", 10, []),
    "shown_overdue": ("2026-04-09", 3, [5]),
    "departed_earlier": ("2026-03-01", 10, [1]),
    "departs_later": ("2026-06-01", 10, [1]),
    "departs_much_later": ("2026-12-01", 10, []),
    "stays": (None, 10, [4]),
}


@pytest.fixture
def found(tmp_path: Path) -> LeadTimes:
    published = tmp_path / "published.duckdb"
    with duckdb.connect(str(published)) as con:
        con.execute(
            """
            create schema marts; create schema activation;
            create table marts.customer_identities (
                customer_id varchar, source varchar, source_customer_id varchar
            );
            create table activation.customer_risk_daily (customer_id varchar, snapshot_date date);
            create table activation.customer_segments_daily (
                customer_id varchar, snapshot_date date, is_reachable boolean
            );
            create table activation.customer_warnings_daily (
                customer_id varchar, snapshot_date date, is_shown boolean, is_reachable boolean,
                overdue_on date
            );
            create temp table people (person_id integer, churned_on date);
            create temp table records (person_id integer, source varchar, source_record_id varchar)
            """
        )
        for number, (name, (churned_on, reachable_to, shown)) in enumerate(PEOPLE.items()):
            con.execute("insert into people values (?, ?)", [number, churned_on])
            con.execute("insert into records values (?, 'shop', ?)", [number, name])
            con.execute("insert into marts.customer_identities values (?, 'shop', ?)", [name, name])
            for day in range(1, 11):
                on = date(2026, 4, day)
                is_reachable = day <= reachable_to
                con.execute("insert into activation.customer_risk_daily values (?, ?)", [name, on])
                con.execute(
                    "insert into activation.customer_segments_daily values (?, ?, ?)",
                    [name, on, is_reachable],
                )
                con.execute(
                    "insert into activation.customer_warnings_daily values (?, ?, ?, ?, ?)",
                    [name, on, day in shown, is_reachable, date(2026, 4, reachable_to + 1)],
                )
        for table in ("people", "records"):
            con.execute(f"copy {table} to '{tmp_path / table}.parquet'")
    return planted_lead_times(published, tmp_path, FIRST, LAST)


def test_departures_of_the_period_are_counted_with_those_shown_in_time(found: LeadTimes) -> None:
    assert (found.departures, found.shown_departures, found.shown_before) == (4, 2, 1)
    assert found.median_lead_days == 6
    assert (found.shown_share, found.before_share) == (0.5, 0.25)


def test_precision_counts_departures_up_to_90_days_ahead_or_earlier(found: LeadTimes) -> None:
    assert (found.shown_customers, found.shown_departing) == (5, 4)
    assert (found.customers, found.departing) == (8, 6)
    assert found.precision == 0.8
    assert found.base_rate == 0.75


def test_a_list_is_described_by_its_length_and_the_time_left_to_act(found: LeadTimes) -> None:
    # Shown on 7 customer-days, on one of them overdue; first shown 9, 4, 10, 10 and 7 days before.
    assert found.shown_a_day == 0.7
    assert found.reachable_share == pytest.approx(6 / 7)
    assert found.median_days_to_limit == 9
    assert found.seen_share == pytest.approx(4 / 6)


def test_realised_warnings_are_compared_with_what_reachable_customers_did_next(
    tmp_path: Path,
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    # Customer: first day of the list; churned, by day; last day on which reachable.
    shown_leaver, shown_stayer = ("a", 1, [True, True], 2), ("b", 2, [True, False], 2)
    silent, shown_overdue = ("c", 9, [False, False], 2), ("d", 2, [True, True], 1)
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            """
            create schema labels; create schema activation;
            create table labels.lbl_churn_outcomes (
                customer_id varchar, snapshot_date date, churned boolean
            );
            create table activation.customer_segments_daily (
                customer_id varchar, snapshot_date date, is_reachable boolean
            );
            create table activation.customer_warnings_daily (
                customer_id varchar, snapshot_date date, is_shown boolean, is_reachable boolean,
                overdue_on date
            )
            """
        )
        for name, shown_from, churned, reachable_to in (
            shown_leaver,
            shown_stayer,
            silent,
            shown_overdue,
        ):
            for day in (1, 2):
                on, reachable, shown = date(2011, 4, day), day <= reachable_to, day >= shown_from
                con.execute(
                    "insert into labels.lbl_churn_outcomes values (?, ?, ?)",
                    [name, on, churned[day - 1]],
                )
                con.execute(
                    "insert into activation.customer_segments_daily values (?, ?, ?)",
                    [name, on, reachable],
                )
                con.execute(
                    "insert into activation.customer_warnings_daily values (?, ?, ?, ?, ?)",
                    [name, on, shown, reachable, date(2011, 4, 11)],
                )
    found = realised_warnings(warehouse, date(2011, 4, 1), date(2011, 4, 2))
    assert (found.shown_a_day, found.reachable_share) == (2, 0.75)
    assert (found.shown_customers, found.precision) == (2, 0.5)
    # Of the seven reachable customer-days four are followed by churn.
    assert found.base_rate == pytest.approx(4 / 7)
    assert found.median_days_to_limit == 9.5
