"""A company whose CRM is a database: its changes arrive, and its outage stops no day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml
from adbc_driver_postgresql import dbapi

from ingestion.files.drops import find_drops
from tests.databases import PASSWORD, Database, Server, running_postgres
from tests.integration.deployments import DEMO, HISTORY, QUICK_TRAINING, Deployment

CHANGED = timedelta(days=1)
STOPPED = timedelta(days=2)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_postgres() as server:
        yield server


# Tables of the demo's CRM and their keys.
KEYS = {
    "customers": "customer_no",
    "touches": "contact_id",
    "preferences": "preference_no",
    "suppressions": "entry_no",
}


@pytest.fixture
def crm(server: Server, delivered: Deployment) -> Database:
    """The demo's CRM of the first day, its columns as text and a time of change beside them."""
    database = server.database("crm")
    for table, key in KEYS.items():
        folder = delivered.home.landing / "crm"
        drops = find_drops(folder, f"{table}/**/{table}_{{date}}.csv")
        files = [str(folder / drop.name) for drop in drops if drop.drop_date == HISTORY]
        with duckdb.connect() as con:
            rows = con.execute(
                f"""
                select *, timestamptz '2026-06-27 20:00:00+00' as changed_at
                from read_csv(?, delim = ';', header = true, all_varchar = true)
                where {key} is not null
                qualify row_number() over (partition by {key}) = 1
                """,
                [files],
            ).to_arrow_table()
        with (
            dbapi.connect(database.url, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.adbc_ingest(table, rows, mode="create")
        database.execute(f"alter table {table} add primary key ({key})")
    return database


@pytest.fixture
def deployment(
    crm: Database, delivered: Deployment, home_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    monkeypatch.setenv("CRM_URL", crm.url)
    config = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    files = config["sources"]["crm"]["tables"]
    config["sources"]["crm"] = {
        "kind": "sql",
        "url": "${CRM_URL}",
        "tables": {
            name: {
                **{part: files[name][part] for part in ("columns", "key", "provides")},
                "cursor": "changed_at",
                "compare_every_days": 1,
            }
            for name in files
        },
    }
    config["training"] |= QUICK_TRAINING
    copy = delivered.copy(home_copy)
    path = home_copy.with_name("database.yml")
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return Deployment(copy.home, path)


def test_a_crm_in_a_database_is_read_day_by_day_and_may_be_out(
    deployment: Deployment, crm: Database, server: Server
) -> None:
    deployment.day(HISTORY)
    assert raw_loads(deployment) == crm.rows("select count(*) from customers")

    [(first,), (second,), (gone,)] = crm.rows(
        "select customer_no from customers order by customer_no limit 3"
    )
    crm.execute(
        "update customers set plan = 'platinum', changed_at = '2026-06-28 12:00:00+00'"
        f" where customer_no in ('{first}', '{second}')",
        f"delete from touches where customer_no = '{gone}'",
        f"delete from customers where customer_no = '{gone}'",
    )
    deployment.day(HISTORY + CHANGED)
    loads = deployment.warehouse(
        "select rows from ops.load_ledger where source = 'crm' and table_name = 'customers'"
        " order by load_id"
    )
    assert loads[1:] == [(2,)]
    ended = deployment.warehouse(
        "select raw.customer_no from ops.ended_rows as ended inner join raw_crm.customers as raw"
        " on ended.load_id = raw._load_id and ended.row_no = raw._row"
    )
    assert ended == [(gone,)]
    [(platinum,)] = deployment.query(
        "select count(*) from marts.dim_customers where plan = 'platinum'"
    )
    assert platinum in (1, 2)  # two records may be of one person

    server.stop()
    deployment.day(HISTORY + STOPPED)
    last = HISTORY + STOPPED
    assert deployment.query("select as_of_date from ops.publication") == [(last,)]
    [(complete, message)] = deployment.warehouse(
        "select is_complete, message from ops.extractions"
        f" where source = 'crm' and run_date = '{last}'"
    )
    assert not complete
    assert "the database cannot be entered" in str(message)
    assert check_results(deployment) == {HISTORY: True, HISTORY + CHANGED: True, last: False}

    # Logs, run history, models, metadata, warehouse and published file, of good days and a bad one.
    files = [path for path in deployment.home.root.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []


def raw_loads(deployment: Deployment) -> list[tuple[object, ...]]:
    return deployment.warehouse("select count(*) from raw_crm.customers")


def check_results(deployment: Deployment) -> dict[date, bool]:
    """Result of `source_delivers` for crm.customers, by date of the run."""
    key = dg.AssetKey(["raw_crm", "customers"])
    found: dict[date, bool] = {}
    with dg.DagsterInstance.from_config(str(deployment.home.dagster_home)) as instance:
        for run in instance.get_runs():
            day = date.fromisoformat(run.tags["dagster/partition"])
            for entry in instance.all_logs(
                run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
            ):
                reported = entry.get_dagster_event().asset_check_evaluation_data
                if (reported.asset_key, reported.check_name) == (key, "source_delivers"):
                    found[day] = reported.passed
    return found
