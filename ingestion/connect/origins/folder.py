"""Catalog of a folder of exports: its files grouped to tables, and read into DuckDB."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from deployment.source_config import CsvOptions, FileTable, WorkbookOptions
from ingestion.connect.origins.catalog import Catalog, CatalogTable
from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.file_patterns import (
    UNKNOWN_FORMAT,
    file_format,
    path_pattern,
    pattern_questions,
)
from ingestion.connect.origins.layouts.csv_dialect import csv_options
from ingestion.connect.origins.layouts.workbook_layout import workbook_options
from ingestion.connect.origins.table_names import table_names
from ingestion.errors import SourceError
from ingestion.files.formats.readers import DeliveredFile, open_file
from warehouse.quoting import identifier

# More rows teach a profile little. The last rows are read too, because most exports are in the
# order of time, and the profile has the last day.
SAMPLE_ROWS = 1_000_000
_LAST_SHARE = 10  # one row in ten

_DELIVERY = "_delivery"


def folder_catalog(con: duckdb.DuckDBPyConnection, location: str, folder: Path) -> Catalog:
    """Read the files below a folder into DuckDB, one table a path pattern.

    Args:
        con: an empty database, which receives the tables.
        location: the folder as the configuration names it.
        folder: the folder's path.

    Raises:
        ConnectError: the folder has no table.
    """
    found: defaultdict[str, list[Path]] = defaultdict(list)
    skipped = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in relative.parts):
            continue
        if file_format(path) is None:
            skipped.append(f"{relative}: {UNKNOWN_FORMAT}")
        else:
            found[path_pattern(relative.as_posix())].append(path)
    groups = {_pattern(folder, pattern, paths): paths for pattern, paths in found.items()}
    tables = []
    names = table_names(list(groups))
    with tempfile.TemporaryDirectory() as scratch:
        for pattern, paths in groups.items():
            try:
                tables.append(_table(con, names[pattern], pattern, paths, Path(scratch)))
            except (SourceError, ConnectError) as error:
                skipped.append(f"{pattern}: {error}")
    if not tables:
        raise no_table(location, skipped)
    return Catalog("files", {"location": location}, tables, skipped)


def no_table(location: str, skipped: list[str]) -> ConnectError:
    """Return the error of a location without a table, with the files that were skipped."""
    lines = "".join(f"\n  {line}" for line in skipped)
    return ConnectError(
        f"there is no table in {location}: expected CSV, Excel, Parquet or JSON{lines}"
    )


def _pattern(folder: Path, pattern: str, paths: list[Path]) -> str:
    """Return the pattern of a group; a single undated file keeps its name with all numbers."""
    is_single = len(paths) == 1 and "{date}" not in pattern
    return paths[0].relative_to(folder).as_posix() if is_single else pattern


def _table(
    con: duckdb.DuckDBPyConnection, name: str, pattern: str, paths: list[Path], scratch: Path
) -> CatalogTable:
    newest = paths[-1]
    newest_format = file_format(newest)
    assert newest_format is not None
    entry: dict[str, Any] = {"path": pattern, "format": newest_format}
    questions: list[str] = []
    if newest_format == "csv":
        entry["options"], questions = csv_options(con, newest)
    elif newest_format == "excel":
        entry["workbook"], questions = workbook_options(newest)
    relation = identifier(name)
    columns = _load(con, relation, paths, scratch, _file_table(entry))
    entry = {key: value for key, value in entry.items() if value}
    return CatalogTable(
        name,
        relation,
        columns,
        _cut(con, relation),
        entry,
        questions=[*questions, *pattern_questions(pattern, newest.name)],
        delivery=_DELIVERY if "{date}" in pattern else "0",
    )


def _file_table(entry: Mapping[str, Any]) -> FileTable:
    # Without validation: columns and key are not known yet.
    return FileTable.model_construct(
        path=entry["path"],
        format=entry["format"],
        columns=[],
        options=CsvOptions(**entry.get("options", {})),
        workbook=WorkbookOptions(**entry.get("workbook", {})),
        types={},
        optional_columns=[],
        key=[],
        provides=[],
    )


def _load(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    paths: list[Path],
    scratch: Path,
    table: FileTable,
) -> dict[str, str]:
    """Load the files into a table; return DuckDB type by column."""
    try:
        return _load_rows(con, relation, paths, scratch, table, row_by_row=False)
    except duckdb.Error as error:
        if table.format != "csv":
            raise _unreadable(error) from None
    try:
        # A malformed row, or mixed line ends: as a run does, malformed rows are set aside.
        return _load_rows(con, relation, paths, scratch, table, row_by_row=True)
    except duckdb.Error as error:
        raise _unreadable(error) from None


def _unreadable(error: duckdb.Error) -> ConnectError:
    return ConnectError(
        f"it cannot be read ({str(error).splitlines()[0].split(':')[0]}): write its config entry by"
        " hand and run holdfast doctor, which reports the line"
    )


def _load_rows(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    paths: list[Path],
    scratch: Path,
    table: FileTable,
    *,
    row_by_row: bool,
) -> dict[str, str]:
    """Load the files into a table; return DuckDB type by column.

    Raises:
        duckdb.Error: DuckDB cannot read a file.
        ConnectError: the files are empty.
    """
    columns: dict[str, str] = {}
    selections = []
    # The newest file first, because it has the current columns.
    for number, path in enumerate(reversed(paths)):
        file = DeliveredFile(path.name, path, scratch)
        reading = open_file(con, file, table, row_by_row=row_by_row)
        if reading.columns:
            columns = columns or dict(reading.columns)
            names = ", ".join(identifier(column) for column in reading.columns)
            selections.append(f"select {number} as {_DELIVERY}, {names} from {reading.relation}")
    if not columns:
        raise ConnectError("its files are empty")
    rows = " union all by name ".join(selections)
    con.execute(f"create table {relation} as {rows} limit {SAMPLE_ROWS + 1}")
    counted = con.execute(f"select count(*) from {relation}").fetchone()
    if counted and counted[0] > SAMPLE_ROWS:
        _add_last_rows(con, relation, rows)
    return columns


def _add_last_rows(con: duckdb.DuckDBPyConnection, relation: str, rows: str) -> None:
    """Replace the end of a sample of the first rows by the last rows, in the files' order."""
    counted = con.execute(f"select count(*) from ({rows})").fetchone()
    assert counted is not None
    first = _first_rows()
    # The sample has one row more than its size, by which a table is known to be longer.
    last = max(first, int(counted[0]) - (SAMPLE_ROWS + 1 - first))
    con.execute(f"delete from {relation} where rowid >= {first}")
    con.execute(
        f"create or replace table {relation} as select * from {relation} union all by name"
        f" select * exclude (_sample_row) from (select *, row_number() over () as _sample_row"
        f" from ({rows})) where _sample_row > {last}"
    )


def _first_rows() -> int:
    return SAMPLE_ROWS - SAMPLE_ROWS // _LAST_SHARE


def _cut(con: duckdb.DuckDBPyConnection, relation: str) -> bool:
    """Delete the row beyond the sample, in its middle; return whether there was one."""
    counted = con.execute(f"select count(*) from {relation}").fetchone()
    if counted is None or counted[0] <= SAMPLE_ROWS:
        return False
    con.execute(f"delete from {relation} where rowid = {_first_rows()}")
    return True
