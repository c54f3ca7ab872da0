from __future__ import annotations

import duckdb

from tests.unit.ingestion.connect.conftest import Deliver, profile_of


def test_empty_texts_are_not_values(con: duckdb.DuckDBPyConnection, deliver: Deliver) -> None:
    table = profile_of(con, deliver, id=["1", "2", "3", "4"], word=["a", "", " ", "a"])
    assert (table.columns["word"].nulls, table.columns["word"].distinct) == (2, 1)
    assert table.columns["word"].null_share == 0.5
