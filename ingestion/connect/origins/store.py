"""Catalog of a folder in an object store: a sample is copied, then read like a local folder."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
from pydantic import ValidationError

from deployment.source_config import FilesSource
from ingestion.connect.origins.catalog import Catalog
from ingestion.connect.origins.errors import ConnectError, validation_summary
from ingestion.connect.origins.file_patterns import UNKNOWN_FORMAT, file_format, path_pattern
from ingestion.connect.origins.folder import folder_catalog, no_table
from ingestion.errors import SourceError
from ingestion.files.object_store import ObjectFolder, open_store
from ingestion.landing.ledger import Drop
from ingestion.opened_source import open_source

# Of each table the newest files up to this size: some million rows, a minute on most lines.
SAMPLE_BYTES = 256 << 20
# The pattern of a path is inferred from the names of two files at least.
_MIN_FILES = 2
# The configuration requires a table, and none is known yet.
_ANY = {"any": {"path": "**", "format": "csv", "columns": ["any"]}}


def store_catalog(
    con: duckdb.DuckDBPyConnection, name: str, location: str, storage_options: Mapping[str, Any]
) -> Catalog:
    """Read the files below a URL into DuckDB, one table a path pattern.

    Args:
        con: an empty database, which receives the tables.
        name: the source's name.
        location: the URL as the configuration names it.
        storage_options: as in the configuration, with `${NAME}` for each secret.

    Raises:
        ConnectError: a secret is written out, the store cannot be read, or it has no table.
    """
    entry: dict[str, Any] = {"location": location}
    if storage_options:
        entry["storage_options"] = dict(storage_options)
    try:
        store = open_store(open_source(name, _source(entry)))
        drops = store.drops("**")
    except SourceError as error:
        raise ConnectError(str(error).removeprefix(f"source {name}: ")) from None
    with tempfile.TemporaryDirectory() as folder:
        sampled, skipped = _copy_sample(store, drops, Path(folder))
        catalog = folder_catalog(con, location, Path(folder))
    tables = [
        replace(table, is_sample=table.is_sample or table.entry["path"] in sampled)
        for table in catalog.tables
    ]
    return replace(catalog, entry=entry, tables=tables, skipped=[*catalog.skipped, *skipped])


def _source(entry: Mapping[str, Any]) -> FilesSource:
    try:
        return FilesSource.model_validate({"kind": "files", **entry, "tables": _ANY})
    except ValidationError as error:
        raise ConnectError(validation_summary(error)) from None


def _copy_sample(
    store: ObjectFolder, drops: list[Drop], folder: Path
) -> tuple[set[str], list[str]]:
    """Copy the newest files of each table; return the sampled patterns and the skipped files.

    Raises:
        ConnectError: no file can be copied.
    """
    groups: defaultdict[str, list[Drop]] = defaultdict(list)
    sampled, skipped = set(), []
    for drop in drops:
        path = PurePosixPath(drop.relative)
        if any(part.startswith(".") for part in path.parts):
            continue  # hidden, as in a local folder; `..` would lead out of this one
        if file_format(path) is None:
            skipped.append(f"{drop.relative}: {UNKNOWN_FORMAT}")
        elif drop.size_bytes == 0:
            skipped.append(f"{drop.relative}: it is empty")
        else:
            groups[path_pattern(drop.relative)].append(drop)
    copied = 0
    for pattern, files in groups.items():
        chosen = _newest(files)
        try:
            for drop in chosen:
                _copy(store, drop, folder)
                copied += 1
        except SourceError as error:
            skipped.append(str(error))
            continue
        if len(chosen) < len(files):
            sampled.add(pattern)
    if not copied:
        raise no_table(store.address, skipped)
    return sampled, skipped


def _newest(files: list[Drop]) -> list[Drop]:
    """Return the newest files, as many as a profile needs."""
    newest_first = sorted(files, key=lambda drop: drop.relative, reverse=True)
    total = 0
    for number, drop in enumerate(newest_first):
        if number >= _MIN_FILES and total >= SAMPLE_BYTES:
            return newest_first[:number]
        total += drop.size_bytes
    return newest_first


def _copy(store: ObjectFolder, drop: Drop, folder: Path) -> None:
    """Copy a file to its relative path below a local folder.

    Raises:
        SourceError: the file cannot be read, or no local file can have its name.
    """
    with tempfile.TemporaryDirectory() as scratch:
        fetched, _ = store.fetch(drop, Path(scratch))
        target = folder / drop.relative
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            fetched.rename(target)
        except (OSError, ValueError):
            raise SourceError.of_file(
                drop.name, "no file can have this name, or a folder has it: rename it"
            ) from None
