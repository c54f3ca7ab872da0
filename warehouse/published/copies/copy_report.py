"""Result of a copy, its failure, and the published file that a copy is made from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from deployment.engine.limits import EngineLimits
from deployment.errors import HoldfastError
from warehouse.published.contents import FileContents, read_contents
from warehouse.published.versions import current_version
from warehouse.quoting import literal

# The name under which the published file is attached.
FILE = "published_file"


class CopyError(HoldfastError):
    """The copy could not be replaced; it holds the version that it held before."""


@dataclass(frozen=True)
class CopyReport:
    """Result of a copy.

    Attributes:
        version: number of the published version that it holds now.
        as_of_date: the latest day in its tables.
        rows: number of rows by `schema.table`.
        warnings: what a person has to settle although the copy was written.
    """

    version: int
    as_of_date: date | None
    rows: dict[str, int]
    warnings: tuple[str, ...] = ()


@contextmanager
def published_version(
    published_path: Path, limits: EngineLimits | None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, FileContents, dict[str, object]]]:
    """A connection with the current version attached as `FILE`, its contents and description.

    Args:
        published_path: link to the published file.
        limits: memory, threads and spill folder of the run; None leaves DuckDB's defaults.

    Raises:
        CopyError: nothing has been published yet.
    """
    description = current_version(published_path)
    if description is None:
        raise CopyError(f"{published_path} has no version to copy: run a day first")
    path = published_path.parent / str(description["path"])
    with duckdb.connect(config=limits.duckdb_settings() if limits else {}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(f"attach {literal(str(path))} as {FILE} (read_only)")
        yield con, read_contents(con, FILE), description
