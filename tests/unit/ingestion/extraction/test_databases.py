from __future__ import annotations

from datetime import date

import pytest

from tests.unit.ingestion.extraction.crm import CUSTOMERS, TIMES, Crm


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
