"""Incremental reads by a cursor."""

from __future__ import annotations

from tests.databases import Database
from tests.unit.ingestion.extraction.crm import Connect, Crm


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
