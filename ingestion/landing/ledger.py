"""Load ledger: the loads of the raw tables and the validity interval of their rows.

`ops.load_ledger` has one row a load, which is never deleted. A load is a file, or the rows read
from a table of a mutable source at once. The rows of files depend on the files only and not on the
runs: fourteen daily runs leave the same ledger as one run over fourteen files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb


@dataclass(frozen=True)
class Drop:
    """A delivered file.

    Attributes:
        name: name in messages: its absolute path, or its address in an object store.
        relative: path below the source's location, with forward slashes; identifies the file.
        drop_date: the date in its path, None for an undated file.
        size_bytes: its size.
        modified_ns: time of its last change, nanoseconds since 1970; 0 if unknown.
        etag: an object store's identifier of this version of its content.
    """

    name: str
    relative: str
    drop_date: date | None
    size_bytes: int
    modified_ns: int
    etag: str | None = None

    @property
    def version(self) -> tuple[int, int, str | None]:
        """Size, time of change and etag, which change with the content."""
        return self.size_bytes, self.modified_ns, self.etag


@dataclass(frozen=True)
class CurrentLoad:
    """The current load of a path."""

    load_id: int
    size_bytes: int
    modified_ns: int
    sha256: str
    etag: str | None
    delivered_on: date

    @property
    def version(self) -> tuple[int, int, str | None]:
        """Size, time of change and etag, which change with the content of the path."""
        return self.size_bytes, self.modified_ns, self.etag


@dataclass(frozen=True)
class NewLoad:
    """A load to be entered.

    Only a file has a `drop` and a digest. `replaces` is the load of the same path with earlier
    content.
    """

    load_id: int
    source: str
    table: str
    path: str
    rows: int
    run_date: date
    loaded_at: datetime
    drop: Drop | None = None
    sha256: str | None = None
    replaces: CurrentLoad | None = None

    @property
    def delivered_on(self) -> date:
        """The day of delivery: the drop's date, or the run's if undated or a correction.

        A correction is never dated before the load that it replaces: with dates run out of order,
        both loads would be valid on the days between.
        """
        dropped_on = (self.drop and self.drop.drop_date) or self.run_date
        if self.replaces is None:
            return dropped_on
        return max(dropped_on, self.run_date, self.replaces.delivered_on)


def current_loads(
    con: duckdb.DuckDBPyConnection, source: str, table: str
) -> dict[str, CurrentLoad]:
    """The loads of a table that nothing has superseded, by path."""
    rows = con.execute(
        """
        select path, load_id, size_bytes, modified_ns, sha256, etag, delivered_on
        from ops.load_ledger
        where source = ? and table_name = ? and superseded_by is null
        """,
        [source, table],
    ).fetchall()
    return {path: CurrentLoad(*rest) for path, *rest in rows}


def next_load_id(con: duckdb.DuckDBPyConnection) -> int:
    """The smallest unused load id."""
    row = con.execute("select coalesce(max(load_id), 0) + 1 from ops.load_ledger").fetchone()
    return int(row[0]) if row else 1


def latest_drop(con: duckdb.DuckDBPyConnection, source: str, table: str) -> date | None:
    """Date of the latest dated file of a table, None without one."""
    row = con.execute(
        "select max(drop_date) from ops.load_ledger where source = ? and table_name = ?",
        [source, table],
    ).fetchone()
    return row[0] if row else None


def note_touched(con: duckdb.DuckDBPyConnection, load: CurrentLoad, drop: Drop) -> None:
    """Store a new time of change of the same content, so that the file is not hashed again."""
    con.execute(
        "update ops.load_ledger set modified_ns = ?, etag = ? where load_id = ?",
        [drop.modified_ns, drop.etag, load.load_id],
    )


def enter(con: duckdb.DuckDBPyConnection, load: NewLoad) -> None:
    """Enter a load and close the load that it replaces. `date_knowledge` must follow."""
    con.execute(
        """
        insert into ops.load_ledger (
            load_id, source, table_name, path, size_bytes, modified_ns, sha256, rows,
            drop_date, delivered_on, loaded_at, etag
        ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            load.load_id,
            load.source,
            load.table,
            load.path,
            load.drop and load.drop.size_bytes,
            load.drop and load.drop.modified_ns,
            load.sha256,
            load.rows,
            load.drop and load.drop.drop_date,
            load.delivered_on,
            load.loaded_at,
            load.drop and load.drop.etag,
        ],
    )
    if load.replaces is not None:
        con.execute(
            "update ops.load_ledger set superseded_by = ?, superseded_on = ? where load_id = ?",
            [load.load_id, load.delivered_on, load.replaces.load_id],
        )


def date_knowledge(con: duckdb.DuckDBPyConnection, source: str, table: str) -> None:
    """Set the date from which each load of a table was known.

    Null ("from the beginning") for the initial history: the files of the table's earliest date, or
    undated files of its first run. Later loads and corrections are known from their day of
    delivery. A late file with an earlier date becomes the initial history, as if it had been
    delivered in time.
    """
    con.execute(
        """
        with loads as (
            select
                load_id,
                drop_date,
                delivered_on,
                load_id = min(load_id) over (partition by path) as is_first_of_path,
                min(drop_date) over () as first_drop_date,
                min(delivered_on) filter (drop_date is null) over () as first_run_date
            from ops.load_ledger
            where source = $source and table_name = $table
        ),

        dated as (
            select
                load_id,
                case
                    when
                        is_first_of_path
                        and coalesce(drop_date = first_drop_date, delivered_on = first_run_date)
                        then null
                    else delivered_on
                end as known_from
            from loads
        )

        update ops.load_ledger
        set known_from = dated.known_from
        from dated
        where
            ops.load_ledger.load_id = dated.load_id
            and ops.load_ledger.known_from is distinct from dated.known_from
        """,
        {"source": source, "table": table},
    )
