"""Land a source that delivers files: each new or changed file once, all of them or none."""

from __future__ import annotations

import shutil
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.extract import ledger
from orchestration.extract.drops import Drop, find_drops, near_misses
from orchestration.extract.errors import ExtractError
from orchestration.extract.faults import explain
from orchestration.extract.fingerprint import sha256_of
from orchestration.extract.raw_table import RawTable
from orchestration.extract.readers import Reading, is_gzip, open_file
from orchestration.extract.report import TableReport
from orchestration.home import Home
from orchestration.quoting import identifier, literal
from orchestration.source_config import FilesSource, FileTable


@dataclass(frozen=True)
class _Delivery:
    """A file to be loaded: new, or changed since the load that it replaces."""

    table: str
    drop: Drop
    sha256: str
    reading: Reading
    replaces: ledger.LiveLoad | None


def extract_source(
    con: duckdb.DuckDBPyConnection, name: str, source: FilesSource, home: Home, run_date: date
) -> list[TableReport]:
    """Load what a run for `run_date` may see of a source, in one transaction.

    That is every undated file and every dated one up to the date, if it is not there already with
    the same content. A file whose content has changed is loaded anew and its old load superseded.
    Memory does not grow with the files.

    Args:
        con: connection to the working warehouse, outside a transaction.
        name: the source's name in the configuration.
        source: its configuration.
        home: relative locations are below its root.
        run_date: the date the run is for.

    Returns:
        One report a table, in the configuration's order.

    Raises:
        ExtractError: a file or a table's files cannot be read; nothing of the source is loaded.
    """
    location = home.root / source.location
    if not location.is_dir():
        raise ExtractError(f"source {name}: its location {location} is not a folder: create it")
    ledger.create_ledger(con)
    scratch = home.root / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)  # a run that was killed leaves it
    scratch.mkdir()
    con.begin()
    try:
        reports = _load(con, name, source, location, run_date, scratch)
        con.commit()
    except BaseException:
        con.rollback()
        raise
    finally:
        shutil.rmtree(scratch)
    return reports


def _load(
    con: duckdb.DuckDBPyConnection,
    name: str,
    source: FilesSource,
    location: Path,
    run_date: date,
    scratch: Path,
) -> list[TableReport]:
    deliveries: list[_Delivery] = []
    unchanged: Counter[str] = Counter()
    for table_name, table in source.tables.items():
        for drop in _visible_drops(con, name, table_name, table, location, run_date):
            delivery = _delivery(con, name, table_name, table, drop, scratch)
            if delivery is None:
                unchanged[table_name] += 1
            else:
                deliveries.append(delivery)
    deliveries.sort(key=lambda d: (d.drop.drop_date or date.min, d.table, d.drop.relative))

    by_table: defaultdict[str, list[_Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_table[delivery.table].append(delivery)
    # DuckDB inserts into a table that the same transaction has altered, but not the other way
    # round without copying what was inserted: all tables get their shape before any row.
    for table_name, table in source.tables.items():
        RawTable(name, table_name).fit(
            con, table.columns, [delivery.reading.columns for delivery in by_table[table_name]]
        )

    loaded_at = datetime.now(UTC)
    rows: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    first_id = ledger.next_load_id(con)
    for load_id, delivery in enumerate(deliveries, start=first_id):
        started = time.monotonic()
        count = _insert(con, RawTable(name, delivery.table), delivery, load_id, loaded_at)
        ledger.enter(
            con,
            ledger.NewLoad(
                load_id,
                name,
                delivery.table,
                delivery.drop.relative,
                count,
                run_date,
                loaded_at,
                delivery.drop,
                delivery.sha256,
                delivery.replaces,
            ),
        )
        rows[delivery.table] += count
        seconds[delivery.table] += time.monotonic() - started
    for table_name in by_table:
        ledger.date_knowledge(con, name, table_name)

    return [
        TableReport(
            source=name,
            table=table_name,
            files_loaded=len(by_table[table_name]),
            files_unchanged=unchanged[table_name],
            files_superseded=sum(d.replaces is not None for d in by_table[table_name]),
            rows=rows[table_name],
            latest_drop=ledger.latest_drop(con, name, table_name),
            seconds=seconds[table_name],
        )
        for table_name in source.tables
    ]


def _visible_drops(
    con: duckdb.DuckDBPyConnection,
    source: str,
    table_name: str,
    table: FileTable,
    location: Path,
    run_date: date,
) -> list[Drop]:
    """The drops that a run for the date may see.

    Raises:
        ExtractError: there is none, there never was, and the table is not optional.
    """
    drops = find_drops(location, table.path)
    visible = [drop for drop in drops if drop.drop_date is None or drop.drop_date <= run_date]
    if visible or table.optional or ledger.live_loads(con, source, table_name):
        return visible
    wanted = f"{source}.{table_name}: no file {location / table.path}"
    if drops:
        raise ExtractError(
            f"{wanted} up to {run_date}; the earliest is of {drops[0].drop_date}:"
            " run that date or a later one"
        )
    near = near_misses(location, table.path)
    hint = f" (a date is written YYYY-MM-DD; there is {near[0]})" if near else ""
    raise ExtractError(f"{wanted}{hint}: deliver it, correct path, or say optional: true")


def _delivery(
    con: duckdb.DuckDBPyConnection,
    source: str,
    table_name: str,
    table: FileTable,
    drop: Drop,
    scratch: Path,
) -> _Delivery | None:
    """The file as something to load, None if its content is there already."""
    live = ledger.live_loads(con, source, table_name).get(drop.relative)
    if live and (live.size_bytes, live.modified_ns) == (drop.size_bytes, drop.modified_ns):
        return None
    sha256 = sha256_of(drop.path, is_gzip=is_gzip(drop.path))
    if live and live.sha256 == sha256:
        ledger.note_touched(con, live, drop)
        return None
    reading = open_file(con, drop.path, table, scratch)
    return _Delivery(table_name, drop, sha256, reading, live)


def _insert(
    con: duckdb.DuckDBPyConnection,
    table: RawTable,
    delivery: _Delivery,
    load_id: int,
    loaded_at: datetime,
) -> int:
    """Insert the file's rows; their number."""
    columns = "".join(f", {identifier(column)}" for column in delivery.reading.columns)
    try:
        row = con.execute(
            f"""
            insert into {table.name} by name
            select
                {load_id}::bigint as _load_id,
                {literal(delivery.drop.relative)} as _file,
                {delivery.reading.row} as _row,
                {literal(loaded_at.isoformat())}::timestamptz as _loaded_at
                {columns}
            from {delivery.reading.relation}
            """
        ).fetchone()
    except duckdb.Error as error:
        raise explain(delivery.drop.path, error) from error
    stat = delivery.drop.path.stat()
    if (stat.st_size, stat.st_mtime_ns) != (delivery.drop.size_bytes, delivery.drop.modified_ns):
        raise ExtractError.of_file(
            delivery.drop.path, "it changed while it was read: run again when it is complete"
        )
    return int(row[0]) if row else 0
