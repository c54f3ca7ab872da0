"""Late order lines leave past dates unchanged, or rebuild them where configured.

On the day after the history a line is added to an old order, another is redelivered, and a third is
no longer at its source. The models are then run again for the day of the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.integration.deployments import DEMO, HISTORY, Deployment

NEXT = HISTORY + timedelta(days=1)
LATE_UNITS = 7
NEW_UNITS = 40

# Tables of features, segments, demand and warnings of a date, and their inputs.
DATED_TABLES = (
    "features.feat_customer_snapshots",
    "activation.customer_segments_daily",
    "activation.demand_forecast_daily",
    "activation.customer_warnings_daily",
)
MODELS = (
    "+feat_customer_snapshots",
    "+feat_category_demand",
    "+fct_warning_signals",
    "int_company_rhythm",
    *(table.split(".")[1] for table in DATED_TABLES[1:]),
)


@dataclass(frozen=True)
class Line:
    """A line of the history that something is learned of, in the last order of its customer."""

    order_no: str
    line_no: str
    account: str
    ordered_on: date
    category: str
    quantity: float


@dataclass(frozen=True)
class Learned:
    """The deployment after the next day, and that day's lines of three customers."""

    deployment: Deployment
    late: Line
    changed: Line
    deleted: Line
    new_category: str


@pytest.fixture(scope="module")
def learned(first_day: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Learned:
    deployment = first_day.copy(tmp_path_factory.mktemp("order_lines") / "home")
    landing = deployment.home.landing / "shop"
    orders, lines = (
        f"read_parquet('{landing}/{table}/{table}_{{}}.parquet')"
        for table in ("orders", "order_lines")
    )
    with duckdb.connect(str(deployment.home.warehouse)) as con:
        # Who orders nothing on the next day, and has no order that leaves the year on it.
        rows = con.execute(
            f"""
            with orders as (
                select *, max(ordered_at) over (partition by account_no) as last_at
                from {orders.format(HISTORY)}
                where account_no is not null
            )
            select order_no, any_value(line_no)::varchar, any_value(account_no),
                any_value(ordered_at)::date, any_value(category), any_value(quantity)::double
            from orders inner join {lines.format(HISTORY)} as lines using (order_no)
            where
                ordered_at = last_at and status = 'completed'
                and ordered_at::date between '{HISTORY - timedelta(days=60)}'
                    and '{HISTORY - timedelta(days=10)}'
                and extract(hour from ordered_at) between 6 and 18
                and account_no not in (
                    select account_no from {orders.format(NEXT)} where account_no is not null
                )
                and account_no not in (
                    select account_no from orders
                    where ordered_at::date between '{NEXT - timedelta(days=367)}'
                        and '{NEXT - timedelta(days=363)}'
                )
                and account_no in (
                    select source_customer_id from intermediate.int_identity_history
                    inner join features.feat_customer_snapshots using (customer_id)
                    where source = 'shop' and is_eligible
                )
            group by order_no having count(*) = 1
            order by order_no limit 3
            """
        ).fetchall()
        late, changed, deleted = (Line(*row) for row in rows)
        row = con.execute(
            f"select min(category) from {lines.format(HISTORY)} where category != ?",
            [changed.category],
        ).fetchone()
        assert row is not None
        new_category = row[0]
        part = landing / "order_lines" / "corrections" / f"order_lines_{NEXT}.parquet"
        part.parent.mkdir()
        con.execute(
            f"""
            copy (
                select * replace (line_no + 90 as line_no, {LATE_UNITS} as quantity)
                from {lines.format(HISTORY)} where order_no = '{late.order_no}'
                union all
                select * replace ('{new_category}' as category, {NEW_UNITS} as quantity)
                from {lines.format(HISTORY)} where order_no = '{changed.order_no}'
            ) to '{part}'
            """
        )
        con.execute(
            f"""
            insert into ops.ended_rows
            select _load_id, _row, 'shop', 'order_lines', date '{NEXT}'
            from intermediate.int_order_lines_versions
            where source = 'shop' and source_order_id = '{deleted.order_no}'
            """
        )
    deployment.day(NEXT)
    return Learned(deployment, late, changed, deleted, new_category)


@pytest.fixture(scope="module")
def rebuilt(learned: Learned, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The same after the models of the history's day were run again, with past dates rebuilt."""
    folder = tmp_path_factory.mktemp("rebuilt")
    config = folder / "rebuilt.yml"
    config.write_text(
        DEMO.read_text(encoding="utf-8") + "corrections: {past_dates: rebuilt}\n", encoding="utf-8"
    )
    deployment = Deployment(learned.deployment.copy(folder / "home").home, config)
    run_again(deployment)
    return deployment


def run_again(deployment: Deployment, day: date = HISTORY) -> None:
    """The models of a date once more, as a run of it builds them."""
    with duckdb.connect(str(deployment.home.warehouse)) as con:
        con.execute("delete from ops.run_dates")
        con.execute("insert into ops.run_dates values (?, 'daily')", [day])
    deployment.dbt("run", "--select", *MODELS)


def rows_of(deployment: Deployment, table: str, day: date = HISTORY) -> list[tuple[object, ...]]:
    return deployment.warehouse(f"from {table} where snapshot_date = '{day}' order by all")


def units(deployment: Deployment, line: Line, day: date) -> float:
    """Units within the year that are known on a day of an account's customer.

    The feature must be the median of the same baskets.
    """
    [(number, median, feature)] = deployment.warehouse(
        f"""
        with known as (
            select sum(units) as units, median(units / coalesce(orders, 1)) as units_per_order
            from intermediate.int_order_days
            semi join (
                from intermediate.int_identity_history
                where
                    source = 'shop' and source_customer_id = '{line.account}'
                    and valid_from <= '{day}' and '{day}' < valid_to
            ) using (customer_no)
            where
                counts_from <= '{day}' and '{day}' < counts_to
                and activity_date between date '{day}' - 364 and '{day}'
        )

        select
            round(coalesce(known.units, 0), 6), known.units_per_order, units_per_order_365d
        from features.feat_customer_snapshots
        inner join intermediate.int_identity_history using (customer_id)
        cross join known
        where
            snapshot_date = '{day}' and source = 'shop' and source_customer_id = '{line.account}'
            and valid_from <= snapshot_date and snapshot_date < valid_to
        """
    )
    assert isinstance(number, float)
    assert feature == median
    return number


def last_category(deployment: Deployment, line: Line) -> object:
    """Last bought category in the demand forecast of the history's day."""
    [(category,)] = deployment.warehouse(
        f"""
        select last_category from activation.demand_forecast_daily
        inner join intermediate.int_identity_history using (customer_id)
        where
            snapshot_date = '{HISTORY}' and source = 'shop'
            and source_customer_id = '{line.account}'
            and valid_from <= snapshot_date and snapshot_date < valid_to
        """
    )
    return category


def test_a_changed_line_counts_from_the_date_of_its_delivery(
    first_day: Deployment, learned: Learned
) -> None:
    changes = {
        learned.late: LATE_UNITS,
        learned.changed: NEW_UNITS - learned.changed.quantity,
        learned.deleted: -learned.deleted.quantity,
    }
    for line, change in changes.items():
        before = units(first_day, line, HISTORY)
        assert units(learned.deployment, line, NEXT) == before + change


def test_a_rebuilt_date_has_the_newest_lines_and_a_deleted_one_until_it_was(
    first_day: Deployment, learned: Learned, rebuilt: Deployment
) -> None:
    for line, change in {
        learned.late: LATE_UNITS,
        learned.changed: NEW_UNITS - learned.changed.quantity,
        learned.deleted: 0,
    }.items():
        assert units(rebuilt, line, HISTORY) == units(first_day, line, HISTORY) + change
    assert last_category(first_day, learned.changed) == learned.changed.category
    assert last_category(rebuilt, learned.changed) == learned.new_category


def test_rows_of_an_earlier_date_are_as_known_then_when_its_models_are_run_again(
    first_day: Deployment, rebuilt: Deployment, home_copy: Path
) -> None:
    """From the rebuilt rows, so that every row has to be written again."""
    again = Deployment(rebuilt.copy(home_copy).home)
    run_again(again)
    for table in DATED_TABLES:
        assert rows_of(again, table) == rows_of(first_day, table) != [], table


def test_each_is_a_correction_of_the_day_of_its_order(learned: Learned) -> None:
    days = {line.ordered_on for line in (learned.late, learned.changed, learned.deleted)}
    rows = learned.deployment.query(
        f"""
        select kind, affected_on, row_count, net_amount_change from ops.corrections_daily
        where
            snapshot_date = '{NEXT}' and table_name = 'order_lines'
            and affected_on in ({", ".join(f"'{day}'" for day in days)})
        """
    )
    assert sorted(rows, key=str) == sorted(
        [
            ("late", learned.late.ordered_on, 1, None),
            ("changed", learned.changed.ordered_on, 1, None),
            ("deleted", learned.deleted.ordered_on, 1, None),
        ],
        key=str,
    )
