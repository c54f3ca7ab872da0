"""Rows read of a live table, landed: what is new or has changed, and what is no longer there.

A database or an API is asked again for rows that were read before: to meet late commits, because a
page is repeated, or because it has no way to ask for changes. A row that is there already is not
landed twice, so that raw stays append-only and grows with what has changed.

Everything happens within the caller's transaction, as does what it remembers with `set_state`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from deployment.source_config.base import LiveTable
from ingestion.landing import ledger
from ingestion.landing.raw_table import RawTable
from ingestion.landing.schema_drift import Delivery, SchemaChange
from warehouse.quoting import identifier, literal


@dataclass(frozen=True)
class Landing:
    """Where the rows of one table go, in one extraction.

    Attributes:
        source: name of the source.
        table: name of the raw table in `raw_<source>`.
        config: what the configuration says of the table.
        run_date: the date the run is for: rows are known from it on.
        loaded_at: when the extraction began.
    """

    source: str
    table: str
    config: LiveTable
    run_date: date
    loaded_at: datetime

    @property
    def raw(self) -> RawTable:
        """The table itself."""
        return RawTable(self.source, self.table)


def prepare(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    columns: Mapping[str, str] | None,
    relation: str | None = None,
    *,
    is_sparse: bool = False,
) -> list[SchemaChange]:
    """Give the raw table its shape, before any row of the transaction is inserted anywhere.

    DuckDB does not alter a table into which the same transaction has inserted without copying it.

    Args:
        con: connection within a transaction.
        landing: where to.
        columns: DuckDB type by column as it will be delivered; None where nothing is.
        relation: what `land` will select from. Without it a type that has changed is refused, also
            where every value would be of the known one. It is read only if a type has changed.
        is_sparse: a column without values is missing from `columns`, as a key is from JSON.

    Returns:
        What has changed of the columns, as it is written to `ops.schema_changes`.

    Raises:
        SourceError: a column that must be there is missing, or is of a type that does not fit.
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
    """Insert the rows that the raw table does not have like that as their key's latest.

    Args:
        con: connection within a transaction, in which `prepare` was called with the columns.
        landing: where to.
        relation: what to select from, or its parts, each read once and before the next. Parts are
            only for a raw table that is empty, and rows of which none is repeated.
        columns: DuckDB type by column of the relation.
        has_repeats: whether a key may come more than once, of which the last row then counts.
        is_deleted: SQL condition on the columns of a row that says that it is deleted: such a row
            is landed too, and counts at no time.

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
    """End the rows whose keys the source no longer has, from the date of the run on.

    Args:
        con: connection within a transaction.
        landing: the table.
        present: relation with at least the key columns of every row that the source has now.

    Returns:
        The number of rows ended, those that were replaced before by newer ones among them.
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
    """True if the source has a key that no row stands for that has not ended.

    Args:
        con: connection within a transaction.
        landing: the table.
        present: relation with at least the key columns of every row that the source has now.
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
    """True if nothing of the table has ever been landed."""
    return con.execute(f"select 1 from {landing.raw.name} limit 1").fetchone() is None


def state(con: duckdb.DuckDBPyConnection, landing: Landing, name: str) -> str | None:
    """What the last extraction of the table remembered under a name, None before the first."""
    row = con.execute(
        'select "value" from ops.extract_state where source = ? and table_name = ? and name = ?',
        [landing.source, landing.table, name],
    ).fetchone()
    return None if row is None else str(row[0])


def set_state(con: duckdb.DuckDBPyConnection, landing: Landing, name: str, value: str) -> None:
    """Remember something of the table for the next extraction, with the rows of this one."""
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
    """Append rows to a load that has so many already; the number of those appended."""
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
    """End rows of a load that say that they are deleted, at once, and those before them by now."""
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
    """Note the end of rows, given as (_load_id, _row, ended_on), that have not ended yet."""
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
    """The relation with the types of the raw table, so that its rows compare with those there."""
    types = {name.casefold(): kind for name, kind in landing.raw.columns(con).items()}
    if all(types[column.casefold()] == kind for column, kind in columns.items()):
        return relation
    casts = ", ".join(
        f"cast({identifier(column)} as {types[column.casefold()]}) as {identifier(column)}"
        for column in columns
    )
    return f"(select {casts} from {relation})"


def _label(landing: Landing, load_id: int) -> str:
    """What stands for a file's name: it tells one reading of the table from every other."""
    return f"read for {landing.run_date}, load {load_id}"


def _changes(
    landing: Landing, relation: str, columns: Mapping[str, str], is_deleted: str | None
) -> str:
    """Rows of the relation that differ from the latest row of their key, the last of each key."""
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
                    partition by {_told_apart_by(landing, columns)} order by position desc
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
    """CTE `latest`: of the CTE `known` the newest row of each key, and whether it `is_ended`."""
    return f"""
        newest as (
            select * from known
            qualify
                row_number() over (
                    partition by {_told_apart_by(landing, columns)}
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


def _told_apart_by(landing: Landing, columns: Iterable[str]) -> str:
    """What rows are told apart by: their key, or all they have where a part of it is null."""
    key = [identifier(column) for column in landing.config.key]
    whole = ", ".join(identifier(column) for column in columns)
    is_keyless = " or ".join(f"{column} is null" for column in key)
    return f"{', '.join(key)}, case when {is_keyless} then row({whole})::varchar end"


def _same(columns: Iterable[str], one: str, other: str) -> str:
    """Condition that two relations have the same in these columns, null for null."""
    return " and ".join(
        f"{one}.{identifier(column)} is not distinct from {other}.{identifier(column)}"
        for column in columns
    )
