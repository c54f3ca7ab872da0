from __future__ import annotations

import duckdb

from deployment.source_config import FilesSource
from ingestion.connect.origins.folder import folder_catalog
from tests.unit.ingestion.connect.conftest import Deliver


def test_the_entries_of_a_catalog_make_a_valid_config_entry(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    deliver("people.csv", "nr;name\n1;Ada\n2;Alan\n")
    catalog = folder_catalog(con, "exports", deliver("orders.jsonl", '{"id": 1, "total": 2.5}\n'))
    tables = {
        table.name: {**table.entry, "columns": list(table.columns)} for table in catalog.tables
    }
    source = FilesSource.model_validate({"kind": catalog.kind, **catalog.entry, "tables": tables})
    assert set(source.tables) == {"people", "orders"}
    for table in catalog.tables:
        found = con.execute(f"select * from {table.relation}").description
        assert set(table.columns) <= {name for name, *_ in found}
