from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.connect.origins.folder import folder_catalog


def test_csv_options_that_differ_from_the_defaults_are_found(
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
    assert offer.skipped == ["notes.pdf: not csv, xlsx, parquet or jsonl"]
