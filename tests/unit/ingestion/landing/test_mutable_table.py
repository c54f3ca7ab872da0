from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb

from deployment.source_config.base import MutableTable
from ingestion.landing import mutable_table
from ingestion.landing.mutable_table import Landing

CONTACTS = MutableTable(columns=["id", "mail"], key=["id"])
COLUMNS = {"id": "BIGINT", "mail": "VARCHAR", "gone": "BOOLEAN"}


def contacts(day: int) -> Landing:
    return Landing("crm", "contacts", CONTACTS, date(2026, 6, day), datetime.now(UTC))


def read(
    con: duckdb.DuckDBPyConnection, day: int, rows: str, *, is_whole: bool = False
) -> tuple[int, int]:
    """Land rows given as SQL values; the numbers of rows landed and ended."""
    values = f"(values {rows}) as rows (id, mail, gone)"
    relation = f"(select id::bigint as id, mail, gone from {values})"
    at = contacts(day)
    con.begin()
    mutable_table.prepare(con, at, COLUMNS)
    landed = mutable_table.land(con, at, relation, COLUMNS, has_repeats=True, is_deleted="gone")
    ended = mutable_table.end_absent(con, at, relation) if is_whole else 0
    con.commit()
    return landed, ended


def counting(con: duckdb.DuckDBPyConnection, day: int) -> list[tuple[object, ...]]:
    """Contacts as they are known on a day: the newest of each key, unless it has ended."""
    return con.execute(
        """
        with known as (
            select raw.*, coalesce(ended.ended_on, date '9999-12-31') as ended_on
            from raw_crm.contacts as raw
            inner join ops.load_ledger as loads on raw._load_id = loads.load_id
            left join ops.ended_rows as ended
                on raw._load_id = ended.load_id and raw._row = ended.row_no
            where coalesce(loads.known_from, date '0001-01-01') <= $day
            qualify row_number() over (partition by id order by _load_id desc, _row desc) = 1
        )

        select id, mail from known where ended_on > $day order by all
        """,
        {"day": date(2026, 6, day)},
    ).fetchall()


def test_only_new_and_changed_rows_are_landed(con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, 1, "(1, 'a', null), (2, 'b', null)") == (2, 0)
    assert read(con, 2, "(1, 'a', null), (2, 'c', null), (3, null, null)") == (2, 0)
    assert read(con, 3, "(1, 'a', null), (2, 'c', null), (3, null, null)") == (0, 0)
    assert counting(con, 1) == [(1, "a"), (2, "b")]
    assert counting(con, 2) == [(1, "a"), (2, "c"), (3, None)]


def test_of_a_repeated_key_the_last_row_is_landed(con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, 1, "(1, 'a', null), (2, 'b', null), (1, 'z', null), (2, 'b', null)") == (2, 0)
    assert counting(con, 1) == [(1, "z"), (2, "b")]


def test_rows_without_a_key_are_compared_by_all_columns(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = "(null, 'a', null), (null, 'b', null), (null, 'b', null)"
    assert read(con, 1, rows) == (2, 0)
    assert read(con, 2, rows) == (0, 0)


def test_an_absent_row_is_soft_deleted_and_may_return(
    con: duckdb.DuckDBPyConnection,
) -> None:
    read(con, 1, "(1, 'a', null), (2, 'b', null)", is_whole=True)
    assert read(con, 2, "(1, 'a', null)", is_whole=True) == (0, 1)
    assert read(con, 3, "(1, 'a', null)", is_whole=True) == (0, 0)
    assert read(con, 4, "(1, 'a', null), (2, 'b', null)", is_whole=True) == (1, 0)
    assert counting(con, 1) == [(1, "a"), (2, "b")]
    assert counting(con, 2) == counting(con, 3) == [(1, "a")]
    assert counting(con, 4) == [(1, "a"), (2, "b")]


def test_a_row_marked_as_deleted_is_landed_once_and_is_no_longer_valid(
    con: duckdb.DuckDBPyConnection,
) -> None:
    read(con, 1, "(1, 'a', false), (2, 'b', false)")
    assert read(con, 2, "(2, 'b', true)") == (1, 0)
    assert read(con, 3, "(2, 'b', true)") == (0, 0)
    assert counting(con, 1) == [(1, "a"), (2, "b")]
    assert counting(con, 2) == [(1, "a")]
    assert read(con, 4, "(2, 'b', false)") == (1, 0)
    assert counting(con, 4) == [(1, "a"), (2, "b")]


def test_a_stored_value_belongs_to_its_table_and_is_replaced(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert mutable_table.state(con, contacts(1), "cursor") is None
    mutable_table.set_state(con, contacts(1), "cursor", "7")
    mutable_table.set_state(con, contacts(2), "cursor", "8")
    assert mutable_table.state(con, contacts(3), "cursor") == "8"
