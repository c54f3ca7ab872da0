from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.connect.origins.folder import folder_catalog
from ingestion.connect.profiling.keys import find_key
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.references import find_references
from ingestion.connect.profiling.table_profile import profile_table
from tests.unit.ingestion.connect.conftest import Deliver


def profiles(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, TableProfile]:
    offer = folder_catalog(con, "exports", folder)
    return {table.name: profile_table(con, table) for table in offer.tables}


def of(con: duckdb.DuckDBPyConnection, deliver: Deliver, **columns: list[str]) -> TableProfile:
    """The profile of a table with these columns of text."""
    lines = [";".join(columns), *map(";".join, zip(*columns.values(), strict=True))]
    (table,) = profiles(con, deliver("table.csv", "\n".join(lines) + "\n")).values()
    return table


def test_each_column_gets_the_narrowest_type_that_reads_it(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = of(
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
    assert columns["british"].last == datetime(2026, 2, 13, 9)  # noqa: DTZ001 - a wall clock
    assert columns["moment"].has_zone
    assert columns["sent"].has_zone
    assert not columns["british"].has_zone
    assert not columns["british"].is_day_first_unsure


def test_a_day_that_could_be_a_month_is_said_to_be_unsure(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = of(con, deliver, id=["1", "2"], placed=["03/04/2026", "05/06/2026"])
    assert table.columns["placed"].is_day_first_unsure
    assert table.columns["placed"].first == datetime(2026, 4, 3)  # noqa: DTZ001 - a wall clock


def test_a_little_dirt_is_counted_and_does_not_change_the_type(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    amounts = [f"{n},50" for n in range(1, 40)]
    days = [f"{n % 28 + 1:02}/03/2026" for n in range(39)]
    table = of(con, deliver, amount=[*amounts, "twelve"], day=[*days, "31/31/2026"])
    assert (table.columns["amount"].fits, table.columns["amount"].unreadable) == (
        "decimal with comma",
        1,
    )
    assert (table.columns["day"].formats, table.columns["day"].unreadable) == (("%d/%m/%Y",), 1)


def test_empty_texts_are_no_values(con: duckdb.DuckDBPyConnection, deliver: Deliver) -> None:
    table = of(con, deliver, id=["1", "2", "3", "4"], word=["a", "", " ", "a"])
    assert (table.columns["word"].nulls, table.columns["word"].distinct) == (2, 1)
    assert table.columns["word"].null_share == 0.5


def test_keys_and_what_points_at_them_are_measured_on_the_rows(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    deliver("people.csv", "person_no,city\n" + "".join(f"P{n},X\n" for n in range(40)))
    deliver("sales.csv", "sale_no,person_no\n" + "".join(f"{n},P{n % 40}\n" for n in range(90)))
    folder = deliver(
        "items.csv",
        "sale_no,line_no,sku\n" + "".join(f"{n // 2},{n % 2},S{n % 7}\n" for n in range(180)),
    )
    tables = profiles(con, folder)
    keys = {name: find_key(con, table) for name, table in tables.items()}
    assert {name: key.columns for name, key in keys.items()} == {
        "people": ("person_no",),
        "sales": ("sale_no",),
        "items": ("sale_no", "line_no"),
    }
    found = find_references(con, tables, keys)
    assert {(each.table, each.column, each.target, each.share) for each in found} == {
        ("sales", "person_no", "people", 1.0),
        ("items", "sale_no", "sales", 1.0),
    }


def test_a_key_that_a_row_in_a_thousand_repeats_is_a_key_with_a_warning(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    numbers = [str(n) for n in range(1, 1500)]
    table = of(con, deliver, order_no=[*numbers, "7"], total=[*numbers, "0.5"])
    key = find_key(con, table)
    assert (key.columns, key.repeats) == (("order_no",), 1)


def test_a_key_holds_within_a_drop_and_is_delivered_again_in_the_next(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    rows = "".join(f"{n},open\n" for n in range(30))
    deliver("orders_2026-01-01.csv", "order_no,state\n" + rows)
    folder = deliver("orders_2026-01-02.csv", "order_no,state\n" + rows)
    (table,) = profiles(con, folder).values()
    assert table.table.entry["path"] == "orders_{date}.csv"
    assert table.rows == 60
    assert find_key(con, table).columns == ("order_no",)


def test_values_are_kept_of_vocabularies_only_and_never_of_people(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    people = ["Ada Lovelace", "Alan Turing"] * 20
    table = of(
        con,
        deliver,
        status=["open", "paid"] * 20,
        sales_rep=["Grace", "Edsger"] * 20,
        bearbeiter=["Barbara", "Donald"] * 20,
        customer_name=people,
        contact=["ada@example.org", "alan@example.org"] * 20,
        hotline=["+44 7700 900123", "+44 7700 900456"] * 20,
        mobile=["07700900123", "07700900456"] * 20,
        note=[f"{name} called twice about the parcel" for name in people],
    )
    assert {name: list(column.words) for name, column in table.columns.items() if column.words} == {
        "status": ["open", "paid"]
    }
    assert table.columns["contact"].personal == "e-mail addresses"
    assert table.columns["hotline"].personal == "telephone numbers"
    assert table.columns["customer_name"].personal == "names"
    assert table.columns["mobile"].low is None


def test_telephone_numbers_that_are_numbers_show_no_range(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute(
        f"copy (select n as id, 4915100000000 + n * 7919 as whatever from range(50) t (n))"
        f" to '{tmp_path / 'people.parquet'}'"
    )
    table = profiles(con, tmp_path)["people"]
    assert (table.columns["whatever"].low, table.columns["whatever"].high) == (None, None)


def test_delimiters_quotes_and_encodings_are_found_and_written_only_where_they_differ(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "plain.csv").write_text('a,b\n1,"x, y"\n2,z\n')
    (tmp_path / "german.csv").write_bytes("nr;straße\n1;Köln\n2;Bonn\n".encode("windows-1252"))
    (tmp_path / "chinese.csv").write_bytes("编号,姓名\n1,王小明\n2,李华\n".encode("gb18030"))
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    offer = folder_catalog(con, "exports", tmp_path)
    options = {table.name: table.entry.get("options") for table in offer.tables}
    assert options == {
        "plain": None,
        "german": {"delimiter": ";", "encoding": "windows-1252"},
        "chinese": {"encoding": "gb18030"},
    }
    assert {table.name for table in offer.tables if table.questions} == {"german", "chinese"}
    assert offer.skipped == ["notes.pdf: not csv, parquet or jsonl"]
