"""Deliveries in the home: files that were loaded, and files that wait for a run.

The rows of a loaded file are known by their positions. The rows of a waiting file are landed in a
transaction that is rolled back, so that the staging views read them. Files outside the home are
their owner's and are left alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.source_config import FilesSource, FileTable
from erasure.search.queries import rows_of
from erasure.search.returning_rows import find_returning_rows
from erasure.tombstones import Tombstones
from ingestion.errors import SourceError
from ingestion.files.drops import find_drops
from ingestion.files.fingerprint import sha256_of
from ingestion.files.formats.archives import unpacked
from ingestion.files.formats.readers import DeliveredFile, Reading, open_file
from ingestion.files.formats.row_removal import file_without_rows
from ingestion.landing.ledger import current_loads
from ingestion.landing.raw_table import RawTable
from warehouse.published.versions import flush
from warehouse.quoting import identifier, literal

# A name that may stand for any of several (fnmatch).
_PATTERN = re.compile(r"[*?[]")


@dataclass(frozen=True)
class RewrittenFile:
    """A delivered file with rows of the person, before these are removed.

    Attributes:
        source: the source's name.
        table: the raw table.
        relative: path below the source's location.
        path: the file.
        sha256: digest of the file with the rows.
        positions: their positions in it, from 1.
    """

    source: str
    table: str
    relative: str
    path: str
    sha256: str
    positions: list[int]


@dataclass(frozen=True)
class _Waiting:
    """A file of the home whose content is not loaded, and the id of its trial load."""

    source: str
    name: str
    table: FileTable
    relative: str
    path: Path
    load_id: int


def find(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    home: Home,
    tombstones: Tombstones,
) -> tuple[list[RewrittenFile], list[str]]:
    """The files with rows of erased people, and the faults of files that could not be searched.

    Reads `erased_rows`, the rows of loaded files.

    Args:
        con: the working warehouse.
        config: the deployment.
        home: the home, whose files are searched.
        tombstones: hashes of erased people, by which waiting rows are known.
    """
    positions: defaultdict[int, list[int]] = defaultdict(list)
    for load_id, row_no in rows_of(con, "from temp.erased_rows order by all"):
        positions[load_id].append(row_no)
    found: list[RewrittenFile] = []
    waiting: list[_Waiting] = []
    for source, name, table, relative, path in _files(config, home):
        load = current_loads(con, source, name).get(relative)
        digest = sha256_of(path) if path.stat().st_size else ""
        if load is None or load.sha256 != digest:
            waiting.append(_Waiting(source, name, table, relative, path, -len(waiting) - 1))
        elif positions[load.load_id]:
            found.append(
                RewrittenFile(source, name, relative, str(path), digest, positions[load.load_id])
            )
    in_waiting, faults = _search(con, config, home, tombstones, waiting)
    return [*found, *in_waiting], faults


def remove_rows(config: DeploymentConfig, files: Sequence[RewrittenFile]) -> list[str]:
    """Write files again without the person's rows; return the reasons where it cannot be done.

    A file that an interrupted erasure has written already has another digest, and is left alone.
    """
    by_path = groupby(sorted(files, key=lambda file: file.path), key=lambda file: file.path)
    found = [_remove_rows(config, Path(path), list(parts)) for path, parts in by_path]
    return [problem for problem in found if problem is not None]


def _remove_rows(
    config: DeploymentConfig, path: Path, parts: Sequence[RewrittenFile]
) -> str | None:
    """Write one file again, of which one or several tables are read."""
    if not path.exists() or sha256_of(path) != parts[0].sha256:
        return None
    content = path.read_bytes()
    try:
        for table, positions in _removals(config, path, parts):
            content = file_without_rows(str(path), content, table, positions)
    except SourceError as error:
        rows = sum(len(part.positions) for part in parts)
        return f"{error}: {rows} rows of the person stay in the file, delete it"
    fresh = path.with_name(f".{path.name}.erased{''.join(path.suffixes[-1:])}")
    fresh.write_bytes(content)
    flush(fresh)
    fresh.chmod(path.stat().st_mode)
    fresh.replace(path)
    return None


def _removals(
    config: DeploymentConfig, path: Path, parts: Sequence[RewrittenFile]
) -> list[tuple[FileTable, set[int]]]:
    """Positions to remove by sheet or archived file; tables of the same rows are one removal.

    Raises:
        SourceError: two tables may name the same rows differently. The positions of the second
            would be wrong after the first removal, and other people's rows would go.
    """
    found: dict[tuple[str | None, str | None], tuple[FileTable, set[int]]] = {}
    for part in parts:
        source = config.sources[part.source]
        assert isinstance(source, FilesSource)
        table = source.tables[part.table]
        _, positions = found.setdefault((table.member, table.workbook.sheet), (table, set()))
        positions.update(part.positions)
    for names in map(set, zip(*found, strict=True)):
        if len(names) > 1 and any(name is None or _PATTERN.search(name) for name in names):
            listed = ", ".join(sorted(name or "none" for name in names))
            raise SourceError.of_file(str(path), f"its tables may name the same rows: {listed}")
    return list(found.values())


def note_rewritten(con: duckdb.DuckDBPyConnection, files: Sequence[RewrittenFile]) -> None:
    """Give the loads of files that were written again the digest of the new file.

    Otherwise the next run would take each for a corrected delivery.
    """
    for file in files:
        path = Path(file.path)
        if not path.exists():
            continue
        stat = path.stat()
        con.execute(
            """
            update ops.load_ledger set sha256 = $fresh, size_bytes = $size, modified_ns = $time
            where
                source = $source and table_name = $table and path = $path
                and superseded_by is null and sha256 = $before
            """,
            {
                "fresh": sha256_of(path),
                "size": stat.st_size,
                "time": stat.st_mtime_ns,
                "source": file.source,
                "table": file.table,
                "path": file.relative,
                "before": file.sha256,
            },
        )


def _files(config: DeploymentConfig, home: Home) -> Iterator[tuple[str, str, FileTable, str, Path]]:
    """Source, raw table, its configuration, relative path and path of each file in the home."""
    for source_name, source in config.sources.items():
        if not isinstance(source, FilesSource) or source.is_remote:
            continue
        location = home.root / source.location
        if not location.is_dir() or not location.resolve().is_relative_to(home.root):
            continue
        for name, table in source.tables.items():
            for drop in find_drops(location, table.path):
                yield source_name, name, table, drop.relative, location / drop.relative


def _search(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    home: Home,
    tombstones: Tombstones,
    waiting: Sequence[_Waiting],
) -> tuple[list[RewrittenFile], list[str]]:
    """Land the waiting files on trial, and find the rows of erased people in them."""
    if not waiting:
        return [], []
    readable, faults = [], []
    with home.scratch() as scratch:
        readings = {}
        for each in waiting:
            try:
                readings[each.load_id] = _reading(con, each, scratch)
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
    files = []
    for each in readable:
        positions = [row_no for load_id, row_no in found if load_id == each.load_id]
        if positions:
            path, digest = str(each.path), sha256_of(each.path)
            files.append(
                RewrittenFile(each.source, each.name, each.relative, path, digest, positions)
            )
    return files, faults


def _reading(con: duckdb.DuckDBPyConnection, file: _Waiting, scratch: Path) -> Reading:
    path = file.path
    sha256_of(path)  # refuses a truncated file
    if file.table.is_zip:
        path = unpacked(str(path), path, file.table.member, scratch)
    with con.cursor() as looking:
        return open_file(
            looking, DeliveredFile(str(file.path), path, scratch), file.table, row_by_row=True
        )


def _land(con: duckdb.DuckDBPyConnection, file: _Waiting, reading: Reading) -> None:
    """Insert the rows into the raw table; a value that does not fit its type is null."""
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
                {file.load_id}::bigint as _load_id, {literal(file.relative)} as _file,
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
            {"load_id": file.load_id, "source": file.source, "table": file.name},
        )
