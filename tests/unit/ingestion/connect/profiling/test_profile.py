from __future__ import annotations

import duckdb

from tests.unit.ingestion.connect.conftest import Deliver, profile_of


def test_a_column_of_an_empty_table_is_neither_complete_nor_divided_by_zero(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, id=[], word=[])
    assert table.name == "table"
    assert table.rows == 0
    assert not table.columns["id"].is_complete
    assert table.columns["id"].null_share == 0.0
