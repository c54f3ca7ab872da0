"""Delivered files in the home. Files outside of it are their owner's and are left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployment.home import Home
from deployment.source_config import FilesSource, FileTable, Source
from ingestion.files.drops import find_drops


@dataclass(frozen=True)
class LandingFile:
    """A delivered file in the home, and a table that is read from it.

    Attributes:
        source: the source's name.
        name: the raw table.
        table: its configuration.
        relative: path below the source's location.
        path: the file.
    """

    source: str
    name: str
    table: FileTable
    relative: str
    path: Path


def files_of(sources: Mapping[str, Source], home: Home) -> Iterator[LandingFile]:
    """Each delivered file in the home, once for each table that is read from it."""
    for source_name, source in sources.items():
        if not isinstance(source, FilesSource) or source.is_remote:
            continue
        location = home.root / source.location
        if not location.is_dir() or not location.resolve().is_relative_to(home.root):
            continue
        for name, table in source.tables.items():
            for drop in find_drops(location, table.path):
                path = location / drop.relative
                yield LandingFile(source_name, name, table, drop.relative, path)
