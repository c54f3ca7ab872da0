"""Workbooks, archives, and text in a detected encoding."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook

from ingestion.errors import SourceError
from ingestion.files.formats.encodings import detect
from tests.unit.ingestion.conftest import ORDERS, Shop

ROWS = "select _row, order_no, amount from raw_shop.orders order by _row"
GOOD = b"order_no,amount\n1,5\n"
BOOK = {**ORDERS, "path": "orders_{date}.xlsx", "format": "excel"}
ZIP = {**ORDERS, "path": "orders_{date}.csv.zip"}


def book(rows: list[list[Any]], sheet: str = "Sheet") -> bytes:
    workbook = Workbook()
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def archive(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("_csv", ".csv"), content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("009", "009"),
        (7, "7"),
        (0.1 + 0.2, "0.3"),
        (19.90, "19.9"),
        (12.0, "12"),
        (1e21, "1000000000000000000000"),
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


def test_the_file_in_an_archive_is_read(shop: Shop) -> None:
    shop.tables = {"orders": ZIP}
    litter = {"__MACOSX/._orders_csv": b"x", "a/.DS_Store": b"x"}
    shop.deliver("orders_2026-06-16.csv.zip", archive(**{"a/orders_csv": GOOD}, **litter))
    shop.extract("2026-06-16")
    shop.tables["orders"] = {**ZIP, "member": "orders*.csv"}
    shop.deliver("orders_2026-06-17.csv.zip", archive(orders_1_csv=GOOD + b"x\n", notes=b"x"))
    assert shop.extract("2026-06-17")["orders"].rows_unreadable == 1
    assert shop.query(ROWS) == [(1, "1", "5"), (1, "1", "5")]


def encrypted() -> bytes:
    """An archive whose entry says that it is encrypted."""
    packed = bytearray(archive(orders_csv=GOOD))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD, "not a whole zip archive"),
        (archive(orders_csv=GOOD)[:-30], "not a whole zip archive"),
        (archive(a_csv=GOOD, b_csv=GOOD), r"there are 2 files in it \(a.csv, b.csv\): set member"),
        (archive(), "there is no file in it"),
        (archive(orders_csv=b""), "the file in it is empty"),
        (archive(orders_csv=b"0" * (65 << 20)), "would unpack to 65 MB, 10"),
        (encrypted(), "it is encrypted: deliver it without a password"),
    ],
)
def test_an_unreadable_archive_is_reported_with_the_reason(
    shop: Shop, content: bytes, said: str
) -> None:
    shop.tables = {"orders": ZIP}
    path = shop.deliver("orders_2026-06-16.csv.zip", content)
    with pytest.raises(SourceError, match=said) as caught:
        shop.extract("2026-06-16")
    assert str(caught.value).startswith(str(path))


def test_a_flipped_byte_in_an_archive_is_noticed(shop: Shop) -> None:
    shop.tables = {"orders": ZIP}
    content = bytearray(archive(orders_csv=GOOD * 50))
    content[45] ^= 0xFF
    shop.deliver("orders_2026-06-16.csv.zip", bytes(content))
    with pytest.raises(SourceError, match="not a whole zip archive"):
        shop.extract("2026-06-16")


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("plain", "ascii", "utf-8"),
        ("Käufer 中文", "utf-8", "utf-8"),
        ("Käufer", "utf-8-sig", "utf-8"),
        ("Käufer 中文", "utf-16", "utf-16"),
        ("order 1;5 Käufer", "utf-16-le", "utf-16-le"),
        ("order 1;5 Käufer", "utf-16-be", "utf-16-be"),
        ("王小明;北京\n退货", "gb18030", "gb18030"),
        ("退", "gb18030", "gb18030"),
        ("great product, 退货 ok", "gb18030", "gb18030"),
        ("Käufer", "windows-1252", "windows-1252"),
        ("Größe; Übergröße; ÅÄÖ", "windows-1252", "windows-1252"),
        ("José; Élodie; Hélène; £5; 7 €; naïve", "windows-1252", "windows-1252"),
        ("Käufer \x81", "latin-1", "latin-1"),
    ],
)
def test_an_encoding_is_detected(text: str, encoding: str, found: str) -> None:
    assert detect(io.BytesIO(f"a;b\n1;{text}\n".encode(encoding))) == found


def test_one_invalid_byte_does_not_change_the_detected_encoding() -> None:
    text = "Müller\nSchröder\nJäger\nKöln\nÖtzi\n".encode()
    assert detect(io.BytesIO(text + b"\xe4\n")) == "utf-8"


def test_every_common_chinese_character_is_distinguished_from_accents() -> None:
    words = [bytes((lead, trail)).decode("gb18030") for lead in range(0xB0, 0xD8)
             for trail in range(0xA1, 0xFF) if (lead, trail) < (0xD7, 0xFA)]  # fmt: skip
    # Beside others: on their own some are UTF-8 as well.
    texts = (f"1,{word}\n2,王小明\n3,退货\n" for word in words)
    assert all(detect(io.BytesIO(text.encode("gb18030"))) == "gb18030" for text in texts)


def test_a_detected_encoding_is_reported_and_each_file_has_its_own(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "options": {"encoding": "auto"}}}
    for day, word, encoding in ((16, "中文", "gb18030"), (17, "Käufer", "latin-1")):
        text = f"order_no,amount\n{word},5\n"
        shop.deliver(f"orders_2026-06-{day}.csv", text.encode(encoding))
    report = shop.extract("2026-06-17")["orders"]
    assert report.encodings == ("gb18030", "windows-1252")
    assert shop.query("select order_no from raw_shop.orders order by _load_id") == [
        ("中文",), ("Käufer",),
    ]  # fmt: skip
