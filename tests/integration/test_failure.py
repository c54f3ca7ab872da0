"""What readers and the next run find when something goes wrong."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml

from orchestration.instance import RunError, prepare
from tests.integration.deployments import DEMO, HISTORY, Deployment, differences

NEXT = HISTORY + timedelta(days=1)


def test_a_reader_in_a_loop_never_fails_and_never_sees_half_a_day(
    first_day: Deployment, home_copy: Path
) -> None:
    deployment = first_day.copy(home_copy)
    # A process of its own: within one process DuckDB would share the instance of the old file.
    reader = f"""
import duckdb, sys
while True:
    with duckdb.connect({str(deployment.home.published)!r}, read_only=True) as con:
        print(*con.execute('''
            select
                (select count(distinct snapshot_date) from activation.customer_risk_daily),
                (select count(distinct snapshot_date) from activation.customer_segments_daily),
                (select count(distinct snapshot_date) from ops.data_quality_daily)
        ''').fetchone(), flush=True)
"""
    process = subprocess.Popen(
        [*deployment.command()[:1], "-c", reader],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for number in range(3):
            deployment.day(HISTORY + timedelta(days=number))
    finally:
        alive = process.poll() is None
        process.kill()
        out, err = process.communicate()
    assert alive, err
    seen = [
        [int(count) for count in line.split()] for line in out.splitlines() if line.count(" ") == 2
    ]
    assert {days for days, *_ in seen} >= {1, 2}
    assert all(len(set(counts)) == 1 for counts in seen)


@pytest.mark.parametrize("seconds", [6, 9, 12])
def test_a_run_killed_at_any_moment_leaves_the_day_before_and_is_made_good_by_the_next(
    first_day: Deployment, day_by_day: Deployment, home_copy: Path, seconds: int
) -> None:
    deployment = first_day.copy(home_copy)
    process = subprocess.Popen(
        deployment.command("run", "--date", NEXT.isoformat()),
        env=deployment.environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert differences(first_day, deployment) == [] or _days(deployment) == 2
    deployment.day(NEXT)
    for table in ("activation.customer_risk_daily", "activation.customer_segments_daily"):
        where = f"snapshot_date <= '{NEXT}'"
        assert deployment.table(table) == day_by_day.table(table, where)


def _days(deployment: Deployment) -> int:
    [(days,)] = deployment.query(
        "select count(distinct snapshot_date) from activation.customer_risk_daily"
    )
    assert isinstance(days, int)
    return days


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("crm/touches/touches_{next}.csv", b"", "touches_{next}.csv"),
        ("crm/touches/touches_{next}.csv", b"contact_id;action\n1;2\n", "touches_{next}.csv"),
        ("shop/orders/orders_{next}.parquet", b"PAR1 not really", "orders_{next}.parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_the_day_is_published_from_what_is_known(
    first_day: Deployment, home_copy: Path, file: str, content: bytes, said: str
) -> None:
    deployment = first_day.copy(home_copy)
    target = deployment.home.landing / file.format(next=NEXT)
    before = _loaded(deployment)
    target.write_bytes(content)
    deployment.day(NEXT)
    assert _days(deployment) == 2
    source = file.partition("/")[0]
    stale = deployment.warehouse(
        f"select source, message from ops.extractions where run_date = '{NEXT}' and not is_complete"
    )
    assert [name for name, _ in stale] == [source]
    assert said.format(next=NEXT) in str(stale[0][1])
    # Of that source nothing was loaded, of the others the day's drops were.
    loaded = _loaded(deployment)
    assert {name for name, rows in loaded.items() if rows == before[name]} == {source}


def test_a_column_that_is_gone_costs_its_source_a_day_and_no_other(
    first_day: Deployment, day_by_day: Deployment, home_copy: Path
) -> None:
    deployment = first_day.copy(home_copy)
    file = deployment.home.landing / "shop" / "orders" / f"orders_{NEXT}.parquet"
    good = file.read_bytes()
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * exclude (net_amount) from '{file}') to '{file}.new' (format parquet)"
        )
    Path(f"{file}.new").rename(file)
    deployment.day(NEXT)
    told = _check(deployment, "source_delivers", "raw_shop", "orders")
    assert told is not None
    assert "shop.orders.net_amount" in told
    assert "dbt_project/models/staging/shop/stg_shop__orders.sql" in told
    assert _check(deployment, "source_delivers", "raw_crm", "customers") is None
    assert _days(deployment) == 2

    file.write_bytes(good)
    day_after = NEXT + timedelta(days=1)
    deployment.day(day_after)
    assert _check(deployment, "source_delivers", "raw_shop", "orders") is None
    counts = "select source, table_name, sum(rows) from ops.load_ledger group by all order by all"
    expected = [
        (source, table, rows)
        for source, table, rows in day_by_day.warehouse(
            f"""
            select source, table_name, sum(rows) from ops.load_ledger
            where drop_date <= '{day_after}' group by all order by all
            """
        )
    ]
    assert deployment.warehouse(counts) == expected


def _loaded(deployment: Deployment) -> dict[str, int]:
    """Rows loaded, by source."""
    rows = deployment.warehouse("select source, sum(rows) from ops.load_ledger group by all")
    return {str(source): int(str(count)) for source, count in rows}


def _check(deployment: Deployment, check: str, *asset: str) -> str | None:
    """What the latest evaluation of an asset's check says, None if it has passed."""
    prepare(deployment.home, deployment.config)
    key = dg.AssetCheckKey(dg.AssetKey(asset), check)
    with dg.DagsterInstance.get() as instance:
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event is not None
    event = record.event.dagster_event
    assert event is not None
    evaluation = event.asset_check_evaluation_data
    return None if evaluation.passed else evaluation.description


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("time_zone", "Europe/Berlinn", "time_zone"),
        ("curency", "EUR", "curency"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_message_and_no_trace(
    first_day: Deployment, tmp_path: Path, key: str, value: str, said: str
) -> None:
    content = {**yaml.safe_load(DEMO.read_text(encoding="utf-8")), key: value}
    config = tmp_path / "wrong.yml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = Deployment(first_day.home, config).cli("run", "--config", str(config))
    assert done.returncode == 1
    assert said in done.stderr
    assert "wrong.yml" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_company_is_refused_the_home(first_day: Deployment, tmp_path: Path) -> None:
    content = {**yaml.safe_load(DEMO.read_text(encoding="utf-8")), "slug": "another"}
    config = tmp_path / "another.yml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    deployment = first_day.copy(tmp_path / "home")
    shutil.rmtree(deployment.home.dbt_target)
    with pytest.raises(RunError, match="another"):
        Deployment(deployment.home, config).day(HISTORY)


def test_a_corrected_file_replaces_what_it_said(first_day: Deployment, home_copy: Path) -> None:
    deployment = first_day.copy(home_copy)
    file = deployment.home.landing / "shop" / "orders" / f"orders_{HISTORY}.parquet"
    with duckdb.connect() as con:
        con.execute(
            f"copy (from '{file}' order by order_no offset 10) to '{file}.new' (format parquet)"
        )
    Path(f"{file}.new").rename(file)
    deployment.day(NEXT)
    [(before,)] = first_day.query("select count(*) from marts.fct_orders")
    [(superseded,)] = deployment.query(
        f"""
        select superseded from ops.data_quality_daily
        where table_name = 'orders' and snapshot_date = '{NEXT}'
        """
    )
    assert isinstance(before, int)
    assert isinstance(superseded, int)
    assert superseded >= before
