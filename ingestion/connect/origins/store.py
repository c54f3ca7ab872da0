"""A folder in an object store: copied as far as a profile needs it, by the reader that extracts.

What is there is told like a folder of this machine, so both are proposed alike.
"""

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
from ingestion.connect.errors import ConnectError, mistakes_in
from ingestion.connect.origins.folder import NO_TABLE, file_format, offered_files, path_pattern
from ingestion.connect.origins.offered import Offer
from ingestion.errors import SourceError
from ingestion.files.object_store import ObjectFolder, open_store
from ingestion.landing.ledger import Drop
from ingestion.opened_source import open_source

# Of each table the newest files, until they are so large together: some million rows, which most
# lines bring in a minute.
SAMPLE_BYTES = 256 << 20
# A single file keeps the number in its name, which of two is taken for what differs.
_LEAST_FILES = 2
# No table is known yet, and a source has one.
_ANY = {"any": {"path": "**", "format": "csv", "columns": ["any"]}}


def offered_store(
    con: duckdb.DuckDBPyConnection, name: str, location: str, storage_options: Mapping[str, Any]
) -> Offer:
    """The tables that the files below a URL make up, read into `con`.

    Args:
        con: a database of its own, which receives one table a table.
        name: what the source is to be called.
        location: the URL as the configuration is to name it.
        storage_options: as the configuration is to have them: `${NAME}` for what is secret.

    Raises:
        ConnectError: a secret is written out, the store cannot be read, or there is no table.
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
        cut, passed_over = _copied(store, drops, Path(folder))
        offer = offered_files(con, location, Path(folder))
    tables = [
        replace(table, is_sample=table.is_sample or table.entry["path"] in cut)
        for table in offer.tables
    ]
    return replace(
        offer, entry=entry, tables=tables, passed_over=[*offer.passed_over, *passed_over]
    )


def _source(entry: Mapping[str, Any]) -> FilesSource:
    try:
        return FilesSource.model_validate({"kind": "files", **entry, "tables": _ANY})
    except ValidationError as error:
        raise ConnectError(mistakes_in(error)) from None


def _copied(store: ObjectFolder, drops: list[Drop], folder: Path) -> tuple[set[str], list[str]]:
    """Copy the newest files of each table; patterns of which older ones are left, and what failed.

    Raises:
        ConnectError: there are files, and none can be copied.
    """
    groups: defaultdict[str, list[Drop]] = defaultdict(list)
    cut, failed = set(), []
    for drop in drops:
        path = PurePosixPath(drop.relative)
        if any(part.startswith(".") for part in path.parts):
            continue  # hidden, as in a folder; so are the names that lead out of this one
        if file_format(path) is None:
            failed.append(f"{drop.relative}: {NO_TABLE}")
        elif drop.size_bytes == 0:
            failed.append(f"{drop.relative}: it is empty")
        else:
            groups[path_pattern(drop.relative)].append(drop)
    copied = 0
    for pattern, files in groups.items():
        newest_first = sorted(files, key=lambda drop: drop.relative, reverse=True)
        try:
            chosen = _sample(newest_first)
            for drop in chosen:
                _copy(store, drop, folder)
                copied += 1
        except SourceError as error:
            failed.append(str(error))
            continue
        if len(chosen) < len(files):
            cut.add(pattern)
    if not copied:
        told = "".join(f"\n  {line}" for line in failed)
        raise ConnectError(
            f"there is no table in {store.address}: expected CSV, Parquet or JSON{told}"
        )
    return cut, failed


def _sample(newest_first: list[Drop]) -> list[Drop]:
    """The first of the files, as many as a profile needs."""
    total = 0
    for number, drop in enumerate(newest_first):
        if number >= _LEAST_FILES and total >= SAMPLE_BYTES:
            return newest_first[:number]
        total += drop.size_bytes
    return newest_first


def _copy(store: ObjectFolder, drop: Drop, folder: Path) -> None:
    """Put a file where it would lie if the store were a folder.

    Raises:
        SourceError: it cannot be read, or no file can have its name.
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
