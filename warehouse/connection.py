"""The working warehouse: one DuckDB file, one writer, one company.

Opens the file, executes `schema.sql` and keeps the dates of the current run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from deployment.engine.limits import DuckDBSettings, EngineLimits
from deployment.engine.spill import make_empty
from warehouse.errors import NewerReleaseError, WarehouseError, missing_error, opening_error
from warehouse.quoting import literal
from warehouse.schema_version import MIGRATIONS, SCHEMA, migrate, require_known_version
from warehouse.transaction import transaction

if TYPE_CHECKING:
    from deployment.config import DeploymentConfig
    from deployment.home import Home


@dataclass(frozen=True)
class Warehouse:
    """The working DuckDB file and its settings.

    Args:
        path: the file; its folder must exist.
        time_zone: IANA name, in which timestamps with a zone become local ones.
        limits: memory, threads and spill folder of the run; None leaves DuckDB's defaults.
    """

    path: Path
    time_zone: str = "UTC"
    limits: EngineLimits | None = None

    @classmethod
    def of(cls, config: DeploymentConfig, home: Home) -> Warehouse:
        """The warehouse of a deployment."""
        return cls(home.warehouse, config.time_zone, EngineLimits.of(config.engine, home))

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file; close it on leaving.

        Most of the run's memory is left to the rows that Python reads.

        Raises:
            WarehouseBusyError: another process holds the file.
            WarehouseError: as `open_file`.
        """
        settings: DuckDBSettings = {"preserve_insertion_order": True}
        if self.limits is not None:
            settings |= self.limits.duckdb_settings(beside_rows=True)
        con = open_file(self.path, read_only=read_only, settings=settings)
        try:
            con.execute("set enable_progress_bar = false")  # it would write into a program's output
            con.execute(f"set global TimeZone = {literal(self.time_zone)}")
            yield con
        finally:
            con.close()

    def require(self) -> None:
        """Check that the file exists: opening a missing file for writing would make an empty one.

        Raises:
            WarehouseError: no run has made the file yet.
        """
        if not self.path.exists():
            raise missing_error(self.path)

    def initialise(self, slug: str, company: str) -> None:
        """Create the tables that Python writes, register the company as the owner, and migrate.

        Rows that a killed run has spilled are removed.

        Raises:
            WarehouseError: the warehouse belongs to another company.
        """
        with self.connect() as con:
            if self.limits is not None:
                make_empty(self.limits.spill)
            create_tables(con)
            claim(con, slug, company)
            migrate(con)


def open_file(
    path: Path,
    *,
    read_only: bool = False,
    settings: DuckDBSettings | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open the working file as DuckDB does, with these settings and no other.

    Connections of one process share one instance of the file and must have equal settings.

    Raises:
        WarehouseBusyError: another process holds the file.
        NewerReleaseError: a newer release has written the file.
        WarehouseError: there is no file to read, or DuckDB cannot open it.
    """
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=settings or {})
    except duckdb.IOException as error:
        raise opening_error(path, error) from error
    try:
        require_known_version(con, path)
    except NewerReleaseError:
        con.close()
        raise
    return con


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and the tables that Python writes, where they do not exist."""
    con.execute(SCHEMA.read_text(encoding="utf-8"))


def claim(con: duckdb.DuckDBPyConnection, slug: str, company: str) -> None:
    """Register the company of the warehouse, or check that it is the same.

    Raises:
        WarehouseError: the warehouse belongs to another slug; customers of two companies must not
            be mixed.
    """
    owner = warehouse_owner(con)
    if owner is None:
        con.execute(
            "insert into ops.deployment (slug, company, created_at, schema_version)"
            " values (?, ?, now(), ?)",
            [slug, company, len(MIGRATIONS)],
        )
    elif owner != slug:
        raise WarehouseError(
            f"this home holds the warehouse of {owner!r}, and the configuration is for {slug!r}:"
            " set HOLDFAST_HOME to another folder"
        )


def warehouse_owner(con: duckdb.DuckDBPyConnection) -> str | None:
    """Slug of the company that the warehouse belongs to, None before the first run."""
    row = con.execute("select slug from ops.deployment").fetchone()
    return None if row is None else str(row[0])


def write_run_dates(
    con: duckdb.DuckDBPyConnection, daily: Sequence[date], training: Sequence[date] = ()
) -> None:
    """Replace the dates of the current run, and add its daily dates to `ops.snapshot_dates`.

    Each daily date gets a new revision, so that the changes of this run are published. Training
    dates are kept in `ops.training_dates` until the next training.
    """
    with transaction(con):
        con.execute("delete from ops.run_dates")
        if training:
            con.execute("delete from ops.training_dates")
            con.execute(
                "insert into ops.training_dates select distinct unnest(?::date[])", [list(training)]
            )
        for purpose, dates in (("daily", daily), ("training", training)):
            con.execute(
                "insert into ops.run_dates select distinct unnest(?::date[]), ?",
                [list(dates), purpose],
            )
        con.execute(
            """
            insert or replace into ops.snapshot_dates
            select snapshot_date, uuid() from ops.run_dates where purpose = 'daily'
            """
        )


def as_of_date(con: duckdb.DuckDBPyConnection) -> date | None:
    """The latest daily date ever run, None before the first run."""
    row = con.execute("select max(snapshot_date) from ops.snapshot_dates").fetchone()
    return row[0] if row else None
