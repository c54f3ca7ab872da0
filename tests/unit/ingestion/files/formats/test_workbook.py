from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import ORDERS, Shop
from tests.unit.ingestion.files.formats.packed import ROWS, archive, book

BOOK = {**ORDERS, "path": "orders_{date}.xlsx", "format": "excel"}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("009", "009"),
        (7, "7"),
        (0.1 + 0.2, "0.3"),
        (19.90, "19.9"),
        (12.0, "12"),
        (999999999999999.0, "999999999999999"),
        (1e21, "1E+21"),
        (9.00719925474099e17, "9.00719925474099E+17"),
        (900719925474099312, "9.00719925474099E+17"),
        ("900719925474099312", "900719925474099312"),
        (1234.56, "1234.56"),
        (12.125, "12.125"),
        (9.999, "9.999"),
        (1.5e-7, "0.00000015"),
        (-0.5, "-0.5"),
        (True, "true"),
        (datetime(2026, 6, 16), "2026-06-16"),  # noqa: DTZ001
        (date(2026, 6, 16), "2026-06-16"),
        (datetime(2026, 6, 16, 8, 20, 1), "2026-06-16 08:20:01"),  # noqa: DTZ001
        (time(9, 30), "09:30:00"),
        ("中文, \"a\"\nb", "中文, \"a\"\nb"),
        ("#N/A", "#N/A"),
        (None, None),
    ],
)  # fmt: skip
def test_a_cell_becomes_the_text_of_a_csv_export(
    shop: Shop, cell: object, text: str | None
) -> None:
    shop.tables = {"orders": BOOK}
    shop.deliver("orders_2026-06-16.xlsx", book([["order_no", "amount"], ["1", cell]]))
    shop.extract("2026-06-16")
    assert shop.query(ROWS) == [(1, "1", text)]


def test_a_number_that_is_shown_with_leading_zeros_keeps_them(shop: Shop) -> None:
    workbook = Workbook()
    for row in (["order_no", "amount"], [42, 10.5], [12345.0, 11], [-7, None], ["00009", 12]):
        workbook.active.append(row)
    for (cell,) in workbook.active.iter_rows(min_row=2, max_col=1):
        cell.number_format = "00000"
    workbook.active["B3"].number_format = "0"
    content = io.BytesIO()
    workbook.save(content)
    shop.tables = {"orders": BOOK}
    shop.deliver("orders_2026-06-16.xlsx", content.getvalue())
    shop.extract("2026-06-16")
    assert shop.query(ROWS) == [
        (1, "00042", "10.5"), (2, "12345", "11"), (3, "-0007", None), (4, "00009", "12"),
    ]  # fmt: skip


def test_a_sheet_is_read_from_its_header_on_and_a_row_that_is_too_long_set_aside(
    shop: Shop,
) -> None:
    shop.tables = {"orders": {**BOOK, "workbook": {"sheet": "Orders", "header_row": 3}}}
    rows: list[list[Any]] = [
        ["Export of today"], [], ["order_no", "amount", None], ["1", 5], [None, None], ["2"],
        ["3", 6, None, "what is this"], ["4", 7],
    ]  # fmt: skip
    shop.deliver("orders_2026-06-16.xlsx", book(rows, "Orders"))
    assert shop.extract("2026-06-16")["orders"].rows_unreadable == 1
    assert shop.query(ROWS) == [(1, "1", "5"), (2, "2", None), (4, "4", "7")]
    assert shop.query("select row_no, reason, content from ops.unreadable_rows") == [
        (3, "line 7: 4 values where the header names 2", '["3", "6", null, "what is this"]')
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"order_no,amount\n1,5\n", "not a whole Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "has a password or is an old .xls"),
        (book([["order_no", "amount"], ["1", "5"]])[:-200], "not a whole Excel workbook"),
        (archive(a_csv=b"x"), "not a whole Excel workbook"),
        (book([[]]), "there is no header: set workbook.header_row"),
        (book([["order_no"], ["1"]]), "missing column amount"),
        (book([["order_no", "amount"]], "Other"), "there is no sheet Orders; there are Other"),
        (archive(bomb=b"0" * (65 << 20)), "would unpack to 65 MB"),
    ],
)
def test_an_unreadable_workbook_is_reported_with_the_reason(
    shop: Shop, content: bytes, said: str
) -> None:
    named = {"workbook": {"sheet": "Orders"}} if "no sheet" in said else {}
    shop.tables = {"orders": {**BOOK, **named}}
    path = shop.deliver("orders_2026-06-16.xlsx", content)
    with pytest.raises(SourceError, match=said) as caught:
        shop.extract("2026-06-16")
    assert str(caught.value).startswith(str(path))
