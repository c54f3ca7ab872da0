from __future__ import annotations

import gzip
import re
from typing import Any

import duckdb
import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import ORDERS, Shop


def test_parquet_keeps_its_types_and_widens_where_a_later_file_differs(shop: Shop) -> None:
    shop.tables = {
        "orders": {**ORDERS, "path": "o_{date}.parquet", "format": "parquet", "optional": True}
    }
    shop.extract("2026-06-15")
    for day, amount in ((16, "5::integer"), (17, "6::bigint"), (18, "'7'")):
        duckdb.sql(
            f"copy (select 'A' as order_no, {amount} as amount)"
            f" to '{shop.folder}/o_2026-06-{day}.parquet'"
        )
    shop.extract("2026-06-16")
    assert shop.query("select typeof(amount) from raw_shop.orders") == [("INTEGER",)]
    shop.extract("2026-06-17")
    assert shop.query("select distinct typeof(amount) from raw_shop.orders") == [("BIGINT",)]
    shop.extract("2026-06-18")
    assert shop.query("select amount from raw_shop.orders order by _load_id") == [(5,), (6,), (7,)]


def test_json_lines_keep_every_key_and_nested_values_as_text(shop: Shop) -> None:
    shop.tables = {
        "tickets": {"path": "tickets.jsonl", "format": "jsonl", "columns": ["id", "tags"]}
    }
    lines = '{"id": 1, "tags": ["a", {"b": 2}]}\n\n{"id": "x", "late_key": "等", "tags": null}\n'
    shop.deliver("tickets.jsonl", b"\xef\xbb\xbf" + lines.encode())
    shop.extract("2026-06-16")
    assert shop.query("select _row, id, tags, late_key from raw_shop.tickets order by 1") == [
        (1, "1", '["a",{"b":2}]', None),
        (2, "x", None, "等"),
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "windows-1252", "gb18030"]
)
def test_text_is_read_in_the_configured_encoding(shop: Shop, encoding: str) -> None:
    word = "中文" if encoding in {"utf-8", "utf-16", "gb18030"} else "Käufer"
    shop.tables = {"orders": {**ORDERS, "options": {"encoding": encoding, "delimiter": ";"}}}
    text = f'order_no;amount\r\n{word};"a;b\r\n""c"""\r\n'
    shop.deliver("orders_2026-06-16.csv", text.encode(encoding))
    shop.extract("2026-06-16")
    assert shop.query("select order_no, amount from raw_shop.orders") == [(word, 'a;b\r\n"c"')]


def test_lines_before_the_header_are_skipped_and_doubtful_names_made_distinct(shop: Shop) -> None:
    shop.tables = {
        "orders": {**ORDERS, "columns": ["no"], "options": {"skip_lines": 2, "null": "NULL"}}
    }
    shop.deliver("orders_2026-06-16.csv", "Export of today\n\nno,,No\n1,NULL,3\n")
    shop.extract("2026-06-16")
    assert shop.query("select no, column_2, no_2 from raw_shop.orders") == [("1", None, "3")]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_row_numbers_are_the_files_order_however_many_threads_read(shop: Shop, kind: str) -> None:
    rows = 500_000
    path = shop.folder / f"big.{kind}"
    options = {"csv": "header", "jsonl": "format json", "parquet": "row_group_size 5000"}[kind]
    duckdb.sql(
        f"copy (select i as order_no, i * 7 as amount from range({rows}) t(i))"
        f" to '{path}' ({options})"
    )
    shop.tables = {"orders": {**ORDERS, "path": path.name, "format": kind}}
    assert shop.extract("2026-06-16")["orders"].rows == rows
    misplaced = "count(*) filter (_row <> order_no::bigint + 1)"
    assert shop.query(f"select {misplaced}, count(distinct _row) from raw_shop.orders") == [
        (0, rows)
    ]


def test_a_name_with_glob_characters_is_read_as_itself(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "path": "orders*.csv"}}
    shop.deliver("orders [1].csv", "order_no,amount\n1,5\n")
    shop.deliver("orders 1.csv", "order_no,amount\n2,5\n")
    assert shop.extract("2026-06-16")["orders"].rows == 2


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
