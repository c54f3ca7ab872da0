from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from ingestion.databases import snapshot, sqlalchemy
from ingestion.databases.snapshot import Batches
from ingestion.errors import SourceError
from ingestion.landing import mutable_table
from tests.databases import Server
from tests.unit.ingestion.extraction.crm import CUSTOMERS, Connect, Crm


def test_many_rows_are_landed_in_parts_of_one_load_with_one_part_in_memory(
    sqlite: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    rows, part = 40_000, 800_000

    relations = Batches.relations

    def measured(batches: Batches, *arguments: Any) -> Iterator[str]:
        for relation in relations(batches, *arguments):
            held.append(pa.total_allocated_bytes())
            yield relation

    monkeypatch.setattr(Batches, "relations", measured)
    monkeypatch.setattr(snapshot, "_PART_BYTES", part)
    monkeypatch.setattr(sqlalchemy, "_ROWS_A_BATCH", 2_000)
    database = sqlite.database("parts")
    database.execute(
        "create table notes as with recursive numbers(id) as"
        f" (select 1 union all select id + 1 from numbers where id < {rows})"
        " select id, id || ' ' || hex(zeroblob(100)) as text from numbers"
    )
    crm = connect(database, {"notes": {"columns": ["id"], "key": ["id"]}})
    for day, landed in ((1, rows), (2, 0)):  # straight into raw; through a table to compare with
        held.clear()
        assert crm.extract(day)["notes"].rows == landed
        assert len(held) > 5
        assert max(held) - held[0] < 2 * part
    assert crm.query(
        "select count(*), count(distinct _row), min(_row), max(_row), count(distinct _load_id)"
        " from raw_crm.notes"
    ) == [(rows, rows, 1, rows, 1)]
    assert crm.query("select rows from ops.load_ledger") == [(rows,)]


def test_all_tables_are_read_in_one_state(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    # A writer moves credit from one table to the other between their readings.
    database = crm.database
    if database.kind == "sqlite":
        database.execute("pragma journal_mode = wal")  # or no one could write meanwhile
    database.execute(
        "create table accounts (customer_no integer primary key, credit decimal(12, 2))",
        "insert into accounts values (1, 100)",
    )
    crm.tables = {
        "customers": CUSTOMERS,
        "accounts": {"columns": ["customer_no"], "key": ["customer_no"]},
    }
    land = mutable_table.land

    def land_and_write(*arguments: Any, **options: Any) -> int:
        rows = land(*arguments, **options)
        database.execute(
            "update customers set credit = credit + 1",
            "update accounts set credit = credit - 1",
        )
        return rows

    monkeypatch.setattr(mutable_table, "land", land_and_write)
    crm.extract(3)
    assert [row[2] for row in crm.current()] == ["1.25", "2.25", "3.25"]
    assert float(crm.current("accounts")[0][1]) == 100


def test_a_lost_connection_leaves_raw_as_it_was(postgres: Server, connect: Connect) -> None:
    database = postgres.database("outage")
    database.execute(
        "create table touches as select 1 as id",
        # Half of the rows have left the server when it waits, so that the cut meets the copy.
        "create table pause as select 30 as seconds",
        "create view customers as select i as id, repeat('x', 200) as filler,"
        " case i when 200000 then pg_sleep((select seconds from pause))::text end as paused"
        " from generate_series(1, 400000) as series (i)",
    )
    tables = {name: {"columns": ["id"], "key": ["id"]} for name in ("touches", "customers")}
    crm = connect(database, tables)
    cut = threading.Event()

    def cutting() -> None:
        while not cut.wait(0.02):
            database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where wait_event = 'PgSleep' and datname = 'outage'"
            )

    cutter = threading.Thread(target=cutting)
    cutter.start()
    try:
        with pytest.raises(SourceError, match=r"crm\.customers: reading broke off .*nothing"):
            crm.extract(1)
    finally:
        cut.set()
        cutter.join()
    assert crm.query("select count(*) from ops.load_ledger") == [(0,)]
    database.execute("update pause set seconds = 0")
    assert crm.extract(1)["customers"].rows == 400_000
