"""Records of an API, written to a file of JSON lines, and their columns.

Each page is written as it arrives, one record a line, so that memory does not grow with the number
of pages. The file is then read like a delivered file of JSON lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from deployment.source_config.rest import RestTable
from ingestion.apis.marks import Mark
from ingestion.errors import SourceError
from ingestion.files.formats.readers import Reading, json_lines
from ingestion.landing.column_types import canonical_type, not_castable
from ingestion.landing.raw_table import LOAD_COLUMNS
from warehouse.quoting import identifier

# DuckDB's limit for one JSON object.
_LARGEST_RECORD_BYTES = 16 << 20


@dataclass(frozen=True)
class Fetched:
    """The records of one table in one extraction.

    Attributes:
        rows: number of records, including repeated ones.
        columns: DuckDB type by column.
        relation: SQL relation of the records.
        has_repeats: whether a key occurs more than once.
    """

    rows: int
    columns: dict[str, str]
    relation: str
    has_repeats: bool


def spool(
    con: duckdb.DuckDBPyConnection,
    where: str,
    table: RestTable,
    pages: Iterable[list[dict[str, Any]]],
    path: Path,
    mark: Mark | None,
) -> Fetched:
    """Write the records of all pages into a file, and return the relation that reads it.

    Args:
        con: any connection.
        where: `source.table`, with which messages begin.
        table: its configuration.
        pages: the records, a page at a time.
        path: the file, which must exist until the relation has been read.
        mark: high-water mark that sees every record, None for a table without one.

    Raises:
        SourceError: a page cannot be read; a required column is in no record; or a value is not of
            the type in `types`.
    """
    names = _Names(where)
    rows = 0
    with path.open("wb") as file:
        for page in pages:
            for record in page:
                if mark is not None:
                    mark.see(record)
                row = lifted(record, table.lift)
                names.see(row)
                line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                content = line.encode(errors="replace")  # half a surrogate pair is no text
                if len(content) > _LARGEST_RECORD_BYTES:
                    raise SourceError(
                        f"{where}: a record is larger than 16 MB: ask for fewer fields"
                    )
                file.write(content + b"\n")
                rows += 1
    delivered = list(names.by_folded.values())
    if rows:
        _check_columns(where, table, set(names.by_folded))
    delivered += [
        column
        for column in (*table.columns, *table.optional_columns)
        if column.casefold() not in names.by_folded
    ]
    reading = json_lines(path, delivered)
    columns = _landing_types(con, where, table, reading)
    relation = reading.relation
    if columns != reading.columns:
        casts = ", ".join(
            f"cast({identifier(column)} as {kind}) as {identifier(column)}"
            for column, kind in columns.items()
        )
        relation = f"(select {casts} from {reading.relation})"
    return Fetched(rows, columns, relation, _repeats(con, table, relation))


def lifted(record: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The record with the members of its objects of these names as fields."""
    row = dict(record)
    for name in names:
        if isinstance(row.get(name), dict):
            row.update({f"{name}_{key}": value for key, value in row.pop(name).items()})
    return row


class _Names:
    """The fields seen so far, in order of first occurrence."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._seen: set[str] = set()
        self.by_folded: dict[str, str] = {}

    def see(self, row: dict[str, Any]) -> None:
        for name in row:
            if name in self._seen:
                continue
            folded = name.casefold()
            if folded in LOAD_COLUMNS:
                raise SourceError(
                    f"{self._where}: the field {name} has a name that Holdfast uses: exclude it"
                    " from the request"
                )
            if folded in self.by_folded:
                raise SourceError(
                    f"{self._where}: the fields {self.by_folded[folded]} and {name} differ by case"
                    " only: exclude one of them from the request"
                )
            self._seen.add(name)
            self.by_folded[folded] = name


def _check_columns(where: str, table: RestTable, there: set[str]) -> None:
    missing = [column for column in table.columns if column.casefold() not in there]
    if missing:
        raise SourceError(
            f"{where}: no record has {', '.join(missing)} any more; there are"
            f" {', '.join(sorted(there))}: if the API has renamed it, correct columns and the"
            " staging model; if the API omits empty fields, move it to optional_columns"
        )


def _landing_types(
    con: duckdb.DuckDBPyConnection, where: str, table: RestTable, reading: Reading
) -> dict[str, str]:
    """The type of each column in the raw table: from `types`, else the delivered one.

    Raises:
        SourceError: DuckDB has no such type, or there are values that do not fit it.
    """
    said = {column.casefold(): kind for column, kind in table.types.items()}
    types = dict(reading.columns)
    for column, kind in reading.columns.items():
        given = said.get(column.casefold())
        if given is None:
            continue
        types[column] = canonical_type(con, f"{where}.{column}", given)
        misfits = not_castable(con, reading.relation, column, kind, types[column])
        if misfits:
            raise SourceError(
                f"{where}, column {column}: {misfits} values cannot become {given}: correct types,"
                " or take the column out of them and cast it in the staging model"
            )
    return types


def _repeats(con: duckdb.DuckDBPyConnection, table: RestTable, relation: str) -> bool:
    key = ", ".join(identifier(column) for column in table.key)
    row = con.execute(f"select count(*) > count(distinct row({key})) from {relation}").fetchone()
    return bool(row and row[0])
