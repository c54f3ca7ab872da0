from __future__ import annotations

import duckdb
import pytest

from ingestion.connect.origins import folder as folder_module
from ingestion.connect.origins.errors import ConnectError
from tests.unit.ingestion.connect.conftest import Deliver, Project, profiles_of


def test_a_folder_without_tables_lists_its_files(project: Project, deliver: Deliver) -> None:
    folder = deliver("notes.docx", "no table")
    with pytest.raises(ConnectError, match=r"there is no table in .*\n  notes.docx: not csv"):
        project.connect("corner", folder)


def test_rows_beyond_the_sample_are_left_out(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "SAMPLE_ROWS", 5)
    deliver("short.csv", "a,b\n" + "1,x\n" * 5)
    tables = profiles_of(con, deliver("long.csv", "a,b\n" + "1,x\n" * 6))
    assert {name: (table.rows, table.table.is_sample) for name, table in tables.items()} == {
        "long": (5, True),
        "short": (5, False),
    }


def test_a_sample_has_the_last_rows_of_a_long_file_too(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "SAMPLE_ROWS", 20)
    profiles_of(con, deliver("long.csv", "a,b\n" + "".join(f"{n},x\n" for n in range(50))))
    found = [int(a) for (a,) in con.execute("select a from long order by rowid").fetchall()]
    assert found == [*range(18), 48, 49]


def test_a_file_that_is_empty_is_skipped_and_the_newest_file_gives_the_columns(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    deliver("empty.jsonl", "")
    deliver("orders_2026-01-01.csv", "id,old\n1,x\n")
    folder = deliver("orders_2026-01-02.csv", "id,new\n1,x\n")
    catalog = folder_module.folder_catalog(con, "exports", folder)
    (table,) = catalog.tables
    assert list(table.columns) == ["id", "new"]
    assert catalog.skipped == ["empty.jsonl: its files are empty"]
