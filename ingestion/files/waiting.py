"""Waiting deliveries: files of folders on this machine that a run has not loaded yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.source_config import FilesSource
from ingestion.errors import SourceError
from ingestion.files.drops import find_drops
from ingestion.landing.ledger import Drop
from warehouse.connection import open_file

_File = tuple[str, str, str]
_Version = tuple[int, int, str | None]


def waiting_bytes(config: DeploymentConfig, home: Home, last: date) -> int:
    """Size of the files that a run up to a date would load, compressed as they are.

    Object stores, databases and APIs are not asked.

    Raises:
        WarehouseBusyError: another process holds the warehouse.
    """
    loaded = _loaded(home)
    return sum(
        drop.size_bytes
        for file, drop in _delivered(config, home)
        if (drop.drop_date or date.min) <= last and loaded.get(file) != drop.version
    )


def _delivered(config: DeploymentConfig, home: Home) -> Iterator[tuple[_File, Drop]]:
    """Source, table and path of each file, and its listing."""
    for source_name, source in config.sources.items():
        if not isinstance(source, FilesSource) or source.is_remote:
            continue
        for table_name, table in source.tables.items():
            try:
                drops = find_drops(home.root / source.location, table.path)
            except SourceError:
                continue  # the extraction reports it
            for drop in drops:
                yield (source_name, table_name, drop.relative), drop


def _loaded(home: Home) -> dict[_File, _Version]:
    """The version of each file whose rows are in the warehouse; none before the first run."""
    if not home.warehouse.exists():
        return {}
    with closing(open_file(home.warehouse, read_only=True)) as con:
        try:
            rows = con.execute(
                """
                select source, table_name, path, size_bytes, modified_ns, etag
                from ops.load_ledger
                where superseded_by is null
                """
            ).fetchall()
        except duckdb.CatalogException:
            return {}
    return {tuple(row[:3]): tuple(row[3:]) for row in rows}
