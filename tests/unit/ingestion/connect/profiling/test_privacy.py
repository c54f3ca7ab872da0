from __future__ import annotations

from pathlib import Path

import duckdb

from tests.unit.ingestion.connect.conftest import Deliver, profile_of, profiles_of


def test_only_the_values_of_vocabularies_are_kept(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    people = ["Ada Lovelace", "Alan Turing"] * 20
    table = profile_of(
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


def test_numeric_telephone_numbers_show_no_range(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute(
        f"copy (select n as id, 4915100000000 + n * 7919 as whatever from range(50) t (n))"
        f" to '{tmp_path / 'people.parquet'}'"
    )
    table = profiles_of(con, tmp_path)["people"]
    assert (table.columns["whatever"].low, table.columns["whatever"].high) == (None, None)
