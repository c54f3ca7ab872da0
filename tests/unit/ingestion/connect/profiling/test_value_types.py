from __future__ import annotations

from datetime import datetime

import duckdb

from tests.unit.ingestion.connect.conftest import Deliver, profile_of


def test_each_column_gets_the_narrowest_type_that_reads_it(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con,
        deliver,
        count=["1", "22", "333"],
        price=["1.50", "2", "1000.25"],
        betrag=["1,50", "1.234,50", "7"],
        listed=["1,234.50", "2,000", "3"],
        plz=["01234", "20095", "80331"],
        day=["2026-01-31", "2026-02-01", "2026-02-02"],
        moment=["2026-01-31T10:00:00Z", "2026-02-01T10:00:00Z", "2026-02-02T10:00:00Z"],
        british=["31/01/2026 10:30", "01/02/2026 11:00", "13/02/2026 09:00"],
        american=["01/31/2026", "02/01/2026", "02/13/2026"],
        sent=["1753770335000", "1774624558000", "1748709097000"],
        optin=["ja", "nein", "ja"],
        word=["a", "b", "c"],
    )
    columns = table.columns
    assert {name: column.fits for name, column in columns.items()} == {
        "count": "integer",
        "price": "decimal",
        "betrag": "decimal with comma",
        "listed": "decimal with 1,000s",
        "plz": "text",
        "day": "date",
        "moment": "timestamp",
        "british": "timestamp",
        "american": "date",
        "sent": "timestamp",
        "optin": "true or false",
        "word": "text",
    }
    assert columns["british"].formats == ("%d/%m/%Y %H:%M",)
    assert columns["american"].formats == ("%m/%d/%Y",)
    assert columns["british"].last == datetime.fromisoformat("2026-02-13T09:00")
    assert columns["moment"].has_zone
    assert columns["sent"].has_zone
    assert not columns["british"].has_zone
    assert not columns["british"].is_day_first_unsure


def test_day_and_month_are_ambiguous_up_to_12(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, id=["1", "2"], placed=["03/04/2026", "05/06/2026"])
    assert table.columns["placed"].is_day_first_unsure
    assert table.columns["placed"].first == datetime.fromisoformat("2026-04-03")


def test_few_unreadable_values_are_counted_and_keep_the_type(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    amounts = [f"{n},50" for n in range(1, 40)]
    days = [f"{n % 28 + 1:02}/03/2026" for n in range(39)]
    table = profile_of(con, deliver, amount=[*amounts, "twelve"], day=[*days, "31/31/2026"])
    assert (table.columns["amount"].fits, table.columns["amount"].unreadable) == (
        "decimal with comma",
        1,
    )
    assert (table.columns["day"].formats, table.columns["day"].unreadable) == (("%d/%m/%Y",), 1)
