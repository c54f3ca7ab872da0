from __future__ import annotations

from tests.unit.ingestion.conftest import ORDERS, Shop

FAULTS = "select row_no, reason, content from ops.unreadable_rows order by row_no"


def test_a_line_that_is_no_json_object_is_set_aside(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "path": "o.jsonl", "format": "jsonl"}}
    lines = [
        b'{"order_no": 1, "amount": {"a/b": [1, "x"]}}',
        b'{"order_no": 2, "amo',
        b"",
        b"[1, 2]",
        b'{"order_no": "3", "amount": null, "a/~b": "c"}',
        b'{"order_no": "\xff"}',
    ]
    shop.deliver("o.jsonl", b"\n".join(lines) + b"\n")
    report = shop.extract("2026-06-16")["orders"]
    assert (report.rows, report.rows_unreadable) == (5, 3)
    assert shop.query('select _row, order_no, amount, "a/~b" from raw_shop.orders order by 1') == [
        (1, "1", '{"a/b":[1,"x"]}', None),
        (4, "3", None, "c"),
    ]
    assert [reason for _, reason, _ in shop.query(FAULTS)] == [
        "line 2: not one whole JSON object",
        "line 4: expected one JSON object a line",
        "line 6: there are bytes that are not of the encoding",
    ]
