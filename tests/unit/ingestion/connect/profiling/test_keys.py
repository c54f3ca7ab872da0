from __future__ import annotations

import duckdb

from ingestion.connect.profiling.keys import find_key
from tests.unit.ingestion.connect.conftest import Deliver, profile_of, profiles_of


def test_a_key_with_one_repeat_in_a_thousand_rows_is_found_with_the_repeat(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    numbers = [str(n) for n in range(1, 1500)]
    table = profile_of(con, deliver, order_no=[*numbers, "7"], total=[*numbers, "0.5"])
    key = find_key(con, table)
    assert (key.columns, key.repeats) == (("order_no",), 1)


def test_a_key_is_unique_within_a_delivery(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    rows = "".join(f"{n},open\n" for n in range(30))
    deliver("orders_2026-01-01.csv", "order_no,state\n" + rows)
    folder = deliver("orders_2026-01-02.csv", "order_no,state\n" + rows)
    (table,) = profiles_of(con, folder).values()
    assert table.table.entry["path"] == "orders_{date}.csv"
    assert table.rows == 60
    assert find_key(con, table).columns == ("order_no",)
