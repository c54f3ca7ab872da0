"""Late, changed and deleted rows correct open days and are listed in ops.corrections_daily.

The day of the corrections is killed in two steps before it is run to its end, so that all the
comparisons below hold for a day that a run has begun before.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.integration.corrections import BEFORE, LATE, WINDOW, Corrections, deliver, end
from tests.integration.deployments import (
    DEMO,
    DROPS,
    GRAINS,
    HISTORY,
    LAST,
    OF_DECISIONS,
    Deployment,
    differences,
)
from tests.integration.killed_runs import KILLED_IN, kill_in
from tests.integration.order_line_corrections import (
    LATE_UNITS,
    NEW_UNITS,
    LineCorrections,
    deliver_lines,
    last_category,
    units,
)


@pytest.fixture(scope="module")
def delivered_corrections(
    day_before_last: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Deployment, Corrections, LineCorrections]:
    """The deployment after its last day, with all corrections, whose runs were killed twice."""
    deployment = day_before_last.copy(tmp_path_factory.mktemp("corrected") / "home")
    corrections = deliver(deployment)
    lines = deliver_lines(deployment, corrections)
    for step in KILLED_IN:
        kill_in(step, deployment, LAST)
        left = differences(day_before_last, deployment)
        assert left == [] or deployment.days() == DROPS + 1, (step, left)
    deployment.day(LAST)
    return deployment, corrections, lines


@pytest.fixture(scope="module")
def corrected(
    delivered_corrections: tuple[Deployment, Corrections, LineCorrections],
) -> tuple[Deployment, Corrections]:
    """The deployment, and its corrections but for those of order lines."""
    deployment, corrections, _ = delivered_corrections
    return deployment, corrections


@pytest.fixture(scope="module")
def lines(
    delivered_corrections: tuple[Deployment, Corrections, LineCorrections],
) -> LineCorrections:
    """The corrections of order lines."""
    return delivered_corrections[2]


@pytest.fixture(scope="module")
def rebuilt(
    corrected: tuple[Deployment, Corrections], tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    """The same after the day before the last was run once more, with past dates rebuilt."""
    folder = tmp_path_factory.mktemp("rebuilt")
    config = folder / "rebuilt.yml"
    config.write_text(
        DEMO.read_text(encoding="utf-8") + "corrections: {past_dates: rebuilt}\n", encoding="utf-8"
    )
    deployment = Deployment(corrected[0].copy(folder / "home").home, config)
    deployment.day(BEFORE)
    return deployment


@pytest.fixture(scope="module")
def again(rebuilt: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The same after the day was run a third time, with past dates as known once more."""
    folder = tmp_path_factory.mktemp("again")
    deployment = Deployment(rebuilt.copy(folder / "home").home)
    deployment.day(BEFORE)
    return deployment


def totals(deployment: Deployment, metric: str) -> dict[date, tuple[float, float, date | None]]:
    """First reported total of each day, current total and date of the correction."""
    return {
        day: (float(first), float(total), corrected)
        for day, first, total, corrected in deployment.query(  # type: ignore[arg-type]
            "select day, first_told, total, corrected_on from marts.daily_totals"
            f" where metric = '{metric}' order by day"
        )
    }


def is_open(day: date) -> bool:
    """True if a correction of a day is still taken up on the last day."""
    return (LAST - day).days <= WINDOW


def changed_days(before: Deployment, after: Deployment, metric: str) -> dict[date, float]:
    """By how much a metric of each day differs, where it does."""
    one, other = totals(before, metric), totals(after, metric)
    assert one.keys() == other.keys()
    return {
        day: round(other[day][1] - one[day][1], 2) for day in one if other[day][1] != one[day][1]
    }


def test_each_corrects_the_days_it_is_about_and_no_other(
    day_by_day: Deployment, corrected: tuple[Deployment, Corrections]
) -> None:
    after, planted = corrected
    revenue = {LATE: 1000.0, planted.refunded_on: -planted.refunded_amount}
    orders = {LATE: 1.0, planted.refunded_on: -1.0}
    [(amount,)] = after.warehouse(
        "select cast(max(net_amount) as double) from intermediate.int_orders_versions"
        f" where source_order_id = '{planted.deleted_order}'"
    )
    assert isinstance(amount, float)
    revenue[planted.deleted_on] = revenue.get(planted.deleted_on, 0) - amount
    orders[planted.deleted_on] = orders.get(planted.deleted_on, 0) - 1

    assert changed_days(day_by_day, after, "net_revenue") == {
        day: round(change, 2) for day, change in revenue.items()
    }
    assert changed_days(day_by_day, after, "orders") == orders
    assert changed_days(day_by_day, after, "tickets_solved") == {planted.solved_on: -1}
    assert changed_days(day_by_day, after, "refunds") == {LAST: 2}
    assert changed_days(day_by_day, after, "tickets_opened") == {}
    # The order of long ago is refunded, and its day was closed.
    assert planted.old_refunded_on not in changed_days(day_by_day, after, "net_revenue")
    for day in revenue:
        first, total, corrected_on = totals(after, "net_revenue")[day]
        assert first == totals(day_by_day, "net_revenue")[day][0]
        assert total != first
        assert corrected_on == LAST


def test_each_leaves_a_row_that_says_what_day_it_was_about_and_whether_it_was_taken_up(
    day_by_day: Deployment, corrected: tuple[Deployment, Corrections], lines: LineCorrections
) -> None:
    after, planted = corrected
    columns = "source, table_name, kind, affected_on, row_count, net_amount_change::double"
    query = f"""
        select {columns}, is_within_window from ops.corrections_daily
        where snapshot_date = '{LAST}' and kind not in ('changed', 'relinked') order by all
    """
    before, rows = set(day_by_day.query(query)), set(after.query(query))
    [(deleted,)] = after.warehouse(
        "select cast(max(net_amount) as double) from intermediate.int_orders_versions"
        f" where source_order_id = '{planted.deleted_order}'"
    )
    [(old,)] = after.warehouse(
        "select cast(max(net_amount) as double) from intermediate.int_orders_versions"
        f" where ordered_at::date = '{planted.old_refunded_on}' and refunded_at::date = '{LAST}'"
    )
    assert isinstance(old, float)
    assert isinstance(deleted, float)
    late_on, deleted_on = lines.late.ordered_on, lines.deleted.ordered_on
    assert rows - before == {
        ("shop", "orders", "late", LATE, 1, 1000.0, True),
        ("shop", "orders", "refunded", planted.refunded_on, 1, -planted.refunded_amount, True),
        ("shop", "orders", "refunded", planted.old_refunded_on, 1, -old, False),
        ("shop", "orders", "deleted", planted.deleted_on, 1, -deleted, True),
        ("shop", "order_lines", "late", late_on, 1, None, is_open(late_on)),
        ("shop", "order_lines", "deleted", deleted_on, 1, None, is_open(deleted_on)),
        ("shop", "events", "deleted", planted.event_on, 1, None, True),
        ("helpdesk", "tickets", "reopened", planted.solved_on, 1, None, True),
    }
    # Every record of the customer who is merged is another's from the day on.
    relinked = f"""
        select coalesce(sum(row_count), 0) from ops.corrections_daily
        where snapshot_date = '{LAST}' and affected_on = '{LAST}' and kind = 'relinked'
    """
    records = "select source, source_customer_id, customer_id from marts.customer_identities"
    moved = len(set(after.query(records)) - set(day_by_day.query(records)))
    assert moved > 0
    assert after.query(relinked)[0][0] == day_by_day.query(relinked)[0][0] + moved  # type: ignore[operator]
    changed = f"""
        select sum(row_count) from ops.corrections_daily
        where snapshot_date = '{LAST}' and table_name = 'customers' and kind = 'changed'
    """
    assert after.query(changed)[0][0] == (day_by_day.query(changed)[0][0] or 0) + 1  # type: ignore[operator]
    changed_line = f"""
        select row_count, net_amount_change from ops.corrections_daily
        where
            snapshot_date = '{LAST}' and table_name = 'order_lines' and kind = 'changed'
            and affected_on = '{lines.changed.ordered_on}'
    """
    assert day_by_day.query(changed_line) == []
    assert after.query(changed_line) == [(1, None)]


def test_published_rows_of_earlier_dates_do_not_change(
    day_by_day: Deployment, corrected: tuple[Deployment, Corrections], again: Deployment
) -> None:
    assert differences(corrected[0], again) == []
    for table in (
        "activation.customer_risk_daily",
        "activation.customer_segments_daily",
        "activation.customer_warnings_daily",
        "activation.demand_forecast_daily",
        "activation.company_alarms_daily",
        "ops.data_quality_daily",
        "ops.corrections_daily",
    ):
        query = f"from {table} where snapshot_date < '{LAST}' order by all"
        assert again.query(query) == day_by_day.query(query)


def test_a_backfill_gives_what_the_days_gave_although_the_last_was_killed_before(
    first_day: Deployment, corrected: tuple[Deployment, Corrections], home_copy: Path
) -> None:
    after, _ = corrected
    backfilled = first_day.copy(home_copy)
    for source, table in (
        ("shop", "orders"),
        ("shop", "order_lines"),
        ("crm", "customers"),
        ("helpdesk", "tickets"),
    ):
        (folder,) = after.home.landing.glob(f"{source}/{table}/corrections")
        target = backfilled.home.landing / source / table / "corrections"
        target.mkdir()
        for file in folder.iterdir():
            (target / file.name).write_bytes(file.read_bytes())
    with duckdb.connect(str(backfilled.home.warehouse)) as con:
        con.execute(f"attach '{after.home.warehouse}' as other (read_only)")
        con.execute("insert into ops.ended_rows from other.ops.ended_rows")
    backfilled.range(HISTORY + timedelta(days=1), LAST)
    assert differences(after, backfilled, [*GRAINS.keys() - OF_DECISIONS]) == []
    # Nobody can act in the past: the run decided its latest day, and the first run decided its own.
    decided = backfilled.warehouse("select snapshot_date from ops.decided_days order by all")
    assert decided == [(HISTORY,), (LAST,)]


def test_a_customer_who_takes_anothers_address_keeps_scores_and_an_heir(
    day_by_day: Deployment, corrected: tuple[Deployment, Corrections]
) -> None:
    after, planted = corrected

    def customer(deployment: Deployment, record: str) -> object:
        [(customer_id,)] = deployment.query(
            "select customer_id from marts.customer_identities"
            f" where source = 'crm' and source_customer_id = '{record}'"
        )
        return customer_id

    younger, older = customer(day_by_day, planted.mover), customer(day_by_day, planted.moves_to)
    heir = customer(after, planted.mover)
    assert younger != older
    assert heir == customer(after, planted.moves_to)
    assert heir in (younger, older)
    merged = younger if heir == older else older
    assert after.query(
        f"select heir_customer_id from marts.customer_id_history where customer_id = '{merged}'"
    ) == [(heir,)]
    scores = f"""
        from activation.customer_segments_daily
        where customer_id in ('{younger}', '{older}') and snapshot_date < '{LAST}' order by all
    """
    assert after.query(scores) == day_by_day.query(scores) != []


def test_a_deleted_row_is_accepted_until_it_ended_and_superseded_from_then_on(
    day_by_day: Deployment, corrected: tuple[Deployment, Corrections]
) -> None:
    after, planted = corrected
    accounts = f"""
        select table_name, delivered, rejected, superseded from ops.data_quality_daily
        where snapshot_date = '{LAST}' and source = 'shop' order by all
    """
    rows_before = {row[0]: row[1:] for row in day_by_day.query(accounts)}
    changes = {
        table: tuple(now - then for now, then in zip(row, rows_before[table], strict=True))  # type: ignore[operator]
        for table, *row in after.query(accounts)
        if tuple(row) != rows_before[table]
    }
    # Two refunds supersede the orders' earlier versions, and one order has ended; of the lines one
    # is superseded by its new version, and one has ended.
    assert changes == {"orders": (3, 0, 3), "order_lines": (2, 0, 2), "events": (0, 0, 1)}
    assert (
        after.query(f"from marts.fct_orders where order_id = 'shop:{planted.deleted_order}'") == []
    )
    [(events,)], [(events_before,)] = (
        deployment.warehouse(
            f"""
            select sum(events) from intermediate.int_event_days_known
            where
                source_customer_id = '{planted.event_account}'
                and activity_date = '{planted.event_on}'
                and known_from <= date '{LAST}' and date '{LAST}' < known_to
            """
        )
        for deployment in (after, day_by_day)
    )
    assert events == events_before - 1  # type: ignore[operator]


def test_a_row_that_ends_without_any_delivery_ends_all_the_same(
    corrected: tuple[Deployment, Corrections], home_copy: Path
) -> None:
    after, _ = corrected
    ended = after.copy(home_copy)
    with duckdb.connect(str(ended.home.warehouse)) as con:
        row = con.execute(
            """
            select source_order_id, source, source_order_line_id
            from intermediate.int_order_lines_versions
            where
                _reject_reason is null and known_to = date '9999-12-31'
                and source_order_id in (
                    select source_order_id from intermediate.int_order_baskets where line_count = 1
                )
            order by source_order_line_id limit 1
            """
        ).fetchone()
        assert row is not None
        end(con, "order_lines", f"source_order_line_id = '{row[2]}'")
    ended.dbt("build", "--select", "int_order_lines_versions", "int_order_baskets")
    assert ended.warehouse(
        "select known_to from intermediate.int_order_lines_versions"
        f" where source_order_line_id = '{row[2]}'"
    ) == [(LAST,)]
    assert ended.warehouse(
        f"select units, cost_amount from intermediate.int_order_baskets"
        f" where source_order_id = '{row[0]}' and known_to = date '9999-12-31'"
    ) == [(None, None)]


def test_past_dates_are_rebuilt_by_the_newest_knowledge_where_the_deployment_says_so(
    corrected: tuple[Deployment, Corrections], rebuilt: Deployment, again: Deployment
) -> None:
    after, planted = corrected
    account = planted.late_account
    assert purchases(rebuilt, BEFORE, account) == purchases(again, BEFORE, account) + 1000
    # A refund keeps its own time: on the day before it the order stood.
    account = planted.refunded_account
    assert purchases(rebuilt, BEFORE, account) == purchases(again, BEFORE, account)
    # Identities, deliveries and corrections stay as reported on the day.
    unchanged = (
        "marts.daily_totals",
        "marts.customer_identities",
        "marts.customer_id_history",
        "ops.data_quality_daily",
        "ops.corrections_daily",
    )
    assert differences(after, rebuilt, unchanged) == []
    other_days = f"where snapshot_date != '{BEFORE}' order by all"
    for table in ("activation.customer_risk_daily", "activation.customer_segments_daily"):
        assert after.query(f"from {table} {other_days}") == rebuilt.query(
            f"from {table} {other_days}"
        )


def test_the_latest_day_is_as_known_where_past_dates_are_rebuilt(
    corrected: tuple[Deployment, Corrections], rebuilt: Deployment, home_copy: Path
) -> None:
    after, _ = corrected
    latest = Deployment(rebuilt.copy(home_copy).home, rebuilt.config)
    with duckdb.connect(str(latest.home.warehouse)) as con:
        con.execute("update ops.run_dates set snapshot_date = ? where purpose = 'daily'", [LAST])
    latest.dbt("run", "--select", "+feat_customer_snapshots")
    columns = "snapshot_date, customer_id, net_revenue_365d, tickets_365d"
    today = f"select {columns} from features.feat_customer_snapshots where snapshot_date = '{LAST}'"
    assert sorted(latest.warehouse(today)) == sorted(after.warehouse(today))


def test_a_rebuilt_date_is_as_known_again_once_that_is_asked_for(
    day_before_last: Deployment, rebuilt: Deployment, again: Deployment
) -> None:
    known = day_before_last.warehouse(features(BEFORE))
    assert again.warehouse(features(BEFORE)) == known != []
    assert rebuilt.warehouse(features(BEFORE)) != known


def test_a_changed_line_counts_from_the_date_of_its_delivery(
    day_before_last: Deployment, corrected: tuple[Deployment, Corrections], lines: LineCorrections
) -> None:
    changes = {
        lines.late: LATE_UNITS,
        lines.changed: NEW_UNITS - lines.changed.quantity,
        lines.deleted: -lines.deleted.quantity,
    }
    for line, change in changes.items():
        assert units(corrected[0], line, LAST) == units(day_before_last, line, BEFORE) + change


def test_a_rebuilt_date_has_the_newest_lines_and_a_deleted_one_until_it_was(
    day_before_last: Deployment, lines: LineCorrections, rebuilt: Deployment
) -> None:
    for line, change in {
        lines.late: LATE_UNITS,
        lines.changed: NEW_UNITS - lines.changed.quantity,
        lines.deleted: 0,
    }.items():
        assert units(rebuilt, line, BEFORE) == units(day_before_last, line, BEFORE) + change
    assert last_category(day_before_last, lines.changed, BEFORE) == lines.changed.category
    assert last_category(rebuilt, lines.changed, BEFORE) == lines.new_category


def purchases(deployment: Deployment, day: date, account: str) -> float:
    """Feature `net_revenue_365d` of an account's customer on a day."""
    [(revenue,)] = deployment.warehouse(
        f"""
        select cast(snapshots.net_revenue_365d as double)
        from features.feat_customer_snapshots as snapshots
        inner join intermediate.int_identity_history as identities using (customer_id)
        where
            snapshots.snapshot_date = '{day}'
            and identities.source = 'shop' and identities.source_customer_id = '{account}'
            and identities.valid_from <= '{day}' and '{day}' < identities.valid_to
        """
    )
    assert isinstance(revenue, float)
    return revenue


def features(day: date) -> str:
    return f"""
        from features.feat_customer_snapshots
        where snapshot_date = '{day}' order by customer_id
    """


def test_a_source_that_could_not_be_read_is_stale_on_that_day_alone(
    corrected: tuple[Deployment, Corrections], home_copy: Path
) -> None:
    after, _ = corrected
    stale = after.copy(home_copy)
    with duckdb.connect(str(stale.home.warehouse)) as con:
        con.execute(
            "insert or replace into ops.extractions values ('helpdesk', ?, ?, false, 'no answer')",
            [LAST, datetime(2026, 7, 1, tzinfo=UTC)],
        )
        con.execute("delete from ops.run_dates")
        con.executemany(
            "insert into ops.run_dates values (?, 'daily')",
            [[HISTORY + timedelta(days=number)] for number in range(DROPS + 1)],
        )
    stale.dbt("build", "--select", "data_quality_daily")
    assert stale.warehouse(
        """
        select snapshot_date, source, stale_reason from ops.data_quality_daily
        where is_stale group by all
        """
    ) == [(LAST, "helpdesk", "could not be read: no answer")]
