"""Malformed rows of CSV files: set aside with the reason, while the others are read."""

from __future__ import annotations

import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import Shop

FAULTS = "select row_no, reason, content from ops.unreadable_rows order by row_no"
ROWS = "select _row, order_no, amount from raw_shop.orders order by _row"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"2,5,6", "3 values where the header names 2"),
        (b"2", "1 values where the header names 2"),
        (b'2,"5', "a quote is not closed, or text follows it"),
        (b'2,"5"x', "a quote is not closed, or text follows it"),
        (b"2,\xe4", "there are bytes that are not utf-8"),
    ],
)
def test_a_malformed_row_is_set_aside_and_the_others_are_read(
    shop: Shop, line: bytes, reason: str
) -> None:
    shop.deliver("orders_2026-06-16.csv", b"order_no,amount\n1,5\n" + line + b"\n3,7\n")
    report = shop.extract("2026-06-16")["orders"]
    assert (report.rows, report.rows_unreadable) == (3, 1)
    assert shop.query(ROWS) == [(1, "1", "5"), (3, "3", "7")]
    shown = line.decode(errors="backslashreplace").replace("\\xe4", "\\udce4")
    assert shop.query(FAULTS) == [(2, f"line 3: {reason}", shown)]
    assert shop.query("select rows from ops.load_ledger") == [(3,)]


def test_an_unclosed_quote_affects_its_own_line_only(shop: Shop) -> None:
    good = "".join(f"{number},{number}\n" for number in range(100))
    text = f'order_no,amount\n{good}x,"5\n{good}y,"a\nb"\nz,"6\n{good}'
    shop.deliver("orders_2026-06-16.csv", text)
    report = shop.extract("2026-06-16")["orders"]
    assert (report.rows, report.rows_unreadable) == (303, 2)
    assert [content for _, _, content in shop.query(FAULTS)] == ['x,"5', 'z,"6']
    assert shop.query("select amount from raw_shop.orders where order_no = 'y'") == [("a\nb",)]


def test_a_row_of_several_lines_is_set_aside_as_one(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", 'order_no,amount\n1,"a\nb",c\n2,5\n')
    shop.extract("2026-06-16")
    assert shop.query(ROWS) == [(2, "2", "5")]
    assert shop.query(FAULTS) == [(1, "line 2: 3 values where the header names 2", '1,"a\nb",c')]


def test_lines_may_end_in_different_ways(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", b"order_no,amount\r\n1,5\n2,6\r3,7\r\n\n4,8")
    assert shop.extract("2026-06-16")["orders"].rows_unreadable == 0
    assert [row[1:] for row in shop.query(ROWS)] == [
        ("1", "5"), ("2", "6"), ("3", "7"), ("4", "8"),
    ]  # fmt: skip


def test_files_beside_a_malformed_one_are_loaded_unchanged(shop: Shop) -> None:
    shop.deliver("orders_2026-06-15.csv", "order_no,amount\n1,5\n")
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n2,5\nx\n")
    shop.deliver("orders_2026-06-17.csv", "order_no,amount\n3,5\n")
    report = shop.extract("2026-06-17")["orders"]
    assert (report.files_loaded, report.rows, report.rows_unreadable) == (3, 4, 1)
    assert shop.query("select distinct load_id from ops.unreadable_rows") == [(2,)]


def test_a_file_without_any_row_that_can_be_read_is_refused(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,2,3\n4,5,6\n")
    with pytest.raises(SourceError, match="line 2: no row can be read; the first: 3 values"):
        shop.extract("2026-06-16")
