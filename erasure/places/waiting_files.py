"""Files that wait for a run: their rows are landed in a transaction that is rolled back.

The staging views therefore read them like loaded ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from erasure.places.delivered_files import LandingFile
from erasure.places.rewritten_files import RewrittenFile
from erasure.search.queries import rows_of
from erasure.search.returning_rows import find_returning_rows
from erasure.tombstones import Tombstones
from ingestion.errors import SourceError
from ingestion.files.fingerprint import sha256_of
from ingestion.files.formats.archives import unpacked
from ingestion.files.formats.readers import DeliveredFile, Reading, open_file
from ingestion.landing.raw_table import RawTable
from warehouse.quoting import identifier, literal


@dataclass(frozen=True)
class _Waiting:
    """A file whose content is not loaded, and the id of its trial load."""

    file: LandingFile
    load_id: int


def find_in_waiting(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    home: Home,
    tombstones: Tombstones,
    files: Sequence[LandingFile],
) -> tuple[list[RewrittenFile], list[str]]:
    """The files with rows of erased people, and the faults of files that cannot be read.

    Args:
        con: the working warehouse.
        config: the deployment.
        home: the home.
        tombstones: hashes of erased people.
        files: files whose content is not loaded.
    """
    waiting = [_Waiting(file, -number) for number, file in enumerate(files, start=1)]
    if not waiting:
        return [], []
    readable, faults = [], []
    with home.scratch() as scratch:
        readings = {}
        for each in waiting:
            try:
                readings[each.load_id] = _reading(con, each.file, scratch)
                readable.append(each)
            except SourceError as error:
                faults.append(f"not searched, because it cannot be read: {error}")
        con.begin()
        try:
            for each in readable:
                _land(con, each, readings[each.load_id])
            find_returning_rows(con, config, tombstones, [each.load_id for each in readable])
            found = rows_of(con, "from temp.erased_rows where load_id < 0 order by all")
        finally:
            con.rollback()  # temporary tables too
    rewritten = []
    for each in readable:
        positions = [row_no for load_id, row_no in found if load_id == each.load_id]
        if positions:
            file = each.file
            path, digest = str(file.path), sha256_of(file.path)
            rewritten.append(
                RewrittenFile(file.source, file.name, file.relative, path, digest, positions)
            )
    return rewritten, faults


def _reading(con: duckdb.DuckDBPyConnection, file: LandingFile, scratch: Path) -> Reading:
    path = file.path
    sha256_of(path)  # refuses a truncated file
    if file.table.is_zip:
        path = unpacked(str(path), path, file.table.member, scratch)
    with con.cursor() as looking:
        return open_file(
            looking, DeliveredFile(str(file.path), path, scratch), file.table, row_by_row=True
        )


def _land(con: duckdb.DuckDBPyConnection, waiting: _Waiting, reading: Reading) -> None:
    """Insert the rows into the raw table; a value that does not fit its type is null."""
    file = waiting.file
    raw = RawTable(file.source, file.name)
    known = {name.casefold(): (name, kind) for name, kind in raw.columns(con).items()}
    values = [
        f"try_cast({identifier(column)} as {known[column.casefold()][1]})"
        f" as {identifier(known[column.casefold()][0])}"
        for column in reading.columns
        if column.casefold() in known
    ]
    if values:
        con.execute(
            f"""
            insert into {raw.name} by name
            select
                {waiting.load_id}::bigint as _load_id, {literal(file.relative)} as _file,
                {reading.row} as _row, now() as _loaded_at, {", ".join(values)}
            from {reading.relation}
            """
        )
    if reading.faults:
        con.execute(
            f"""
            insert into ops.unreadable_rows
            select $load_id, _row, $source, $table, reason, content from {reading.faults.relation}
            """,
            {"load_id": waiting.load_id, "source": file.source, "table": file.name},
        )
