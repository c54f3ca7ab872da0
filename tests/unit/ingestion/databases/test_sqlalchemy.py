from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingestion.errors import SourceError
from tests.databases import Server
from tests.unit.ingestion.extraction.crm import Connect


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
