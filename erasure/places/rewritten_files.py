"""Delivered files that are written again without rows of a person.

The digest of a new file is noted on the disk before the file takes the old one's place. A process
that is killed between the two finds by it whether the file is the new one, the old one, or another
delivery that has come since.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.private_files import private_folder, replace_file
from deployment.source_config import FilesSource, FileTable
from erasure.keys import Hashes, hashes_of
from ingestion.errors import SourceError
from ingestion.files.fingerprint import sha256_of
from ingestion.files.formats.row_removal import file_without_rows
from warehouse.published.versions import flush

# A name that may stand for any of several (fnmatch).
_PATTERN = re.compile(r"[*?[]")
_NOTED = "rewritten"


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
        load_id: the load of the file; None for a file that waits for a run.
        rows: `_row` of the rows in the load, which rows that were removed before do not shift.
    """

    source: str
    table: str
    relative: str
    path: str
    sha256: str
    positions: list[int]
    load_id: int | None = None
    rows: list[int] | None = None


def remove_rows(
    config: DeploymentConfig, home: Home, files: Sequence[RewrittenFile]
) -> dict[str, str]:
    """Write files again without the person's rows.

    A file that an interrupted erasure has written already has another digest, and is left alone.

    Returns:
        The reason for each path that cannot be written again.
    """
    by_path = groupby(sorted(files, key=lambda file: file.path), key=lambda file: file.path)
    found = {path: _remove_rows(config, home, Path(path), list(parts)) for path, parts in by_path}
    return {path: problem for path, problem in found.items() if problem is not None}


def note_rewritten(
    con: duckdb.DuckDBPyConnection, home: Home, files: Sequence[RewrittenFile]
) -> None:
    """Give the loads of files that were written again the digest of the new file.

    Otherwise the next run would take each for a corrected delivery. A path that has another
    delivery by now is left to that run.
    """
    hashes = hashes_of(home)
    for file in files:
        path, noted = Path(file.path), _noted(home, file.path, file.sha256)
        if noted.exists() and path.exists() and sha256_of(path) == noted.read_text("utf-8"):
            _note(con, file, noted.read_text("utf-8"), path.stat(), hashes)


def forget_rewritten(home: Home) -> None:
    """Delete the digests of new files, once the ledger has them."""
    shutil.rmtree(home.erasure / _NOTED, ignore_errors=True)


def delivered_hash(hashes: Hashes, sha256: str) -> str:
    """Keyed hash of a delivery's digest.

    The digest itself would confirm a guess of the removed rows: the other rows are in the file.
    """
    return hashes.of_id("file", "", sha256)


def _note(
    con: duckdb.DuckDBPyConnection,
    file: RewrittenFile,
    after: str,
    stat: os.stat_result,
    hashes: Hashes,
) -> None:
    """Enter the new digest for all tables of the file, and the rows that it lacks."""
    values = {
        "source": file.source,
        "path": file.relative,
        "before": file.sha256,
        "delivered": delivered_hash(hashes, file.sha256),
    }
    loads = """
        source = $source and path = $path and superseded_by is null
        and (
            sha256 = $before
            or load_id in (select load_id from ops.rewritten_files where delivered = $delivered)
        )
    """
    con.execute(
        f"""
        insert or ignore into ops.rewritten_files
        select load_id, $delivered from ops.load_ledger where {loads}
        """,
        values,
    )
    con.execute(
        f"""
        update ops.load_ledger set sha256 = $fresh, size_bytes = $size, modified_ns = $time
        where {loads}
        """,
        {**values, "fresh": after, "size": stat.st_size, "time": stat.st_mtime_ns},
    )
    if file.load_id is not None:
        con.execute(
            "insert or ignore into ops.removed_positions select $load_id, unnest($rows::bigint[])",
            {"load_id": file.load_id, "rows": file.rows or []},
        )


def _remove_rows(
    config: DeploymentConfig, home: Home, path: Path, parts: Sequence[RewrittenFile]
) -> str | None:
    """Write one file again, of which one or several tables are read."""
    fresh = path.with_name(f".{path.name}.erased{''.join(path.suffixes[-1:])}")
    before = parts[0].sha256
    is_done = not any(part.positions for part in parts)
    if is_done or not path.exists() or sha256_of(path) != before:
        fresh.unlink(missing_ok=True)
        return None
    try:
        content = path.read_bytes()
        for table, positions in _removals(config, path, parts):
            content = file_without_rows(str(path), content, table, positions)
        fresh.write_bytes(content)
    except (SourceError, PermissionError) as error:
        rows = sum(len(part.positions) for part in parts)
        reason = error if isinstance(error, SourceError) else f"{path}: {error.strerror}"
        return f"{reason}: {rows} rows of the person stay in the file, delete it"
    flush(fresh)
    fresh.chmod(path.stat().st_mode)
    noted, after = _noted(home, str(path), before), sha256_of(fresh)
    private_folder(private_folder(home.erasure) / _NOTED)
    replace_file(noted, lambda new: new.write_text(after, encoding="utf-8"))
    flush(noted.parent)
    fresh.replace(path)
    return None


def _removals(
    config: DeploymentConfig, path: Path, parts: Sequence[RewrittenFile]
) -> list[tuple[FileTable, set[int]]]:
    """Positions to remove by sheet or archived file; tables of the same rows are one removal.

    Raises:
        SourceError: a table is not configured, or two tables may name the same rows differently.
            The positions of the second would be wrong after the first removal, and other people's
            rows would go.
    """
    found: dict[tuple[str | None, str | None], tuple[FileTable, set[int]]] = {}
    for part in parts:
        source = config.sources.get(part.source)
        if not isinstance(source, FilesSource) or part.table not in source.tables:
            raise SourceError.of_file(str(path), f"{part.source}.{part.table} is not configured")
        table = source.tables[part.table]
        _, positions = found.setdefault((table.member, table.workbook.sheet), (table, set()))
        positions.update(part.positions)
    for names in map(set, zip(*found, strict=True)):
        if len(names) > 1 and any(name is None or _PATTERN.search(name) for name in names):
            listed = ", ".join(sorted(name or "none" for name in names))
            raise SourceError.of_file(str(path), f"its tables may name the same rows: {listed}")
    return list(found.values())


def _noted(home: Home, path: str, before: str) -> Path:
    """File with the digest of the new content, by path and digest of the old content."""
    return home.erasure / _NOTED / hashlib.sha256(f"{path}\0{before}".encode()).hexdigest()
