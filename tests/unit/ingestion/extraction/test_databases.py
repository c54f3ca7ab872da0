from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from deployment.source_config import SqlSource
from ingestion.databases import snapshot, sqlalchemy
from ingestion.databases.snapshot import Batches
from ingestion.errors import SourceError
from ingestion.landing import mutable_table
from tests.databases import PASSWORD, Database, Server
from tests.unit.ingestion.extraction.crm import CUSTOMERS, TIMES, Crm
from tests.unit.ingestion.memory import memory_warehouse

Connect = Callable[[Database, Mapping[str, Mapping[str, Any]]], Crm]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    with memory_warehouse() as warehouse:

        def connected(database: Database, tables: Mapping[str, Mapping[str, Any]]) -> Crm:
            monkeypatch.setenv("CRM_URL", database.url)
            return Crm(warehouse, database, tables)

        yield connected


@pytest.fixture
def crm(database: Database, connect: Connect) -> Crm:
    """Three customers of each kind of database, changed on the first three days of June."""
    database.execute(
        "create table customers (customer_no integer primary key, name varchar(80),"
        f" credit decimal(12, 2), changed {TIMES[database.kind]})",
        *(
            f"insert into customers values ({no}, 'Ann {no}', {no}.25, '2026-06-0{no} 10:00:00')"
            for no in (1, 2, 3)
        ),
    )
    return connect(database, {"customers": CUSTOMERS})


def test_all_rows_are_read_first_and_then_changes(crm: Crm) -> None:
    assert crm.extract(3)["customers"].rows == 3
    assert crm.current() == crm.there()
    crm.database.execute(
        "update customers set name = 'Änne', changed = '2026-06-04 08:00:00' where customer_no = 1",
        "insert into customers values (4, 'Bo', null, '2026-06-04 09:00:00')",
    )
    assert crm.extract(4)["customers"].rows == 2
    assert crm.extract(5)["customers"].rows == 0
    assert crm.current() == crm.there()
    assert crm.is_accounted_for()


def test_a_late_commit_is_read_within_the_look_back_only(crm: Crm) -> None:
    crm.extract(3)
    insert = "insert into customers values ({}, 'Late', 1.5, '{}')"
    crm.database.execute(insert.format(4, "2026-06-02 10:00:01"))
    assert crm.extract(4)["customers"].rows == 1
    crm.database.execute(insert.format(5, "2026-06-02 09:59:59"))
    assert crm.extract(5)["customers"].rows == 0
    # The comparison of keys, a week after the first, brings what was missed.
    assert crm.extract(10)["customers"].rows == 1
    assert crm.current() == crm.there()


def test_rows_without_a_cursor_are_always_read(crm: Crm) -> None:
    crm.database.execute("insert into customers values (4, 'Bo', 1.5, null)")
    crm.extract(3)
    crm.database.execute("update customers set name = 'Bob' where customer_no = 4")
    assert crm.extract(4)["customers"].rows == 1
    assert crm.current() == crm.there()


def test_deletes_are_found_when_keys_are_compared(crm: Crm) -> None:
    crm.extract(3)
    crm.database.execute("delete from customers where customer_no = 2")
    assert crm.extract(9)["customers"].rows_ended == 0
    assert crm.extract(10)["customers"].rows_ended == 1
    assert crm.extract(11)["customers"].rows_ended == 0
    assert crm.current() == crm.there()
    assert crm.query("select ended_on from ops.ended_rows") == [(date(2026, 6, 10),)]


def test_a_table_without_a_cursor_is_read_and_compared_each_time(crm: Crm) -> None:
    crm.tables = {"customers": {**CUSTOMERS, "cursor": None}}
    assert crm.extract(3)["customers"].rows == 3
    crm.database.execute(
        "update customers set credit = null where customer_no = 1",
        "delete from customers where customer_no = 2",
        "insert into customers values (7, 'New', 1.5, null)",
    )
    report = crm.extract(4)["customers"]
    assert (report.rows, report.rows_ended) == (2, 1)
    assert crm.current() == crm.there()
    assert crm.is_accounted_for()


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


@pytest.mark.parametrize("kind", ["boolean", "integer", "timestamp"])
def test_rows_marked_as_deleted_are_no_longer_valid(crm: Crm, kind: str) -> None:
    kind = TIMES[crm.database.kind] if kind == "timestamp" else kind
    no, yes = {"boolean": ("false", "true"), "integer": ("0", "1")}.get(
        kind, ("null", "'2026-06-04 00:00:00'")
    )
    crm.tables = {"customers": {**CUSTOMERS, "deleted_column": "gone"}}
    crm.database.execute(
        f"alter table customers add column gone {kind}", f"update customers set gone = {no}"
    )
    crm.extract(3)
    crm.database.execute(
        f"update customers set gone = {yes}, changed = '2026-06-04 00:00:00' where customer_no = 2"
    )
    assert crm.extract(4)["customers"].rows == 1
    assert [row[0] for row in crm.current()] == ["1", "3"]


def test_a_cursor_may_be_a_number_or_a_day(database: Database, connect: Connect) -> None:
    database.execute(
        "create table notes (id integer primary key, version bigint)",
        "insert into notes values (1, 9007199254740993), (2, 9007199254740994)",
        "create table days (id integer primary key, day date)",
        "insert into days values (1, '2026-06-01'), (2, '2026-06-02')",
    )
    notes = {"columns": ["id"], "key": ["id"], "cursor": "version", "look_back_steps": 0}
    days = {"columns": ["id"], "key": ["id"], "cursor": "day", "look_back_hours": 0}
    crm = connect(database, {"notes": notes, "days": days})
    crm.extract(1)
    database.execute(
        "insert into notes values (3, 9007199254740993), (4, 9007199254740995)",
        "insert into days values (3, '2026-06-01'), (4, '2026-06-02')",
    )
    reports = crm.extract(2)
    assert (reports["notes"].rows, reports["days"].rows) == (1, 1)
    assert {row[0] for row in crm.current("notes")} == {"1", "2", "4"}
    assert {row[0] for row in crm.current("days")} == {"1", "2", "4"}


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


def test_types_of_postgres_survive(postgres: Server, connect: Connect) -> None:
    database = postgres.database("types")
    database.execute(
        "create type mood as enum ('glad', 'sad')",
        "create domain positive as integer check (value > 0)",
        """
        create table everything (
            id bigint primary key, small smallint, whole integer, exact numeric(20, 4),
            unbounded numeric, single real, double double precision, flag boolean,
            day date, moment timestamp, instant timestamptz, "Clock" time, document jsonb,
            uid uuid, feeling mood, counted positive, tags text[], bytes bytea, "order" char(3)
        )
        """,
        """
        insert into everything values (
            9007199254740993, -7, 7, 1234567890123456.7891, 0.1000000000000000055511151231257827,
            1.5, 0.1, true, '2026-02-28', '2026-03-29 02:30:00.123456',
            '2026-03-29 02:30:00.123456+02', '10:11:12', '{"a": [1, "ä"]}',
            'c56a4180-65aa-42ec-a945-5fd21dec0538', 'sad', 5, '{a,"b c"}', '\\x00ff', 'ab'
        )
        """,
        "insert into everything (id) values (2)",
    )
    crm = connect(database, {"everything": {"columns": ["id"], "key": ["id"]}})
    crm.extract(1)
    columns = "exclude (_load_id, _file, _row, _loaded_at)"
    nulls, full = crm.query(f"select * {columns} from raw_crm.everything order by id")
    assert nulls == (2, *[None] * 18)
    assert full == (
        9007199254740993, -7, 7, Decimal("1234567890123456.7891"),
        "0.1000000000000000055511151231257827", 1.5, 0.1, True, date(2026, 2, 28),
        datetime(2026, 3, 29, 2, 30, 0, 123456),  # noqa: DTZ001
        datetime(2026, 3, 29, 0, 30, 0, 123456, UTC), "10:11:12", '{"a": [1, "ä"]}',
        "c56a4180-65aa-42ec-a945-5fd21dec0538", "sad", 5, '{a,"b c"}', b"\x00\xff", "ab ",
    )  # fmt: skip
    assert crm.extract(2)["everything"].rows == 0


def test_types_of_mariadb_survive(mariadb: Server, connect: Connect) -> None:
    database = mariadb.database("types")
    database.execute(
        """
        create table everything (
            id bigint unsigned primary key, exact decimal(20, 4), double_ double, flag boolean,
            day date, moment datetime(6), instant timestamp null, clock time, document json,
            feeling enum('glad', 'sad'), bytes varbinary(9), words text
        )
        """,
        "set time_zone = '+02:00'",
        """
        insert into everything values (
            18446744073709551615, 1234567890123456.7891, 0.1, true, '2026-02-28',
            '2026-03-29 02:30:00.123456', '2026-06-01 10:00:00', '110:11:12', '{"a": 1}', 'sad',
            x'00ff', 'ä 100 %'
        )
        """,
        "insert into everything (id) values (2)",
    )
    crm = connect(database, {"everything": {"columns": ["id"], "key": ["id"]}})
    crm.extract(1)
    columns = "exclude (_load_id, _file, _row, _loaded_at)"
    nulls, full = crm.query(f"select * {columns} from raw_crm.everything order by id")
    assert nulls == (2, *[None] * 11)
    assert full[:6] == (
        18446744073709551615, Decimal("1234567890123456.7891"), 0.1, 1, date(2026, 2, 28),
        datetime(2026, 3, 29, 2, 30, 0, 123456),  # noqa: DTZ001
    )  # fmt: skip
    assert full[8:] == ('{"a": 1}', "sad", b"\x00\xff", "ä 100 %")
    assert crm.extract(2)["everything"].rows == 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("numeric(9, 2)", "NaN"),
        ("timestamp", "infinity"),
        ("timestamptz", "-infinity"),
        ("date", "infinity"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused_until_it_is_read_as_text(
    postgres: Server, connect: Connect, kind: str, value: str
) -> None:
    database = postgres.database("odd")
    database.execute(
        f"create table odd (id integer primary key, until {kind})",
        f"insert into odd values (1, '{value}')",
    )
    odd: dict[str, Any] = {"columns": ["id"], "key": ["id"]}
    crm = connect(database, {"odd": odd})
    with pytest.raises(SourceError, match=r"crm\.odd: until has .*types: \{until: VARCHAR\}"):
        crm.extract(1)
    crm.tables = {"odd": {**odd, "types": {"until": "VARCHAR"}}}
    crm.extract(1)
    assert crm.current("odd") == [("1", value)]


def test_a_missing_table_or_column_is_named(crm: Crm) -> None:
    wrong = {
        r"crm\.customers\.plan: .*staging/crm/": {"columns": ["plan"], "key": []},
        r"crm\.customers\.seen: the table": {"cursor": "seen"},
        r"crm\.customers\.gone: the table": {"deleted_column": "gone"},
        r"crm\.customers: the database has no table clients": {"table": "clients"},
        r"crm\.customers\.name: expected a cursor": {"cursor": "name"},
    }
    for message, change in wrong.items():
        crm.tables = {
            "customers": {
                **CUSTOMERS,
                **change,
                "key": ["name"],
                "columns": ["name", *change.get("columns", [])],
            }
        }
        with pytest.raises(SourceError, match=message):
            crm.extract(1)
    crm.tables = {
        "customers": {**CUSTOMERS, "optional_columns": ["plan"]},
        "touches": {"columns": ["id"], "key": ["id"], "optional": True},
    }
    assert crm.extract(1)["touches"].rows == 0


def test_no_message_has_the_password(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct horse@battery"
    urls = [
        f"postgresql://{PASSWORD}:{secret.replace('@', '%40').replace(' ', '%20')}@localhost:1/crm",
        crm.database.url.replace(PASSWORD, "sea-otter-3"),
        f"mysql+pymysql://crm:{PASSWORD}@127.0.0.1:1/crm",
        f"nosuch://crm:{PASSWORD}@localhost/crm",
        f"postgresql://crm:{PASSWORD}@localhost/crm?nonsense={PASSWORD}",
        f"{PASSWORD}",
    ]
    crm.extract(1)
    for url in urls:
        monkeypatch.setenv("CRM_URL", url)
        if crm.database.kind == "sqlite" and url == crm.database.url:
            continue
        with pytest.raises(SourceError, match="source crm: ") as caught:
            crm.extract(2)
        message = "".join(
            [str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)]
        )
        for form in (PASSWORD, "sea-otter-3", secret, "horse%40battery", "horse@battery"):
            assert form not in message
    monkeypatch.delenv("CRM_URL")
    with pytest.raises(SourceError, match="source crm: CRM_URL is not set"):
        crm.extract(2)
    assert len(crm.current()) == 3


def test_a_missing_driver_is_reported_with_the_package_to_install(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    monkeypatch.setenv("CRM_URL", f"mysql+pymysql://crm:{PASSWORD}@localhost/crm")
    with pytest.raises(SourceError, match=r"pip install 'holdfast\[mysql\]'"):
        crm.extract(1)


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


def test_a_statement_timeout_is_reported(
    postgres: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres.database("slow")
    database.execute(
        "create view slow as select i as id, pg_sleep(0.1)::text as s"
        " from generate_series(1, 50) as n (i)"
    )
    crm = connect(database, {"slow": {"columns": ["id"], "key": ["id"]}})
    monkeypatch.setenv("CRM_URL", f"{database.url}&options=-cstatement_timeout%3D300")
    with pytest.raises(SourceError, match="statement timeout"):
        crm.extract(1)


def test_a_message_of_the_database_quotes_no_row(postgres: Server, connect: Connect) -> None:
    database = postgres.database("views")
    database.execute(
        "create table texts as select 1 as id, 'ann@example.org' as born",
        "create view people as select id, born::integer as born from texts",
    )
    crm = connect(database, {"people": {"columns": ["id"], "key": ["id"]}})
    with pytest.raises(SourceError, match="invalid input syntax for type integer: …") as caught:
        crm.extract(1)
    assert "example" not in "".join(traceback.format_exception(caught.value))


def test_a_password_in_the_configuration_is_refused() -> None:
    tables = {"t": {"columns": ["id"], "key": ["id"]}}
    for url in ("postgresql://crm:pw12345@h/crm", "postgresql://crm@h/crm?password=pw12345"):
        with pytest.raises(ValueError, match="expected a password that is kept outside"):
            SqlSource.model_validate({"kind": "sql", "url": url, "tables": tables})
    for url in ("${CRM_URL}", "postgresql://crm:${PW}@h/crm", "postgresql://h:5432/crm"):
        SqlSource.model_validate({"kind": "sql", "url": url, "tables": tables})
