"""Keys and history built load by load are those built from all loads at once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from deployment.project import DBT_PROJECT
from tests.identity_models import SCHEMAS, TABLES, Identity
from tests.unit.dbt_project.conftest import ParsedProject

BUILT = ("int_phone_numbers", "int_identity_keys", "int_identity_history")
SEEDS = ("mail_providers", "mailbox_words", "placeholder_keys", "given_names")

# Three loads: a history, a redelivery with new contact data, and an erasure with a new customer.
LOADS = [
    [
        {"source_customer_id": "1", "email": "ann@x.de", "phone": "0151 2345678"},
        {"source_customer_id": "2", "email": "ann@x.de", "full_name": "Ann Lee"},
        {"source_customer_id": "3", "email": "bob@x.de", "phone": "4.9151E+11"},
    ],
    [
        {"source_customer_id": "1", "email": "ann@y.de", "phone": "0151 2345678"},
        {"source_customer_id": "4", "email": "ann@y.de", "phone": "+49 151 2345679"},
        {"source_customer_id": "2", "email": "ann@x.de", "full_name": "Tom Lee"},
    ],
    [
        {"source_customer_id": "1", "email": "deleted@site.invalid", "phone": "0000000000"},
        {"source_customer_id": "5", "email": "ann@y.de", "phone": "0151 2345678"},
        {"source_customer_id": "3", "email": "bob@x.de", "phone": "0151 2345670"},
    ],
]
DAYS = (date(1, 1, 1), date(2026, 3, 1), date(2026, 4, 1))


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse.duckdb"  # the name of the catalogue in `project`
    monkeypatch.setenv("HOLDFAST_WAREHOUSE", str(path))
    with duckdb.connect(str(path)) as con:
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
        con.execute(TABLES)
        con.execute("drop table intermediate.int_phone_numbers")
    return path


def build(project: ParsedProject, warehouse: Path, load_no: int, *flags: str) -> None:
    """Deliver a load, if it is not delivered yet, and build the models as a run does."""
    with duckdb.connect(str(warehouse)) as con:
        row = con.execute(
            "select max(_load_id) from intermediate.int_customers_versions"
        ).fetchone()
        if not row or (row[0] or 0) < load_no:
            Identity(con, {}).deliver(
                {**row, "_load_id": load_no, "known_from": DAYS[load_no - 1]}
                for row in LOADS[load_no - 1]
            )
    arguments = [
        *("build", "--select", *BUILT, *SEEDS),
        *("--exclude-resource-type", "unit_test"),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(warehouse.parent / "target")),
        *("--log-path", str(warehouse.parent / "logs")),
        *("--vars", json.dumps({"default_country": "DE"})),
        *("--log-level", "none", "--log-level-file", "none", "--no-write-json"),
        *flags,
    ]
    result = dbtRunner(project.own_manifest()).invoke(arguments)
    DuckDBConnectionManager.close_all_connections()
    assert result.success, result.exception or [entry.message for entry in result.result.results]


def tables(warehouse: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return {
            model: con.execute(f"select * from intermediate.{model} order by all").fetchall()
            for model in BUILT[1:]
        }


def test_the_history_does_not_depend_on_how_the_loads_were_cut_into_runs(
    project: ParsedProject, warehouse: Path
) -> None:
    for load_no in (1, 2, 3):
        build(project, warehouse, load_no)
    daily = tables(warehouse)
    build(project, warehouse, 3, "--full-refresh")
    assert tables(warehouse) == daily
    with duckdb.connect(str(warehouse), read_only=True) as con:
        people = con.execute(
            "select list_sort(list(source_customer_id)) from intermediate.int_identity_history"
            " where valid_to = date '9999-12-31' group by customer_id order by 1"
        ).fetchall()
        numbers = con.execute("select count(*) from intermediate.int_phone_numbers").fetchone()
    # The erased record 1 keeps its links with 2 and 4; the new record 5 belongs to 4.
    assert people == [(["1", "2", "4", "5"],), (["3"],)]
    assert numbers == (5,)
