"""Rows are removed by the positions that the raw tables have, and nothing else changes."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from openpyxl import Workbook, load_workbook

from deployment.source_config import FileTable
from ingestion.errors import SourceError
from ingestion.files.formats.readers import DeliveredFile, open_file
from ingestion.files.formats.row_removal import file_without_rows
from tests.unit.ingestion.files.formats.packed import archive


def table(kind: str, path: str = "t", **options: object) -> FileTable:
    return FileTable.model_validate(
        {"path": path, "format": kind, "columns": ["id"], "key": ["id"], **options}
    )


CSV = b'id;text\r\n1;one\r\n\r\n2;"two\r\nlines"\r\n3;three\r\n4;f\xfcnf;6\r\n5;five\r\n'
SEMICOLONS = {"options": {"delimiter": ";"}}


def test_rows_of_a_csv_file_go_with_all_their_lines() -> None:
    kept = file_without_rows("t.csv", CSV, table("csv", **SEMICOLONS), {2, 4})
    assert kept == b"id;text\r\n1;one\r\n\r\n3;three\r\n5;five\r\n"


@pytest.mark.parametrize("row_by_row", [False, True])
def test_positions_in_a_csv_file_are_those_of_the_raw_table(
    tmp_path: Path, row_by_row: bool
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(CSV.replace(b"4;f\xfcnf;6", b"4;four"))
    of = table("csv", **SEMICOLONS)
    with duckdb.connect() as con:
        file = DeliveredFile("t", path, tmp_path)
        reading = open_file(con, file, of, row_by_row=row_by_row)
        rows = con.execute(f"select {reading.row}, id from {reading.relation}").fetchall()
    for position, number in rows:
        kept = file_without_rows(path.name, path.read_bytes(), of, {position})
        assert f"\r\n{number};".encode() not in kept


def test_lines_of_a_packed_json_file_go_and_the_last_one_leaves_no_empty_file() -> None:
    content = gzip.compress(b'{"id": 1}\n\n{"id": 2}\n')
    kept = file_without_rows("t.jsonl.gz", content, table("jsonl"), {2})
    assert gzip.decompress(kept) == b'{"id": 1}\n\n'
    kept = file_without_rows("t.jsonl.gz", content, table("jsonl"), {1, 2})
    assert gzip.decompress(kept) == b"\n"


def test_rows_of_a_parquet_file_go_and_its_types_stay(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int32()), "text": ["one", "two", "three"]})
    pa.parquet.write_table(rows, path, compression="zstd")
    kept = file_without_rows(path.name, path.read_bytes(), table("parquet"), {2})
    assert pa.parquet.read_table(pa.BufferReader(kept)).equals(rows.take([0, 2]))
    assert b"two" not in kept


def test_rows_of_a_file_in_an_archive_go_and_its_other_files_stay() -> None:
    content = archive(orders_csv=CSV, notes_csv=b"id\n2\n")
    of = table("csv", path="t.zip", member="orders.csv", **SEMICOLONS)
    with zipfile.ZipFile(io.BytesIO(file_without_rows("t.zip", content, of, {2, 4}))) as kept:
        assert kept.read("orders.csv") == b"id;text\r\n1;one\r\n\r\n3;three\r\n5;five\r\n"
        assert kept.read("notes.csv") == b"id\n2\n"
        with zipfile.ZipFile(io.BytesIO(content)) as before:
            of_before = [(each.filename, each.date_time) for each in before.infolist()]
        assert [(each.filename, each.date_time) for each in kept.infolist()] == of_before


def test_an_archive_with_an_encrypted_file_beside_the_tables_own_is_refused() -> None:
    content = bytearray(archive(orders_csv=CSV, secret_csv=b"id\n2\n"))
    entry = content.rindex(b"PK\x01\x02")  # of the last file in the archive's directory
    content[entry + 8] |= 0x1
    of = table("csv", path="t.zip", member="orders.csv", **SEMICOLONS)
    with pytest.raises(SourceError, match=r"t\.zip: secret\.csv in it is encrypted"):
        file_without_rows("t.zip", bytes(content), of, {2})


def workbook() -> bytes:
    """A sheet with a title above its header, an empty row, leading zeros and a text like a formula.

    A second sheet has a row of the same number.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = "orders"
    for row in (
        ["A title"],
        ["id", "text"],
        [1, "one"],
        [],
        [2, "two"],
        [3, "=three"],
        [4, "four"],
    ):
        sheet.append(row)
    for (cell,) in sheet.iter_rows(min_row=3, max_col=1):
        cell.number_format = "000"
    sheet["B6"].data_type = "s"
    book.create_sheet("notes").append(["stays"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_rows_of_a_workbook_go_and_its_other_rows_and_sheets_are_read_as_before(
    tmp_path: Path,
) -> None:
    of = table("excel", workbook={"header_row": 2})
    before, after = tmp_path / "before.xlsx", tmp_path / "after.xlsx"
    before.write_bytes(workbook())
    kept = file_without_rows("t.xlsx", before.read_bytes(), of, {2, 4})
    after.write_bytes(kept)
    with duckdb.connect() as con:
        rows = {}
        for path in (before, after):
            reading = open_file(con, DeliveredFile(path.name, path, tmp_path), of)
            rows[path] = con.execute(
                f"select {reading.row}, id, text from {reading.relation} order by 1"
            ).fetchall()
    assert rows[before] == [
        (1, "001", "one"),
        (2, "002", "two"),
        (3, "003", "=three"),
        (4, "004", "four"),
    ]
    assert rows[after] == [(1, "001", "one"), (2, "003", "=three")]
    book = load_workbook(io.BytesIO(kept))
    assert book["orders"]["A1"].value == "A title"
    assert book["notes"]["A1"].value == "stays"
    with zipfile.ZipFile(io.BytesIO(kept)) as parts:
        assert not any(b"two" in parts.read(name) for name in parts.namelist())
