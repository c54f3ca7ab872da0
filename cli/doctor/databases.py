"""Checks of a database source: connection, tables, keys and cursors; writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb

from cli.doctor.finding import Finding
from deployment.source_config import SqlSource, SqlTable
from ingestion.databases.database import open_snapshot
from ingestion.databases.database_table import DatabaseTable, find_table
from ingestion.databases.snapshot import Snapshot
from ingestion.errors import SourceError
from ingestion.opened_source import open_source
from warehouse.quoting import identifier

_SAMPLE_ROWS = 100_000
_REMEDY = "correct the database or the configuration"


def diagnose_database(name: str, source: SqlSource, today: datetime) -> Iterator[Finding]:
    """Connect, and compare each table with its configuration.

    Args:
        name: the source's name in the configuration.
        source: its configuration.
        today: midnight in the deployment's time zone, as a naive time; later cursors are reported.
    """
    try:
        opened = open_source(name, source)
        with open_snapshot(name, opened.value(source.url)) as snapshot:
            yield Finding("ok", f"source {name}", "the database answers")
            for table_name, table in source.tables.items():
                yield from _table(snapshot, name, table_name, table, today)
    except SourceError as error:
        yield Finding("error", f"source {name}", str(error), "correct it: a run needs the database")


def _table(
    snapshot: Snapshot, source: str, name: str, config: SqlTable, today: datetime
) -> Iterator[Finding]:
    subject = f"{source}.{name}"
    try:
        table = find_table(snapshot, source, name, config)
        if not table.columns:
            yield Finding("ok", subject, f"no table {table.there}, which is optional")
            return
        absent = [column for column in config.optional_columns if not table.has(column)]
        if absent:
            yield Finding("warning", subject, f"without {', '.join(absent)}, which will be null")
        yield from _sample(snapshot, subject, table, today)
    except SourceError as error:
        yield Finding("error", subject, str(error), _REMEDY)


def _sample(
    snapshot: Snapshot, subject: str, table: DatabaseTable, today: datetime
) -> Iterator[Finding]:
    """Check in a sample of rows that keys are unique and cursors are usable."""
    columns = list(dict.fromkeys([*table.key, *([table.cursor] if table.cursor else [])]))
    batches = snapshot.read(table.query(columns).limit(_SAMPLE_ROWS), columns)
    key = ", ".join(identifier(column.name) for column in table.key)
    cursor = identifier(table.cursor.name) if table.cursor else "null"
    with duckdb.connect() as con:
        try:
            batches.copy(con, "sample", columns)
        except duckdb.Error:
            if batches.failure is not None:
                raise batches.failure from None
            raise
        row = con.execute(
            f"""
            select
                count(*),
                count(*) - count(distinct row({key})),
                count(*) filter ({cursor} is null),
                count(*) filter (try_cast({cursor}::varchar as timestamp) > $tomorrow)
            from sample
            """,
            {"tomorrow": today + timedelta(days=1)},
        ).fetchone()
    rows, repeated, without, beyond = row or (0, 0, 0, 0)
    if repeated:
        yield Finding(
            "warning",
            subject,
            f"{repeated} of {rows} rows repeat {', '.join(table.config.key)}",
            "correct key: of rows with the same key only the newest counts",
        )
    if table.cursor and without:
        yield Finding(
            "warning",
            subject,
            f"{without} of {rows} rows have no {table.cursor.name}: they are read each time",
            "fill the column if reading them takes too long",
        )
    if table.cursor and beyond:
        yield Finding(
            "warning",
            subject,
            f"{beyond} of {rows} rows have a {table.cursor.name} in the future: changes"
            " before that time are missed",
            "correct these rows, or configure another cursor",
        )
    yield Finding("ok", subject, f"{table.there}, {len(table.columns)} columns, as configured")
