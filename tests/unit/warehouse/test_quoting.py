from __future__ import annotations

import duckdb
import pytest

from warehouse.quoting import identifier, literal

ODD = ["order", "Größe", 'a"b', "it's", "a.b", "", " "]


@pytest.mark.parametrize("text", ODD)
def test_a_quoted_text_is_read_as_itself(text: str) -> None:
    assert duckdb.sql(f"select {literal(text)}").fetchall() == [(text,)]


@pytest.mark.parametrize("name", [name for name in ODD if name])
def test_a_quoted_name_is_read_as_itself(name: str) -> None:
    with duckdb.connect() as con:
        con.execute(f"create table {identifier('main', name)} ({identifier(name)} int)")
        found = con.execute(
            "select table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
    assert found == [(name, name)]
