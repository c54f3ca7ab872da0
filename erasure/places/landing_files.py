"""Deliveries in the home: files that were loaded, and files that wait for a run.

The rows of a loaded file are known by their positions, those of a waiting file by a trial load.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.source_config import Source
from erasure.keys import hashes_of
from erasure.places.delivered_files import LandingFile, files_of
from erasure.places.rewritten_files import RewrittenFile, delivered_hash
from erasure.places.waiting_files import find_in_waiting
from erasure.search.queries import rows_of
from erasure.tombstones import Tombstones
from ingestion.errors import SourceError
from ingestion.files.fingerprint import sha256_of
from ingestion.landing.ledger import CurrentLoad, current_loads


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
    positions = _positions(con)
    found: list[RewrittenFile] = []
    waiting: list[LandingFile] = []
    files = list(files_of(config.sources, home))
    loads = _loads_of(con, files)
    for file in files:
        load = loads.get((file.source, file.name, file.relative))
        digest = sha256_of(file.path) if file.path.stat().st_size else ""
        if load is None or load.sha256 != digest:
            waiting.append(file)
        elif rows := positions[load.load_id]:
            found.append(_loaded(file, digest, load.load_id, rows))
    in_waiting, faults = find_in_waiting(con, config, home, tombstones, waiting)
    return [*found, *in_waiting], faults


def find_loaded(
    con: duckdb.DuckDBPyConnection, config: DeploymentConfig, home: Home
) -> list[RewrittenFile]:
    """The files whose loads have rows in `erased_rows`; files that have changed since are left out.

    A file that lacks its rows already has no positions. Only files of such loads are opened.
    """
    positions = _positions(con)
    found = []
    files = list(files_of(config.sources, home)) if positions else []
    loads = _loads_of(con, files)
    for file in files:
        load = loads.get((file.source, file.name, file.relative))
        if load and load.load_id in positions and load.sha256 == _digest(file.path):
            found.append(_loaded(file, load.sha256, load.load_id, positions[load.load_id]))
    return found


def _loads_of(
    con: duckdb.DuckDBPyConnection, files: Iterable[LandingFile]
) -> dict[tuple[str, str, str], CurrentLoad]:
    """Current loads of the files' tables by source, table and path."""
    tables = {(file.source, file.name) for file in files}
    return {
        (source, name, path): load
        for source, name in tables
        for path, load in current_loads(con, source, name).items()
    }


def find_redelivered(
    con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], home: Home
) -> list[RewrittenFile]:
    """The files that were delivered again, byte for byte, as they were before rows were removed.

    Only files that have changed since the ledger noted them are opened.
    """
    loads = {
        (source, name, relative): (load_id, (size, time), delivered, rows)
        for source, name, relative, load_id, size, time, delivered, rows in rows_of(
            con,
            """
            select
                loads.source,
                loads.table_name,
                loads.path,
                loads.load_id,
                loads.size_bytes,
                loads.modified_ns,
                files.delivered,
                list(removed.position order by removed.position)
            from ops.load_ledger as loads
            inner join ops.rewritten_files as files using (load_id)
            inner join ops.removed_positions as removed using (load_id)
            where loads.superseded_by is null
            group by all
            """,
        )
    }
    hashes, found = hashes_of(home), []
    for file in files_of(sources, home) if loads else ():
        load_id, noted, delivered, rows = loads.get(
            (file.source, file.name, file.relative), (0, None, "", [])
        )
        stat = file.path.stat()
        if noted in (None, (stat.st_size, stat.st_mtime_ns)):
            continue
        digest = _digest(file.path)
        if delivered_hash(hashes, digest) == delivered:
            found.append(_loaded(file, digest, load_id, [(row, row) for row in rows]))
    return found


def _digest(path: Path) -> str:
    """Digest of a file's bytes; empty for a damaged file, which the extraction reports."""
    try:
        return sha256_of(path)
    except SourceError:
        return ""


def _positions(con: duckdb.DuckDBPyConnection) -> defaultdict[int, list[tuple[int, int]]]:
    """`_row` and position in the file of the rows in `erased_rows`, by load.

    A row that was removed from a file has no position, and lowers those of the rows behind it.
    """
    positions: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for load_id, rows in rows_of(
        con,
        """
        with placed as (
            select
                erased.load_id,
                erased.row_no,
                erased.row_no - count(removed.position) as position,
                bool_or(removed.position = erased.row_no) as is_removed
            from temp.erased_rows as erased
            left join ops.removed_positions as removed
                on erased.load_id = removed.load_id and erased.row_no >= removed.position
            group by erased.load_id, erased.row_no
        )

        select
            load_id,
            list((row_no, position) order by row_no) filter (is_removed is distinct from true)
        from placed
        group by load_id
        order by load_id
        """,
    ):
        positions[load_id] = rows or []
    return positions


def _loaded(
    file: LandingFile, digest: str, load_id: int, rows: Sequence[tuple[int, int]]
) -> RewrittenFile:
    return RewrittenFile(
        file.source,
        file.name,
        file.relative,
        str(file.path),
        digest,
        [position for _, position in rows],
        load_id,
        [row_no for row_no, _ in rows],
    )
