"""Extraction of files: each new or changed file is loaded once, in one transaction."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from deployment.home import Home
from deployment.source_config import FilesSource, FileTable
from ingestion.errors import SourceError
from ingestion.files.duckdb_messages import explain
from ingestion.files.folders import Folder, open_folder
from ingestion.files.formats.archives import unpacked
from ingestion.files.formats.readers import DeliveredFile, Reading, open_file
from ingestion.landing import ledger, schema_drift
from ingestion.landing.ledger import Drop
from ingestion.landing.raw_table import RawTable
from ingestion.landing.report import TableReport
from ingestion.landing.schema_drift import SchemaChange
from ingestion.opened_source import OpenedSource
from warehouse.quoting import identifier, literal
from warehouse.transaction import transaction


@dataclass(frozen=True)
class _Delivery:
    """A file to be loaded: a new file, or the new content of a loaded file."""

    table: str
    drop: Drop
    sha256: str
    reading: Reading
    replaces: ledger.CurrentLoad | None


class _RowFaultError(Exception):
    """A CSV file has a malformed row: the files must be read row by row."""


def extract_files(
    con: duckdb.DuckDBPyConnection, opened: OpenedSource[FilesSource], home: Home, run_date: date
) -> list[TableReport]:
    """Load the files that a run for `run_date` may see, in one transaction.

    These are all undated files, and dated ones up to the date, unless their content is already
    loaded. A file whose content has changed is loaded again and its old load is superseded. A
    malformed row is set aside, and the other rows of its file are loaded. Memory does not grow with
    the size of the files.

    Args:
        con: connection to the working warehouse, outside a transaction.
        opened: the source.
        home: relative locations are below its root.
        run_date: the date the run is for.

    Returns:
        One report a table, in the configuration's order.

    Raises:
        SourceError: a file or a table's files cannot be read; nothing of the source is loaded.
    """
    with home.scratch() as scratch:
        folder = open_folder(opened, home)
        name, source = opened.name, opened.config
        try:
            return _Extraction(con, name, source, folder, run_date, scratch).run()
        except _RowFaultError:
            # The error has aborted the transaction, so that a new one is needed.
            return _Extraction(con, name, source, folder, run_date, scratch, is_careful=True).run()


@dataclass(frozen=True)
class _Extraction:
    """One attempt to load a source; the careful one reads all rows before it loads any."""

    con: duckdb.DuckDBPyConnection
    name: str
    source: FilesSource
    folder: Folder
    run_date: date
    scratch: Path
    is_careful: bool = False

    def run(self) -> list[TableReport]:
        """Load new and changed files, in one transaction."""
        with transaction(self.con):
            return self._load()

    def _load(self) -> list[TableReport]:
        deliveries: list[_Delivery] = []
        unchanged: Counter[str] = Counter()
        for table_name, table in self.source.tables.items():
            # Once a table: after two years of days it has 730 files.
            current = ledger.current_loads(self.con, self.name, table_name)
            for drop in self._visible_drops(table_name, table, is_known=bool(current)):
                delivery = self._delivery(table_name, table, drop, current.get(drop.relative))
                if delivery is None:
                    unchanged[table_name] += 1
                else:
                    deliveries.append(delivery)
        deliveries.sort(key=lambda d: (d.drop.drop_date or date.min, d.table, d.drop.relative))

        by_table: defaultdict[str, list[_Delivery]] = defaultdict(list)
        for delivery in deliveries:
            by_table[delivery.table].append(delivery)
        # DuckDB copies the inserted rows if a table is altered after an insert in the same
        # transaction: all tables are altered before any row is inserted.
        changes = {
            table_name: self._fit(table_name, table, by_table[table_name])
            for table_name, table in self.source.tables.items()
        }

        loaded_at = datetime.now(UTC)
        rows: Counter[str] = Counter()
        seconds: defaultdict[str, float] = defaultdict(float)
        first_id = ledger.next_load_id(self.con)
        for load_id, delivery in enumerate(deliveries, start=first_id):
            started = time.monotonic()
            rows[delivery.table] += self._enter(delivery, load_id, loaded_at)
            seconds[delivery.table] += time.monotonic() - started
        for table_name, of_table in by_table.items():
            if of_table:
                ledger.date_knowledge(self.con, self.name, table_name)

        return [
            TableReport(
                source=self.name,
                table=table_name,
                files_loaded=len(by_table[table_name]),
                files_unchanged=unchanged[table_name],
                files_superseded=sum(d.replaces is not None for d in by_table[table_name]),
                rows=rows[table_name],
                latest_drop=ledger.latest_drop(self.con, self.name, table_name),
                seconds=seconds[table_name],
                rows_unreadable=sum(_faults(d.reading) for d in by_table[table_name]),
                encodings=tuple(
                    sorted({d.reading.encoding for d in by_table[table_name] if d.reading.encoding})
                ),
                schema_changes=tuple(changes[table_name]),
            )
            for table_name in self.source.tables
        ]

    def _visible_drops(self, table_name: str, table: FileTable, *, is_known: bool) -> list[Drop]:
        """The drops that a run for the date may see; `is_known` is true if the table has a load.

        Raises:
            SourceError: there is no file, there never was one, and the table is not optional.
        """
        drops = self.folder.drops(table.path)
        visible = [drop for drop in drops if (drop.drop_date or date.min) <= self.run_date]
        if visible or table.optional or is_known:
            return visible
        wanted = f"{self.name}.{table_name}: no file {self.folder.address}/{table.path}"
        if drops:
            raise SourceError(
                f"{wanted} up to {self.run_date}; the earliest is of {drops[0].drop_date}:"
                " run that date or a later one"
            )
        near = self.folder.near_misses(table.path)
        hint = f" (a date is written YYYY-MM-DD; there is {near[0]})" if near else ""
        raise SourceError(f"{wanted}{hint}: deliver it, correct path, or say optional: true")

    def _delivery(
        self, table_name: str, table: FileTable, drop: Drop, live: ledger.CurrentLoad | None
    ) -> _Delivery | None:
        """The file to be loaded, None if its content is already loaded; `live` is its load."""
        # Without a time or an etag from the store, only the content shows a change.
        has_version = bool(drop.modified_ns or drop.etag)
        if live and has_version and live.version == drop.version:
            return None
        path, sha256 = self.folder.fetch(drop, self.scratch)
        if live and live.sha256 == sha256:
            ledger.note_touched(self.con, live, drop)
            return None
        if table.is_zip:
            path = unpacked(drop.name, path, table.member, self.scratch)
        return _Delivery(table_name, drop, sha256, self._reading(drop, path, table), live)

    def _reading(self, drop: Drop, path: Path, table: FileTable) -> Reading:
        file = DeliveredFile(drop.name, path, self.scratch)
        # An error aborts a transaction, so that files are inspected in another one.
        with self.con.cursor() as looking:
            reading = open_file(looking, file, table)
            if self.is_careful and table.format == "csv" and not _can_be_read(looking, reading):
                return open_file(looking, file, table, row_by_row=True)
        return reading

    def _fit(
        self, table_name: str, table: FileTable, deliveries: list[_Delivery]
    ) -> list[SchemaChange]:
        """Create or alter the raw table for the deliveries."""
        delivered = [
            schema_drift.Delivery(
                delivery.drop.name,
                delivery.reading.columns,
                delivery.reading.relation,
                is_sparse=table.format == "jsonl",
            )
            for delivery in deliveries
            if delivery.reading.columns or table.format != "jsonl"
        ]
        try:
            return RawTable(self.name, table_name).fit(self.con, table, delivered, self.run_date)
        except duckdb.Error as error:
            if table.format == "csv" and not self.is_careful:
                raise _RowFaultError from None
            raise explain(f"{self.name}.{table_name}", error) from None

    def _enter(self, delivery: _Delivery, load_id: int, loaded_at: datetime) -> int:
        """Insert the file's rows and enter the load; return the number of rows, with malformed."""
        raw = RawTable(self.name, delivery.table)
        count = self._insert(raw, delivery, load_id, loaded_at)
        faults = delivery.reading.faults
        if faults:
            self.con.execute(
                f"""
                insert into ops.unreadable_rows
                select $load_id, _row, $source, $table, reason, content from {faults.relation}
                """,
                {"load_id": load_id, "source": self.name, "table": delivery.table},
            )
            count += faults.count
        ledger.enter(
            self.con,
            ledger.NewLoad(
                load_id,
                self.name,
                delivery.table,
                delivery.drop.relative,
                count,
                self.run_date,
                loaded_at,
                delivery.drop,
                delivery.sha256,
                delivery.replaces,
            ),
        )
        return count

    def _insert(self, raw: RawTable, delivery: _Delivery, load_id: int, loaded_at: datetime) -> int:
        """Insert the file's rows; return their number."""
        columns = "".join(f", {identifier(column)}" for column in delivery.reading.columns)
        try:
            row = self.con.execute(
                f"""
                insert into {raw.name} by name
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
            table = self.source.tables[delivery.table]
            if table.format == "csv" and not self.is_careful:
                raise _RowFaultError from None
            raise explain(delivery.drop.name, error) from None
        if not self.folder.is_as_listed(delivery.drop):
            raise SourceError.of_file(
                delivery.drop.name,
                "the file changed while it was read: run again when it is complete",
            )
        return int(row[0]) if row else 0


def _can_be_read(con: duckdb.DuckDBPyConnection, reading: Reading) -> bool:
    """True if DuckDB reads every row."""
    if not reading.columns:
        return True
    counts = ", ".join(f"count({identifier(column)})" for column in reading.columns)
    try:
        con.execute(f"select {counts} from {reading.relation}").fetchall()
    except duckdb.Error:
        return False
    return True


def _faults(reading: Reading) -> int:
    return reading.faults.count if reading.faults else 0
