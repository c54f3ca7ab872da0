"""Checks of file sources: each table's folder and the file delivered last; writes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from cli.doctor.finding import Finding
from deployment.config import DeploymentConfig, run_date, today_in
from deployment.home import Home
from deployment.source_config import FilesSource, FileTable
from ingestion.errors import SourceError
from ingestion.files.duckdb_messages import explain
from ingestion.files.folders import Folder, open_folder
from ingestion.files.formats.archives import unpacked
from ingestion.files.formats.readers import DeliveredFile, Reading, open_file
from ingestion.landing.ledger import Drop
from ingestion.landing.schema_drift import Comparison, Delivery
from ingestion.opened_source import open_source
from warehouse.quoting import identifier

_SAMPLE_ROWS = 100_000


def diagnose_files(
    name: str, source: FilesSource, config: DeploymentConfig, home: Home
) -> Iterator[Finding]:
    """Check the folder of a source, and each table's newest file."""
    try:
        folder = open_folder(open_source(name, source), home)
    except SourceError as error:
        yield Finding("error", f"source {name}", str(error), "create it, or correct location")
        return
    expected_until = run_date(config, today_in(config.time_zone))
    expected_from = expected_until - timedelta(days=source.stale_after_days)
    for table_name, table in source.tables.items():
        compared = Comparison(name, table_name, table, {})
        yield from _table(compared, table, folder, expected_from, home)


def _table(
    compared: Comparison, table: FileTable, folder: Folder, expected_from: date, home: Home
) -> Iterator[Finding]:
    subject = f"{compared.source}.{compared.table}"
    try:
        drops = folder.drops(table.path)
        near = folder.near_misses(table.path) if table.is_dated else []
        if near:
            yield Finding(
                "warning",
                subject,
                f"ignored files, not named {table.path}: {', '.join(near[:3])}",
                "write the date in the name as YYYY-MM-DD",
            )
        if not drops:
            yield Finding(
                "ok" if table.optional else "error",
                subject,
                f"no file {folder.address}/{table.path}",
                "" if table.optional else "deliver it, correct path, or set optional: true",
            )
            return
        newest = drops[-1]
        if newest.drop_date is not None and newest.drop_date < expected_from:
            yield Finding(
                "warning",
                subject,
                f"the latest file is of {newest.drop_date}",
                "find out why no file has arrived since",
            )
        yield from _newest_file(compared, table, folder, newest, len(drops), home)
    except SourceError as error:
        yield Finding("error", subject, str(error), "correct the file or the configuration")
    except OSError as error:
        yield Finding("error", subject, f"it cannot be read: {error.strerror}", "check permissions")


def _newest_file(
    compared: Comparison, table: FileTable, folder: Folder, drop: Drop, files: int, home: Home
) -> Iterator[Finding]:
    """Check that the newest file can be read and its key is unique.

    Raises:
        SourceError: it cannot be read.
    """
    subject = f"{compared.source}.{compared.table}"
    root = home.root if home.root.is_dir() else None
    with tempfile.TemporaryDirectory(dir=root) as name, duckdb.connect() as con:
        scratch = Path(name)
        path, _ = folder.fetch(drop, scratch)
        if table.is_zip:
            path = unpacked(drop.name, path, table.member, scratch)
        file = DeliveredFile(drop.name, path, scratch)
        reading = open_file(con, file, table)
        if reading.columns or table.format != "jsonl":
            compared.read_configuration(con)
            compared.take(con, Delivery(drop.name, reading.columns, reading.relation))
        try:
            rows, repeated = _sample(con, table, reading)
        except duckdb.Error as error:
            if table.format != "csv":
                raise explain(drop.name, error) from None
            reading = open_file(con, file, table, row_by_row=True)
            rows, repeated = _sample(con, table, reading)
    if reading.faults:
        yield Finding(
            "warning",
            subject,
            f"{reading.faults.count} rows of {drop.relative} cannot be read and will be rejected",
            "see the reasons in ops.rejected_rows, and correct the export",
        )
    if repeated:
        yield Finding(
            "warning",
            subject,
            f"{repeated} of the first {rows} rows of {drop.relative} repeat {', '.join(table.key)}",
            "correct key: of rows with the same key only the newest counts",
        )
    yield Finding(
        "ok", subject, f"{files} {'file' if files == 1 else 'files'}, columns as configured"
    )


def _sample(con: duckdb.DuckDBPyConnection, table: FileTable, reading: Reading) -> tuple[int, int]:
    """Rows in the first part of a file, and how many of them repeat a key."""
    if not table.key or not reading.columns:
        return 0, 0
    key = ", ".join(identifier(column) for column in table.key)
    row = con.execute(
        f"""
        select count(*), count(*) - count(distinct row({key}))
        from (select {key} from {reading.relation} limit {_SAMPLE_ROWS})
        """
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
