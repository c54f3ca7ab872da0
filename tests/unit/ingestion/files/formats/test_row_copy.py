from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.campaign import times
from tests.unit.ingestion.conftest import ORDERS, Shop


@pytest.mark.parametrize("text", ["", "\\x00", "a\\b", "Ünï", '"', ",", "'", " x"])
def test_values_of_every_kind_are_kept_beside_a_malformed_row(shop: Shop, text: str) -> None:
    quoted = text.replace('"', '""')
    shop.deliver("orders_2026-06-16.csv", f'order_no,amount\n1,"{quoted}"\nbad\n')
    shop.extract("2026-06-16")
    assert shop.query("select amount from raw_shop.orders") == [(text or None,)]


@settings(
    max_examples=times(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from('ab,"\n é0'), max_size=5), min_size=2, max_size=2).filter(
            any
        ),
        min_size=1,
        max_size=8,
    )
)
def test_rows_are_the_same_with_and_without_a_malformed_row(
    shop: Shop, rows: list[list[str]]
) -> None:
    def written(values: list[str]) -> str:
        return ",".join('"{}"'.format(value.replace('"', '""')) for value in values) + "\n"

    text = "order_no,amount\n" + "".join(map(written, rows))
    read: list[list[tuple[Any, ...]]] = []
    for number, content in enumerate((text, text + "x\n")):
        table = f"t{number}"
        shop.tables = {table: {**ORDERS, "path": f"{table}.csv"}}
        shop.deliver(f"{table}.csv", content)
        shop.extract("2026-06-16")
        columns = "select order_no, amount from"
        newest = "(select max(_load_id) from {})".format(f"raw_shop.{table}")
        read.append(
            shop.query(f"{columns} raw_shop.{table} where _load_id = {newest} order by _row")
        )
    assert read[0] == read[1] == [tuple(value or None for value in row) for row in rows]
