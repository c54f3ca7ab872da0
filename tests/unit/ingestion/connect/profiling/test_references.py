from __future__ import annotations

import duckdb

from ingestion.connect.profiling.keys import find_key
from ingestion.connect.profiling.references import find_references
from tests.unit.ingestion.connect.conftest import Deliver, profiles_of


def test_keys_and_references_are_measured_on_the_rows(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    deliver("people.csv", "person_no,city\n" + "".join(f"P{n},X\n" for n in range(40)))
    deliver("sales.csv", "sale_no,person_no\n" + "".join(f"{n},P{n % 40}\n" for n in range(90)))
    folder = deliver(
        "items.csv",
        "sale_no,line_no,sku\n" + "".join(f"{n // 2},{n % 2},S{n % 7}\n" for n in range(180)),
    )
    tables = profiles_of(con, folder)
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
