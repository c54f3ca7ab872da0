from __future__ import annotations

import traceback
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ingestion.errors import SourceError
from tests.databases import Server
from tests.unit.ingestion.extraction.crm import Connect


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
