"""Landing of a table of a mutable source: new and changed rows, and soft-deletion of absent ones.

Databases and APIs return rows again that were read before: because of the look-back for late
commits, of repeated pages, or of sources that cannot report changes. A row equal to the latest
version of its key is not landed again, so that the raw table is append-only and grows with the
changes.

Everything, including `set_state`, happens within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from deployment.source_config.base import MutableTable
from ingestion.landing import ledger
from ingestion.landing.raw_table import RawTable
from ingestion.landing.schema_drift import Delivery, SchemaChange
from warehouse.quoting import identifier, literal


@dataclass(frozen=True)
class Landing:
    """Target of the rows of one table in one extraction.

    Attributes:
        source: name of the source.
        table: name of the raw table in `raw_<source>`.
        config: configuration of the table.
        run_date: the date of the run, from which on the rows are known.
        loaded_at: time at which the extraction began.
    """

    source: str
    table: str
    config: MutableTable
    run_date: date
    loaded_at: datetime

    @property
    def raw(self) -> RawTable:
        """The raw table."""
        return RawTable(self.source, self.table)


def prepare(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    columns: Mapping[str, str] | None,
    relation: str | None = None,
    *,
    is_sparse: bool = False,
) -> list[SchemaChange]:
    """Create or alter the raw table, before any row of the transaction is inserted.

    DuckDB copies a table that is altered after an insert in the same transaction.

    Args:
        con: connection within a transaction.
        landing: the target.
        columns: DuckDB type by delivered column; None without a delivery.
        relation: the relation for `land`, read only if a type has changed. Without it a changed
            type is refused, even if every value fits the known type.
        is_sparse: a column without values is missing from `columns`, as in JSON.

    Returns:
        Changes of columns, as they are written to `ops.schema_changes`.

    Raises:
        SourceError: a required column is missing, or has a type that does not fit.
    """
    name = f"{landing.source}.{landing.table}"
    delivered = [] if columns is None else [Delivery(name, columns, relation, is_sparse)]
    return landing.raw.fit(con, landing.config, delivered, landing.run_date)


def land(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    relation: str | Iterable[str],
    columns: Mapping[str, str],
    *,
    has_repeats: bool,
    is_deleted: str | None = None,
) -> int:
    """Insert the rows that differ from the latest version of their key.

    Args:
        con: connection within a transaction, in which `prepare` was called with the columns.
        landing: the target.
        relation: SQL relation of the rows, or of parts of them, each read once and before the next.
            Parts require an empty raw table and rows without repeated keys.
        columns: DuckDB type by column of the relation.
        has_repeats: whether a key may occur more than once; its last row is then used.
        is_deleted: SQL condition of a deleted row. Such a row is landed too, and is never valid.

    Returns:
        The number of rows inserted.
    """
    parts: Iterator[str] = (
        _as_raw(con, landing, part, columns)
        for part in ([relation] if isinstance(relation, str) else relation)
    )
    if has_repeats or not is_empty(con, landing):
        (whole,) = parts
        con.execute(
            f"""
            create or replace temp table fetched_changes as
            {_changes(landing, whole, columns, is_deleted)}
            """
        )
        parts = iter(["temp.fetched_changes"])
    load_id = ledger.next_load_id(con)
    count = 0
    for part in parts:
        count += _insert(con, landing, load_id, part, columns, after=count)
    con.execute("drop table if exists temp.fetched_changes")
    if not count:
        return 0
    if is_deleted is not None:
        _end_marked(con, landing, load_id, is_deleted)
    ledger.enter(
        con,
        ledger.NewLoad(
            load_id,
            landing.source,
            landing.table,
            _label(landing, load_id),
            count,
            landing.run_date,
            landing.loaded_at,
        ),
    )
    ledger.date_knowledge(con, landing.source, landing.table)
    return count


def end_absent(con: duckdb.DuckDBPyConnection, landing: Landing, present: str) -> int:
    """Soft-delete the rows whose keys the source no longer has, from the date of the run on.

    Args:
        con: connection within a transaction.
        landing: the target.
        present: relation with at least the key columns of every row in the source now.

    Returns:
        The number of rows that were soft-deleted, including older versions of a key.
    """
    key = ", ".join(map(identifier, landing.config.key))
    return _end(
        con,
        landing,
        f"""
        with

        known as (
            select _load_id, _row, {key} from {landing.raw.name}
        ),

        {_latest(landing, landing.config.key)},

        absent as (
            select {key} from latest
            anti join {present} as present on {_same(landing.config.key, "latest", "present")}
            where not is_ended
        )

        select _load_id, _row, {literal(landing.run_date.isoformat())}::date as ended_on from known
        semi join absent on {_same(landing.config.key, "known", "absent")}
        """,
    )


def lacks(con: duckdb.DuckDBPyConnection, landing: Landing, present: str) -> bool:
    """True if the source has a key without a valid row in the raw table.

    Args:
        con: connection within a transaction.
        landing: the target.
        present: relation with at least the key columns of every row in the source now.
    """
    found = con.execute(
        f"""
        with

        known as (
            select _load_id, _row, {", ".join(map(identifier, landing.config.key))}
            from {landing.raw.name}
        ),

        {_latest(landing, landing.config.key)},

        alive as (
            select * from latest where not is_ended
        )

        select 1 from {present} as present
        anti join alive on {_same(landing.config.key, "alive", "present")}
        limit 1
        """
    ).fetchone()
    return found is not None


def is_empty(con: duckdb.DuckDBPyConnection, landing: Landing) -> bool:
    """True if the raw table has no row."""
    return con.execute(f"select 1 from {landing.raw.name} limit 1").fetchone() is None


def state(con: duckdb.DuckDBPyConnection, landing: Landing, name: str) -> str | None:
    """The value that the last extraction stored under a name, None before the first."""
    row = con.execute(
        'select "value" from ops.extract_state where source = ? and table_name = ? and name = ?',
        [landing.source, landing.table, name],
    ).fetchone()
    return None if row is None else str(row[0])


def set_state(con: duckdb.DuckDBPyConnection, landing: Landing, name: str, value: str) -> None:
    """Store a value for the next extraction, in the transaction of the rows."""
    con.execute(
        "insert or replace into ops.extract_state values (?, ?, ?, ?)",
        [landing.source, landing.table, name, value],
    )


def _insert(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    load_id: int,
    relation: str,
    columns: Mapping[str, str],
    *,
    after: int,
) -> int:
    """Append rows to a load that has `after` rows; return the number of appended rows."""
    inserted = con.execute(
        f"""
        insert into {landing.raw.name} by name
        select
            {load_id}::bigint as _load_id,
            {literal(_label(landing, load_id))} as _file,
            {after} + row_number() over () as _row,
            {literal(landing.loaded_at.isoformat())}::timestamptz as _loaded_at,
            {", ".join(identifier(column) for column in columns)}
        from {relation}
        """
    ).fetchone()
    return int(inserted[0]) if inserted else 0


def _end_marked(
    con: duckdb.DuckDBPyConnection, landing: Landing, load_id: int, is_deleted: str
) -> None:
    """Soft-delete rows of a load marked as deleted, and older versions of their keys from now on.

    The marked rows are never valid: their end is before every date.
    """
    _end(
        con,
        landing,
        f"""
        with

        marked as (
            select * from {landing.raw.name} where _load_id = {load_id} and ({is_deleted})
        )

        select
            raw._load_id,
            raw._row,
            case
                when raw._load_id = {load_id} then date '0001-01-01'
                else {literal(landing.run_date.isoformat())}::date
            end as ended_on
        from {landing.raw.name} as raw
        semi join marked
            on
                (raw._load_id < {load_id} or raw._row = marked._row)
                and {_same(landing.config.key, "raw", "marked")}
        """,
    )


def _end(con: duckdb.DuckDBPyConnection, landing: Landing, ended: str) -> int:
    """Write the end of rows, given as (_load_id, _row, ended_on), that have no end yet."""
    inserted = con.execute(
        f"""
        insert into ops.ended_rows
        select ended._load_id, ended._row, $source, $table, ended.ended_on
        from ({ended}) as ended
        anti join ops.ended_rows as earlier
            on ended._load_id = earlier.load_id and ended._row = earlier.row_no
        """,
        {"source": landing.source, "table": landing.table},
    ).fetchone()
    return int(inserted[0]) if inserted else 0


def _as_raw(
    con: duckdb.DuckDBPyConnection, landing: Landing, relation: str, columns: Mapping[str, str]
) -> str:
    """The relation cast to the types of the raw table, for the comparison of rows."""
    types = {name.casefold(): kind for name, kind in landing.raw.columns(con).items()}
    if all(types[column.casefold()] == kind for column, kind in columns.items()):
        return relation
    casts = ", ".join(
        f"cast({identifier(column)} as {types[column.casefold()]}) as {identifier(column)}"
        for column in columns
    )
    return f"(select {casts} from {relation})"


def _label(landing: Landing, load_id: int) -> str:
    """Text in place of a file's name, distinct for each load."""
    return f"read for {landing.run_date}, load {load_id}"


def _changes(
    landing: Landing, relation: str, columns: Mapping[str, str], is_deleted: str | None
) -> str:
    """The last row of each key in the relation that differs from the latest version of the key."""
    names = ", ".join(identifier(column) for column in columns)
    return f"""
        with

        fetched as (
            select {names}, row_number() over () as position from {relation}
        ),

        fetched_once as (
            select * from fetched
            qualify
                row_number() over (
                    partition by {_grain(landing, columns)} order by position desc
                ) = 1
        ),

        known as (
            select _load_id, _row, {names} from {landing.raw.name} as raw
            semi join fetched on {_same(landing.config.key, "raw", "fetched")}
        ),

        {_latest(landing, columns)},

        alive as (
            select * from latest where not is_ended or ({is_deleted or "false"})
        )

        select {names} from fetched_once
        anti join alive on {_same(columns, "fetched_once", "alive")}
        order by position
    """


def _latest(landing: Landing, columns: Iterable[str]) -> str:
    """CTE `latest`: the newest row of each key in the CTE `known`, and whether it `is_ended`."""
    return f"""
        newest as (
            select * from known
            qualify
                row_number() over (
                    partition by {_grain(landing, columns)}
                    order by _load_id desc, _row desc
                ) = 1
        ),

        latest as (
            select newest.*, ended.load_id is not null as is_ended
            from newest
            left join ops.ended_rows as ended
                on newest._load_id = ended.load_id and newest._row = ended.row_no
        )
    """


def _grain(landing: Landing, columns: Iterable[str]) -> str:
    """Columns that identify a row: the key, or all columns where a part of the key is null."""
    key = [identifier(column) for column in landing.config.key]
    whole = ", ".join(identifier(column) for column in columns)
    is_keyless = " or ".join(f"{column} is null" for column in key)
    return f"{', '.join(key)}, case when {is_keyless} then row({whole})::varchar end"


def _same(columns: Iterable[str], one: str, other: str) -> str:
    """Condition that two relations are equal in these columns, with null equal to null."""
    return " and ".join(
        f"{one}.{identifier(column)} is not distinct from {other}.{identifier(column)}"
        for column in columns
    )
