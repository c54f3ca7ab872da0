from __future__ import annotations

import duckdb

from ingestion.connect.profiling.first_rows import find_first_rows
from tests.unit.ingestion.connect.conftest import Deliver, profiles_of

HEADER = "Name,Email,Total,Discount Code,Created at,Lineitem name,Lineitem price\n"


def test_columns_filled_on_the_first_line_only_are_of_the_order(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    rows = "".join(
        f"#{n},p{n}@x.org,9.50,{'X' if n == 2 else ''},2026-04-0{n} 10:00,Tea,5.00\n"
        f"#{n},,,,2026-04-0{n} 10:00,Cup,4.50\n"
        for n in range(1, 6)
    )
    (table,) = profiles_of(con, deliver("orders.csv", HEADER + rows)).values()
    found = find_first_rows(con, table)
    assert found is not None
    assert (found.column, found.orders) == ("Name", 5)
    assert found.of_order == ("Email", "Total", "Discount Code")
    assert found.of_line == ("Created at", "Lineitem name", "Lineitem price")
    assert found.shared == ("Created at",)


def test_lines_that_repeat_the_order_s_columns_are_of_another_form(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    rows = "".join(
        f"#{n},p{n}@x.org,9.50,,2026-04-01 10:00,{product},5.00\n"
        for n in range(1, 6)
        for product in ("Tea", "Cup")
    )
    (table,) = profiles_of(con, deliver("orders.csv", HEADER + rows)).values()
    assert find_first_rows(con, table) is None


def test_a_later_line_with_its_own_value_excludes_a_column(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    rows = "#1,a@x.org,9.50,,,Tea,5.00\n#1,,,LATE,,Cup,4.50\n#2,b@x.org,5.00,,,Tea,5.00\n"
    (table,) = profiles_of(con, deliver("orders.csv", HEADER + rows)).values()
    found = find_first_rows(con, table)
    assert found is not None
    assert found.of_order == ("Email", "Total")
