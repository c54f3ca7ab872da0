from __future__ import annotations

import gzip
import re
from typing import Any

import duckdb
import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import ORDERS, Shop

GOOD = b"order_no,amount\n1,5\n"
PACKED = gzip.compress(b"order_no,amount\n" + b"".join(b"%d,5\n" % i for i in range(50_000)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty (0 bytes): deliver it again"),
        (b"\n", "missing column order_no, amount"),
        (b"order_no,total\n1,5\n", "missing column amount; there are order_no, total"),
        (b"order_no;amount\n1;5\n", "looks delimited by ';': set options.delimiter, now ','"),
        (b"order_no\tamount\n1\t5\n", "looks delimited by a tab"),
        (b"order_no,amount\n2,5,6\n", "line 2: no row can be read; the first: 3 values where"),
        (b"order_no,amount\n2\n", "line 2: no row can be read; the first: 1 values where"),
        (b'order_no,amount\n2,"5\n', "line 2: no row can be read; the first: a quote is not"),
        (b"order_no,amount\n2,\xe4\n", "the first: there are bytes that are not utf-8"),
        (GOOD + b"2", "line 3: the file ends within it: is it cut off?"),
        (GOOD + b'2,"5', "line 3: the file ends within it: is it cut off?"),
        (b"order_no,amount,\xe4\n1,5,6\n", "line 1: there are bytes that are not utf-8"),
        (b"order_no,amount,_row\n1,5,6\n", "the column _row is Holdfast's own name"),
    ],
)
def test_an_unreadable_csv_file_is_reported_with_place_and_remedy(
    shop: Shop, content: bytes, message: str
) -> None:
    path = shop.deliver("orders_2026-06-16.csv", content)
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        shop.extract("2026-06-16")
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "table", "content", "message"),
    [
        ("o.csv.gz", {}, PACKED[: len(PACKED) // 2], "the gzip file is cut off"),
        ("o.csv.gz", {}, PACKED[:-6], "the gzip file is cut off"),
        ("o.csv.gz", {}, GOOD, "not a whole gzip file"),
        ("o.parquet", {"format": "parquet"}, GOOD, "not a whole Parquet file"),
        ("o.parquet", {"format": "parquet"}, b"PAR1" + b"x" * 999, "not a whole Parquet file"),
        ("o.jsonl", {"format": "jsonl"}, b'{"order_no": 1}\n', "missing column amount"),
        (
            "o.jsonl",
            {"format": "jsonl"},
            b'{"order_no": 1, "amount": 5}\n{"order_no": 2, "amo',
            "line 2: not one whole JSON object",
        ),
        (
            "o.jsonl",
            {"format": "jsonl"},
            b'{"order_no": 1, "amount": "\xe4"}\n',
            "line 1: there are bytes that are not of the encoding",
        ),
        ("o.jsonl", {"format": "jsonl"}, b"[1, 2]\n", "line 1: expected one JSON object a line"),
        ("o.jsonl", {"format": "jsonl"}, b'{"a": 1, "A": 2}\n', "differ by case only"),
        (
            "o.csv",
            {"options": {"encoding": "ascii"}},
            b"order_no,amount\n\xe4,5\n",
            "there are bytes that are not ascii",
        ),
    ],
)
def test_an_unreadable_file_of_another_format_is_reported(
    shop: Shop, name: str, table: dict[str, Any], content: bytes, message: str
) -> None:
    shop.tables = {"orders": {**ORDERS, "path": name, **table}}
    path = shop.deliver(name, content)
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        shop.extract("2026-06-16")
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_parquet_file_that_is_cut_off_is_not_loaded_in_part(shop: Shop) -> None:
    path = shop.folder / "o.parquet"
    duckdb.sql(f"copy (select 1 as order_no, 2 as amount from range(9999)) to '{path}'")
    path.write_bytes(path.read_bytes()[:-20])
    shop.tables = {"orders": {**ORDERS, "path": path.name, "format": "parquet"}}
    with pytest.raises(SourceError, match="not a whole Parquet file"):
        shop.extract("2026-06-16")


def test_a_message_never_quotes_a_row(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", b"order_no,amount\n2,5,jane@example.com\n")
    with pytest.raises(SourceError) as caught:
        shop.extract("2026-06-16")
    assert "jane" not in str(caught.value)


def test_no_file_at_all_is_an_error_that_names_the_path(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"shop\.orders: no file .*orders_\{date\}\.csv: deliver"):
        shop.extract("2026-06-16")


def test_a_date_in_another_form_is_pointed_out(shop: Shop) -> None:
    shop.deliver("orders_20260616.csv", GOOD)
    with pytest.raises(SourceError, match=r"written YYYY-MM-DD; there is orders_20260616\.csv"):
        shop.extract("2026-06-16")


def test_a_run_before_the_first_drop_says_when_the_drops_begin(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", GOOD)
    with pytest.raises(SourceError, match="the earliest is of 2026-06-16: run that date"):
        shop.extract("2026-06-15")


def test_a_date_that_is_not_in_the_calendar_is_an_error(shop: Shop) -> None:
    shop.deliver("orders_2026-06-31.csv", GOOD)
    with pytest.raises(SourceError, match="2026-06-31 is not a day in the calendar"):
        shop.extract("2026-07-01")


def test_a_location_that_is_not_there_is_an_error_that_names_it(shop: Shop) -> None:
    shop.folder.rmdir()
    with pytest.raises(SourceError, match=r"source shop: its location .*landing/shop is not a f"):
        shop.extract("2026-06-16")
