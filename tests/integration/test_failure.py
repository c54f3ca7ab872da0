"""Sources that fail on a day: the state that readers and the next run find."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.runtime.instance import prepare
from tests.campaign import FACTOR
from tests.integration.deployments import HISTORY, Deployment

NEXT = HISTORY + timedelta(days=1)
AFTER = NEXT + timedelta(days=1)
# Ten reads a second, and as many as the machine gives in a campaign.
WAIT_BETWEEN_READS = 0.1 if FACTOR == 1 else 0.03


@dataclass(frozen=True)
class Faulty:
    """Reports of a day with two unreadable sources and of the next day without them.

    Attributes:
        deployment: it, after both days.
        on: message of `source_delivers` for one table of each source, by day.
        days: published days after the first of the two.
        unread: sources of which the first of the two loaded nothing.
        reader: what a reader in a loop printed during both; None if it had ended by itself.
        errors: what it wrote to its standard error.
    """

    deployment: Deployment
    on: dict[date, dict[str, str | None]]
    days: int
    unread: set[str]
    reader: str | None
    errors: str


@pytest.fixture(scope="module")
def faulty(first_day: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    """A day on which one source lacks a column and another has the wrong ones, and the next."""
    deployment = first_day.copy(tmp_path_factory.mktemp("faulty") / "home")
    landing = deployment.home.landing
    orders = landing / "shop" / "orders" / f"orders_{NEXT}.parquet"
    touches = landing / "crm" / "touches" / f"touches_{NEXT}.csv"
    good = {file: file.read_bytes() for file in (orders, touches)}
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * exclude (net_amount) from '{orders}') to '{orders}.new'"
            " (format parquet)"
        )
    Path(f"{orders}.new").rename(orders)
    touches.write_bytes(b"contact_id;action\n1;2\n")

    # A process of its own, as a reader has.
    reader = f"""
import duckdb, time
while True:
    with duckdb.connect({str(deployment.home.published)!r}, read_only=True) as con:
        print(*con.execute('''
            select
                (select count(distinct snapshot_date) from activation.customer_risk_daily),
                (select count(distinct snapshot_date) from activation.customer_segments_daily),
                (select count(distinct snapshot_date) from ops.data_quality_daily)
        ''').fetchone(), flush=True)
    time.sleep({WAIT_BETWEEN_READS})
"""
    reported, days, unread = {}, 0, set[str]()
    before = _loaded(deployment)
    process = subprocess.Popen(
        [*deployment.command()[:1], "-c", reader],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Read as it comes: a full pipe would hold the reader up.
    with ThreadPoolExecutor() as pool:
        printed = pool.submit(process.communicate)
        try:
            deployment.day(NEXT)
            reported[NEXT], days = _deliveries(deployment), _days(deployment)
            unread = {name for name, rows in _loaded(deployment).items() if rows == before[name]}
            for file, content in good.items():
                file.write_bytes(content)
            deployment.day(AFTER)
            reported[AFTER] = _deliveries(deployment)
        finally:
            alive = process.poll() is None
            process.kill()
        out, errors = printed.result()
    return Faulty(deployment, reported, days, unread, out if alive else None, errors)


def test_a_reader_in_a_loop_never_fails_and_never_sees_half_a_day(faulty: Faulty) -> None:
    assert faulty.reader is not None, faulty.errors
    seen = [
        [int(count) for count in line.split()]
        for line in faulty.reader.splitlines()
        if line.count(" ") == 2
    ]
    assert {days for days, *_ in seen} >= {1, 2}
    assert all(len(set(counts)) == 1 for counts in seen)


def _days(deployment: Deployment) -> int:
    [(days,)] = deployment.query(
        "select count(distinct snapshot_date) from activation.customer_risk_daily"
    )
    assert isinstance(days, int)
    return days


def test_a_column_that_is_gone_costs_its_source_a_day_and_no_other(
    faulty: Faulty, day_by_day: Deployment
) -> None:
    reported = faulty.on[NEXT]["shop"]
    assert reported is not None
    assert "shop.orders.net_amount" in reported
    assert "dbt_project/models/staging/shop/stg_shop__orders.sql" in reported
    assert faulty.on[NEXT]["helpdesk"] is None
    assert faulty.days == 2
    assert faulty.unread == {"crm", "shop"}

    assert faulty.on[AFTER] == {"crm": None, "shop": None, "helpdesk": None}
    counts = "select source, table_name, sum(rows) from ops.load_ledger group by all order by all"
    expected = [
        (source, table, rows)
        for source, table, rows in day_by_day.warehouse(
            f"""
            select source, table_name, sum(rows) from ops.load_ledger
            where drop_date <= '{AFTER}' group by all order by all
            """
        )
    ]
    assert faulty.deployment.warehouse(counts) == expected


def test_a_file_with_other_columns_is_named(faulty: Faulty) -> None:
    stale = _stale(faulty.deployment)
    assert stale.keys() == {"crm", "shop"}
    assert f"touches_{NEXT}.csv" in stale["crm"]


def _stale(deployment: Deployment) -> dict[str, str]:
    """Messages of the sources that could not be read, by source."""
    rows = deployment.warehouse(
        f"select source, message from ops.extractions where run_date = '{NEXT}' and not is_complete"
    )
    return {str(source): str(message) for source, message in rows}


def _deliveries(deployment: Deployment) -> dict[str, str | None]:
    """Message of the latest `source_delivers` check of each source, None if it passed."""
    tables = {"crm": "customers", "shop": "orders", "helpdesk": "tickets"}
    return {
        source: _check(deployment, "source_delivers", f"raw_{source}", table)
        for source, table in tables.items()
    }


def _loaded(deployment: Deployment) -> dict[str, int]:
    """Rows loaded, by source."""
    rows = deployment.warehouse("select source, sum(rows) from ops.load_ledger group by all")
    return {str(source): int(str(count)) for source, count in rows}


def _check(deployment: Deployment, check: str, *asset: str) -> str | None:
    """Message of the latest evaluation of an asset's check, None if it passed."""
    prepare(deployment.home, deployment.config)
    key = dg.AssetCheckKey(dg.AssetKey(asset), check)
    with dg.DagsterInstance.get() as instance:
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event is not None
    event = record.event.dagster_event
    assert event is not None
    evaluation = event.asset_check_evaluation_data
    return None if evaluation.passed else evaluation.description
