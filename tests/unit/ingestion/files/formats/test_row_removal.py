"""Rows are removed by the positions that the raw tables have, and nothing else changes."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from deployment.source_config import FileTable
from ingestion.files.formats.readers import DeliveredFile, open_file
from ingestion.files.formats.row_removal import can_remove_rows, write_without_rows


def table(kind: str, path: str = "t", **options: object) -> FileTable:
    return FileTable.model_validate(
        {"path": path, "format": kind, "columns": ["id"], "key": ["id"], **options}
    )


CSV = b'id;text\r\n1;one\r\n\r\n2;"two\r\nlines"\r\n3;three\r\n4;f\xfcnf;6\r\n5;five\r\n'


def test_rows_of_a_csv_file_go_with_all_their_lines(tmp_path: Path) -> None:
    path, target = tmp_path / "t.csv", tmp_path / "new.csv"
    path.write_bytes(CSV)
    of = table("csv", options={"delimiter": ";"})
    write_without_rows(path, target, of, {2, 4})
    assert target.read_bytes() == b"id;text\r\n1;one\r\n\r\n3;three\r\n5;five\r\n"


@pytest.mark.parametrize("row_by_row", [False, True])
def test_positions_in_a_csv_file_are_those_of_the_raw_table(
    tmp_path: Path, row_by_row: bool
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(CSV.replace(b"4;f\xfcnf;6", b"4;four"))
    of = table("csv", options={"delimiter": ";"})
    with duckdb.connect() as con:
        file = DeliveredFile("t", path, tmp_path)
        reading = open_file(con, file, of, row_by_row=row_by_row)
        rows = con.execute(f"select {reading.row}, id from {reading.relation}").fetchall()
        for position, number in rows:
            target = tmp_path / f"{position}.csv"
            write_without_rows(path, target, of, {position})
            assert f"\r\n{number};".encode() not in target.read_bytes()


def test_lines_of_a_packed_json_file_go_and_the_last_one_leaves_no_empty_file(
    tmp_path: Path,
) -> None:
    path, target = tmp_path / "t.jsonl.gz", tmp_path / "new.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": 1}\n\n{"id": 2}\n'))
    write_without_rows(path, target, table("jsonl"), {2})
    assert gzip.decompress(target.read_bytes()) == b'{"id": 1}\n\n'
    write_without_rows(path, target, table("jsonl"), {1, 2})
    assert gzip.decompress(target.read_bytes()) == b"\n"


def test_rows_of_a_parquet_file_go_and_its_types_stay(tmp_path: Path) -> None:
    path, target = tmp_path / "t.parquet", tmp_path / "new.parquet"
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int32()), "text": ["one", "two", "three"]})
    pa.parquet.write_table(rows, path, compression="zstd")
    write_without_rows(path, target, table("parquet"), {2})
    assert pa.parquet.read_table(target).equals(rows.take([0, 2]))
    assert b"two" not in target.read_bytes()


def test_archives_and_workbooks_cannot_be_written_without_rows() -> None:
    assert can_remove_rows(table("csv"))
    assert not can_remove_rows(table("csv", path="t.zip"))
    assert not can_remove_rows(table("excel"))
