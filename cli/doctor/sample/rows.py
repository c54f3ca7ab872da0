"""Sample of delivered rows: the newest files of each table, as raw tables in a database."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from deployment.home import Home
from deployment.source_config import FilesSource, FileTable
from ingestion.errors import SourceError
from ingestion.files.folders import Folder, open_folder
from ingestion.files.formats.archives import unpacked
from ingestion.files.formats.readers import DeliveredFile, Reading, open_file
from ingestion.landing.ledger import Drop
from ingestion.landing.raw_table import LOAD_COLUMNS
from ingestion.opened_source import open_source
from warehouse.quoting import identifier, literal

SAMPLE_ROWS = 200_000
SAMPLE_FILES = 100


@dataclass(frozen=True)
class SampledTable:
    """Raw table of a sample.

    Attributes:
        rows: rows read.
        is_whole: whether the sample has all rows that were delivered.
    """

    rows: int
    is_whole: bool


def sampled_tables(
    con: duckdb.DuckDBPyConnection, name: str, source: FilesSource, home: Home
) -> dict[str, SampledTable]:
    """Load the newest files of each table that can be read; return the tables by name.

    A table of which no file can be read is left out: the check of its files reports it.
    """
    con.execute(f"create schema if not exists {identifier(f'raw_{name}')}")
    found: dict[str, SampledTable] = {}
    try:
        folder = open_folder(open_source(name, source), home)
    except SourceError:
        return found
    root = home.root if home.root.is_dir() else None
    for table_name, table in source.tables.items():
        raw = identifier(f"raw_{name}", table_name)
        with tempfile.TemporaryDirectory(dir=root) as scratch:
            try:
                drops = folder.drops(table.path)
                if drops:
                    found[table_name] = _load(con, raw, table, folder, drops, Path(scratch))
            except (SourceError, OSError, duckdb.Error):
                con.execute(f"drop table if exists {raw}")
    return found


def _load(
    con: duckdb.DuckDBPyConnection,
    raw: str,
    table: FileTable,
    folder: Folder,
    drops: list[Drop],
    scratch: Path,
) -> SampledTable:
    """Load the newest files into a raw table with the configured columns.

    Raises:
        SourceError, OSError, duckdb.Error: a file cannot be read.
    """
    columns = [*table.columns, *table.optional_columns]
    definitions = {**LOAD_COLUMNS, **{each: table.types.get(each, "VARCHAR") for each in columns}}
    rows, files = 0, 0
    for drop in reversed(drops):
        if rows >= SAMPLE_ROWS or files >= SAMPLE_FILES:
            break
        reading = _reading(con, table, folder, drop, scratch)
        if not files:
            typed = {**definitions, **_declared(reading, table)}
            listed = ", ".join(f"{identifier(each)} {kind}" for each, kind in typed.items())
            con.execute(f"create table {raw} ({listed})")
        files += 1
        # The newest file has the highest number, as its load has.
        load = len(drops) - files
        names = ", ".join(map(identifier, reading.columns))
        con.execute(
            f"insert into {raw} by name select {load} as _load_id, {literal(drop.name)} as _file,"
            f" {reading.row} as _row, {names} from {reading.relation}"
            f" limit {SAMPLE_ROWS - rows}"
        )
        rows = int((con.execute(f"select count(*) from {raw}").fetchone() or (0,))[0])
    return SampledTable(rows, files == len(drops) and rows < SAMPLE_ROWS)


def _declared(reading: Reading, table: FileTable) -> dict[str, str]:
    return {name: table.types.get(name, kind) for name, kind in reading.columns.items()}


def _reading(
    con: duckdb.DuckDBPyConnection, table: FileTable, folder: Folder, drop: Drop, scratch: Path
) -> Reading:
    """Open a file, row by row if a row of it is malformed."""
    path, _ = folder.fetch(drop, scratch)
    if table.is_zip:
        path = unpacked(drop.name, path, table.member, scratch)
    file = DeliveredFile(drop.name, path, scratch)
    reading = open_file(con, file, table)
    if table.format != "csv":
        return reading
    try:
        con.execute(f"select count(*) from (select * from {reading.relation} limit {SAMPLE_ROWS})")
    except duckdb.Error:
        return open_file(con, file, table, row_by_row=True)
    return reading
