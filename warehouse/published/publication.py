"""Publication of the file that BI tools read: a new version, and a link that is renamed to it.

Connections that are open keep reading their day, and a new one by the link or its resolved path
reads the new day, also in a process that holds others (`published_versions`). A publication that
is killed leaves the old version as it was. The caller chooses the tables and decides whether to
publish.

One more day costs a copy of the file, the rows of that day, and a comparison of the tables without
dates, whose changed rows are replaced (`changed_rows`). A note beside the file has the revision of
every date in it (`ops.snapshot_dates`). The daily tables are rewritten from the first date whose
revision differs. If the note does not match the file, days were removed, or the file is damaged,
everything is rewritten.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from deployment.engine.free_memory import return_free_memory
from deployment.engine.limits import EngineLimits
from deployment.home import write_ahead_log
from deployment.publish import Readers
from warehouse.errors import busy_error
from warehouse.file_damage import damage_of
from warehouse.published.changed_rows import replace_changed_rows
from warehouse.published.contents import FileContents, read_contents
from warehouse.published.tables import PublicationError, PublishedTable
from warehouse.published.versions import Companion, put_in_place
from warehouse.quoting import identifier, literal
from warehouse.transaction import transaction

_NOTE_FORMAT = 1
_PUBLICATION = """
create or replace table fresh.ops.publication as
select
    deployment.company,
    dates.as_of_date,
    models.model_version
from (select max(snapshot_date) as as_of_date from warehouse.ops.snapshot_dates) as dates
left join (select any_value(company) as company from warehouse.ops.deployment) as deployment on true
left join (
    select snapshot_date, max(model_version) as model_version
    from warehouse.ml.churn_scores
    group by snapshot_date
) as models on models.snapshot_date = dates.as_of_date;
comment on table fresh.ops.publication is 'Company, date and model of this file: one row.';
comment on column fresh.ops.publication.company is 'The company whose customers these are.';
comment on column fresh.ops.publication.as_of_date is 'The latest day in the tables.';
comment on column fresh.ops.publication.model_version is
    'The churn model that scored that day; null if none did.';
"""


@dataclass(frozen=True)
class PublishReport:
    """Result of a publication.

    Attributes:
        is_full: whether everything was rewritten.
        damage: DuckDB's message where the file before was damaged; None otherwise.
        replaced_from: the first date that was rewritten in the daily tables; None if they were
            rewritten as a whole, or no date had changed.
        rows: rows by `schema.table`.
        size_bytes: size of the published file.
        version: its number, which no other publication of the folder has.
        seconds: time it took.
    """

    is_full: bool
    damage: str | None
    replaced_from: date | None
    rows: dict[str, int]
    size_bytes: int
    version: int
    seconds: float


def publish(
    warehouse_path: Path,
    published_path: Path,
    tables: Sequence[PublishedTable],
    *,
    limits: EngineLimits | None = None,
    full: bool = False,
    companions: Sequence[Companion] = (),
    readable_by: Readers = "owner",
) -> PublishReport:
    """Publish a new version of the file, with the warehouse's tables as they are now.

    Columns whose name begins with `_` are left out. Comments on tables and columns are copied.

    Args:
        warehouse_path: the working file; this process must not have it open.
        published_path: link to the current version; no other process may write into its folder.
        tables: the tables to publish.
        limits: memory, threads and spill folder of the run; None leaves DuckDB's defaults.
        full: rewrite everything, whatever the note has.
        companions: write the files that are published with the database, in the same rename.
        readable_by: the accounts of the machine that may read the published folder.

    Raises:
        WarehouseBusyError: another process holds the warehouse.
        PublicationError: the warehouse lacks a table, or DuckDB could not write the new file.
    """
    started = time.monotonic()
    published_path.parent.mkdir(parents=True, exist_ok=True)
    fresh_path = published_path.with_name(f"{published_path.name}.new")
    return_free_memory()
    old, damage = None if full else _Note.read(published_path), damage_of(published_path)
    try:
        with duckdb.connect(config=limits.duckdb_settings() if limits else {}) as con:
            con.execute("set enable_progress_bar = false")
            _attach_warehouse(con, warehouse_path)
            try:
                written = _write(con, published_path, fresh_path, tables, None if damage else old)
            except duckdb.IOException as error:
                if old is None or damage:
                    raise
                # A damaged block may show only when the rows that are kept are read.
                damage = str(error).splitlines()[0]
                con.execute("detach database if exists fresh")
                written = _write(con, published_path, fresh_path, tables, None)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        version = put_in_place(
            fresh_path,
            published_path,
            written.contents.description(published_at=now),
            written.changed,
            companions,
            readable_by,
        )
    except duckdb.Error as error:
        failure = PublicationError(f"nothing was published: {error}")
        raise busy_error(warehouse_path, str(error)) or failure from error
    finally:
        _remove_leftovers(fresh_path)
    written.note.write(published_path)
    return PublishReport(
        is_full=written.is_full,
        damage=damage,
        replaced_from=written.replaced_from,
        rows=written.rows,
        size_bytes=published_path.stat().st_size,
        version=version["version"],
        seconds=time.monotonic() - started,
    )


@dataclass(frozen=True)
class _Written:
    """A new version that is written and not yet in place."""

    note: _Note
    contents: FileContents
    changed: set[date] | None
    is_full: bool
    replaced_from: date | None
    rows: dict[str, int]


def _write(
    con: duckdb.DuckDBPyConnection,
    published_path: Path,
    fresh_path: Path,
    tables: Sequence[PublishedTable],
    old: _Note | None,
) -> _Written:
    """Write the new version beside the published file, continuing the one that `old` describes."""
    _remove_leftovers(fresh_path)
    note = _Note.of_warehouse(con, tables)
    changed = None if old is None else old.differences(note)
    replaced_from = None
    is_full = old is None or old.shapes != note.shapes or old.has_days_besides(note)
    if changed is not None and not is_full:
        replaced_from = min(changed, default=None)
        shutil.copyfile(published_path, fresh_path)
    con.execute(f"attach {literal(str(fresh_path))} as fresh")
    rows = _write_tables(con, tables, note.shapes, is_full=is_full, replaced_from=replaced_from)
    con.execute(_PUBLICATION)
    con.execute("checkpoint fresh")
    contents = read_contents(con, "fresh")
    con.execute("detach fresh")
    return _Written(note, contents, changed, is_full, replaced_from, rows)


def noted_dates(published_path: Path) -> set[date]:
    """The dates in the published file by the note beside it, whatever became of the file."""
    try:
        content = json.loads(_note_path(published_path).read_text(encoding="utf-8"))
        return {date.fromisoformat(day) for day in content["revisions"]}
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return set()


@dataclass(frozen=True)
class _Note:
    """Contents of a published file, for the next publication.

    Attributes:
        shapes: columns, types, comments and order of each table, by `schema.table`.
        revisions: revision by date.
    """

    shapes: dict[str, Any]
    revisions: dict[str, str]

    @classmethod
    def of_warehouse(
        cls, con: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable]
    ) -> _Note:
        shapes = _shapes(con, tables)
        revisions = con.execute(
            "select snapshot_date::varchar, revision::varchar from warehouse.ops.snapshot_dates"
        ).fetchall()
        # Through JSON and back, so that it compares equal to a note read from a file.
        return cls(json.loads(json.dumps(shapes)), dict(revisions))

    @classmethod
    def read(cls, published_path: Path) -> _Note | None:
        """The note of the published file; None if it is missing or of another file."""
        try:
            content = json.loads(_note_path(published_path).read_text(encoding="utf-8"))
            if content["format"] != _NOTE_FORMAT or content["file"] != _identity(published_path):
                return None
            return cls(content["shapes"], content["revisions"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, published_path: Path) -> None:
        """Write the note beside the published file."""
        content = {
            "format": _NOTE_FORMAT,
            "file": _identity(published_path),
            **asdict(self),
        }
        path = _note_path(published_path)
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(json.dumps(content, indent=1), encoding="utf-8")
        fresh.replace(path)

    def has_days_besides(self, other: _Note) -> bool:
        """True if days were removed since: a file that is written anew is smaller by them."""
        return not self.revisions.keys() <= other.revisions.keys()

    def differences(self, other: _Note) -> set[date]:
        """Dates that were run again, added or removed."""
        different = self.revisions.items() ^ other.revisions.items()
        return {date.fromisoformat(day) for day, _ in different}


def _note_path(published_path: Path) -> Path:
    return published_path.with_suffix(".state.json")


def _identity(path: Path) -> dict[str, int]:
    """Size, time of change and inode, which differ for another or changed file."""
    stat = path.stat()
    return {"size": stat.st_size, "modified_ns": stat.st_mtime_ns, "inode": stat.st_ino}


def _attach_warehouse(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    if not path.exists():
        raise PublicationError(f"nothing was published: there is no warehouse {path}")
    con.execute(f"attach {literal(str(path))} as warehouse (read_only)")


def _shapes(
    con: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable]
) -> dict[str, dict[str, Any]]:
    """Columns, comments and order by `schema.table`; a table is rewritten if they differ.

    Of all tables at once: DuckDB lists the columns of all tables in each query.
    """
    columns: dict[str, list[tuple[Any, ...]]] = {}
    for label, *column in con.execute(
        """
        select schema_name || '.' || table_name, column_name, data_type, comment
        from duckdb_columns()
        where database_name = 'warehouse' and not starts_with(column_name, '_')
        order by schema_name, table_name, column_index
        """
    ).fetchall():
        columns.setdefault(label, []).append(tuple(column))
    comments = dict(
        con.execute(
            """
            select schema_name || '.' || table_name, comment
            from duckdb_tables() where database_name = 'warehouse'
            """
        ).fetchall()
    )
    for table in tables:
        if table.label not in columns:
            raise PublicationError(
                f"nothing was published: the warehouse has no table {table.label};"
                " build it, or do not publish it"
            )
    return {
        table.label: {
            "columns": columns[table.label],
            "comment": comments.get(table.label),
            "order_by": table.order_by,
            "partition_by": table.partition_by,
        }
        for table in tables
    }


def _write_tables(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[PublishedTable],
    shapes: Mapping[str, Mapping[str, Any]],
    *,
    is_full: bool,
    replaced_from: date | None,
) -> dict[str, int]:
    """Write the tables that changed; return the number of rows of each table."""
    columns = {
        label: ", ".join(identifier(name) for name, *_ in shape["columns"])
        for label, shape in shapes.items()
    }
    continued = [
        table
        for table in tables
        if not is_full and _goes_on(con, table, columns[table.label], replaced_from)
    ]
    compared = [
        table
        for table in tables
        if not is_full
        and table.partition_by is None
        and replace_changed_rows(con, table, columns[table.label])
    ]
    kept = [*continued, *compared]
    whole = [table for table in tables if table not in kept]
    con.execute("create schema if not exists fresh.ops")
    for table in whole:
        con.execute(f"create schema if not exists {identifier('fresh', table.schema)}")
        con.execute(f"drop table if exists {table.within('fresh')}")
    if replaced_from is not None:
        for table in continued:
            con.execute(f"delete from {table.within('fresh')} where {_since(table, replaced_from)}")
    con.execute("checkpoint fresh")  # frees space that the inserts below use again

    if replaced_from is not None:
        for table in continued:
            con.execute(
                f"""
                insert into {table.within("fresh")}
                {_rows(table, columns[table.label], where=_since(table, replaced_from))}
                """
            )
    # A table whose row count differs although its note matches is rewritten as a whole.
    whole += [table for table in kept if _count(con, table, "fresh") != _count(con, table)]
    for table in whole:
        # One commit a table, and not one for each of its comments.
        with transaction(con):
            con.execute(
                f"create or replace table {table.within('fresh')} as"
                f" {_rows(table, columns[table.label])}"
            )
            _write_comments(con, table, shapes[table.label])
    return {table.label: _count(con, table, "fresh") for table in tables}


def _goes_on(
    con: duckdb.DuckDBPyConnection, table: PublishedTable, columns: str, replaced_from: date | None
) -> bool:
    """True if a table can be continued: it is daily, and the kept rows are equal on both sides.

    The first and the last of the kept days are compared row by row. A table that was rebuilt with
    other rules, without a run of its dates, differs there.
    """
    if table.partition_by is None:
        return False
    column = identifier(table.partition_by)
    stays = "true" if replaced_from is None else f"not ({_since(table, replaced_from)})"
    witnesses = con.execute(
        f"select min({column}), max({column}) from {table.within('fresh')} where {stays}"
    ).fetchone()
    if witnesses is None or witnesses[0] is None:
        return True
    one, other = (
        con.execute(
            f"""
            select count(*), sum(hash({columns}))
            from {table.within(database)}
            where {column} = ? or {column} = ?
            """,
            list(witnesses),
        ).fetchone()
        for database in ("fresh", "warehouse")
    )
    return one == other


def _since(table: PublishedTable, day: date) -> str:
    assert table.partition_by is not None
    return f"{identifier(table.partition_by)} >= date {literal(day.isoformat())}"


def _rows(table: PublishedTable, columns: str, where: str = "true") -> str:
    """A query of the warehouse's rows, ordered by date and key."""
    leading = [table.partition_by] if table.partition_by else []
    keys = ", ".join(identifier(name) for name in (*leading, *table.order_by))
    return f"select {columns} from {table.within('warehouse')} where {where} order by {keys}"


def _count(
    con: duckdb.DuckDBPyConnection, table: PublishedTable, database: str = "warehouse"
) -> int:
    row = con.execute(f"select count(*) from {table.within(database)}").fetchone()
    return int(row[0]) if row else 0


def _write_comments(
    con: duckdb.DuckDBPyConnection, table: PublishedTable, shape: Mapping[str, Any]
) -> None:
    name = table.within("fresh")
    if shape["comment"] is not None:
        con.execute(f"comment on table {name} is {literal(shape['comment'])}")
    for column, _, comment in shape["columns"]:
        if comment is not None:
            con.execute(f"comment on column {name}.{identifier(column)} is {literal(comment)}")


def _remove_leftovers(fresh_path: Path) -> None:
    fresh_path.unlink(missing_ok=True)
    write_ahead_log(fresh_path).unlink(missing_ok=True)
