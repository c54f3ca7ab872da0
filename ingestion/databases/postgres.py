"""Reads PostgreSQL by binary COPY directly into Arrow.

Columns are read from the catalogue, so that no second driver for SQLAlchemy is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import adbc_driver_manager
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from adbc_driver_postgresql import dbapi
from sqlalchemy.dialects import postgresql

from ingestion.databases.snapshot import (
    CHECK_ENTRY,
    NO_ENTRY,
    RUN_AGAIN,
    Batches,
    Column,
    Keys,
    Snapshot,
    failure,
)
from ingestion.errors import SourceError, without_values

_CONNECT_SECONDS = 15
_KINDS = {
    "bool": "BOOLEAN",
    "bpchar": "VARCHAR",
    "bytea": "BLOB",
    "date": "DATE",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "name": "VARCHAR",
    "text": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "varchar": "VARCHAR",
}
_WIDEST_DECIMAL = 38
# Days and microseconds from 1970 to long before PostgreSQL's first date, 4713 BC. The driver
# counts from 1970 and PostgreSQL from 2000: its infinities run over, and come out below these.
_EARLIEST = {pa.date32(): -(10**9), pa.int64(): -(10**18)}
_CATALOGUE = """
select
    attribute.attname::text as name,
    coalesce(base.typname, type.typname)::text as kind,
    format_type(
        coalesce(base.oid, type.oid),
        case when base.oid is null then attribute.atttypmod else type.typtypmod end
    ) as written
from pg_catalog.pg_attribute as attribute
join pg_catalog.pg_type as type on attribute.atttypid = type.oid
left join pg_catalog.pg_type as base on type.typtype = 'd' and type.typbasetype = base.oid
where attribute.attrelid = to_regclass({table}) and attnum > 0 and not attribute.attisdropped
order by attribute.attnum
"""
_PRIMARY_KEY = """
select attribute.attname::text as name
from pg_catalog.pg_constraint as declared
cross join unnest(declared.conkey) with ordinality as part (number, position)
join pg_catalog.pg_attribute as attribute
    on attribute.attrelid = declared.conrelid and attribute.attnum = part.number
where declared.conrelid = to_regclass({table}) and declared.contype = 'p'
order by part.position
"""
_FOREIGN_KEYS = """
select here.attname::text as name, declared.confrelid::regclass::text as target,
    there.attname::text as target_name
from pg_catalog.pg_constraint as declared
join pg_catalog.pg_attribute as here
    on here.attrelid = declared.conrelid and here.attnum = declared.conkey[1]
join pg_catalog.pg_attribute as there
    on there.attrelid = declared.confrelid and there.attnum = declared.confkey[1]
where
    declared.conrelid = to_regclass({table})
    and declared.contype = 'f'
    and cardinality(declared.conkey) = 1
order by declared.conkey
"""
_TABLES = """
select case when schemaname = current_schema() then '' else schemaname || '.' end || name as name
from (
    select schemaname, tablename as name from pg_catalog.pg_tables
    union all
    select schemaname, viewname from pg_catalog.pg_views
    union all
    select schemaname, matviewname from pg_catalog.pg_matviews
) as listed
where schemaname not in ('pg_catalog', 'information_schema')
order by schemaname, name
"""


@contextmanager
def open_postgres(name: str, url: str) -> Iterator[Snapshot]:
    """One read-only transaction on a consistent state.

    Raises:
        SourceError: the database cannot be reached.
    """
    try:
        connection = dbapi.connect(_with_patience(url))
    except (adbc_driver_manager.Error, ValueError) as error:
        raise failure(name, NO_ENTRY, _words(error), url, CHECK_ENTRY) from None
    snapshot = _Postgres(name, url, connection)
    try:
        snapshot.begin()
        yield snapshot
    finally:
        snapshot.close()


class _Postgres:
    def __init__(self, name: str, url: str, connection: dbapi.Connection) -> None:
        self._name = name
        self._url = url
        self._connection = connection
        self._cursor = connection.cursor()
        self._reader: pa.RecordBatchReader | None = None
        self._dialect = postgresql.dialect()

    def begin(self) -> None:
        with self._translated("it cannot be read"):
            self._cursor.execute("set transaction isolation level repeatable read, read only")

    def tables(self) -> list[str]:
        return [row[0] for row in self._rows(_TABLES)]

    def columns(self, table: str) -> list[Column] | None:
        found = self._rows(_CATALOGUE.format(table=self._named(table)))
        return [_column(*row) for row in found] or None

    def keys(self, table: str) -> Keys:
        named = self._named(table)
        primary = [name for (name,) in self._rows(_PRIMARY_KEY.format(table=named))]
        foreign = self._rows(_FOREIGN_KEYS.format(table=named))
        return Keys(primary, [(here, target, there) for here, target, there in foreign])

    def _named(self, table: str) -> str:
        """A literal by which the catalogue finds the table."""
        quote = self._dialect.identifier_preparer.quote_identifier
        return _literal(".".join(quote(part) for part in table.split(".", 1)))

    def read(
        self, query: sa.Select[Any], columns: Sequence[Column], *, follow: str | None = None
    ) -> Batches:
        compiled = query.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True})
        # Percent signs are doubled for drivers that take parameters in that style.
        statement = str(compiled).replace("%%", "%")
        with self._translated("it cannot be read"):
            self._cursor.execute(statement)
            self._reader = self._cursor.fetch_record_batch()
        return Batches(self._reader.schema, self._checked(self._reader), follow)

    def close(self) -> None:
        """Close the connection; a query that is still being read is abandoned."""
        for held in (self._reader, self._cursor, self._connection):
            # The reading has already reported a lost connection.
            with suppress(adbc_driver_manager.Error, OSError):
                if held is not None:
                    held.close()

    def _checked(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        times = [field.name for field in reader.schema if pa.types.is_temporal(field.type)]
        with self._translated("reading broke off", quotes_rows=True):
            for batch in reader:
                for column in times:
                    self._refuse_infinity(column, batch.column(column))
                yield batch

    def _refuse_infinity(self, column: str, values: pa.Array) -> None:
        counted = values.view(pa.int32() if pa.types.is_date32(values.type) else pa.int64())
        earliest = pc.min(counted).as_py()
        limit = _EARLIEST[pa.date32() if pa.types.is_date32(values.type) else pa.int64()]
        if earliest is not None and earliest < limit:
            raise SourceError(
                f"source {self._name}: {column} has infinity, which is no time: read it as text,"
                f" with types: {{{column}: VARCHAR}}"
            )

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._translated("its catalogue cannot be read"):
            self._cursor.execute(statement)
            return list(self._cursor.fetchall())

    @contextmanager
    def _translated(self, doing: str, *, quotes_rows: bool = False) -> Iterator[None]:
        try:
            yield
        except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
            problem = without_values(_words(error)) if quotes_rows else _words(error)
            raise failure(self._name, doing, problem, self._url, RUN_AGAIN) from None


def _column(name: str, kind: str, written: str) -> Column:
    if kind in _KINDS:
        return Column(name, _KINDS[kind])
    decimal = re.fullmatch(r"numeric\((\d+),(-?\d+)\)", written)
    if decimal:
        precision, scale = int(decimal.group(1)), int(decimal.group(2))
        if precision <= _WIDEST_DECIMAL and 0 <= scale <= precision:
            return Column(name, f"DECIMAL({precision},{scale})")
    return Column(name, "VARCHAR", is_text=True)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _with_patience(url: str) -> str:
    """The URL with a connection timeout; libpq has none by default."""
    if "connect_timeout=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}connect_timeout={_CONNECT_SECONDS}"


def _words(error: Exception) -> str:
    """The server's message, without the driver's prefix."""
    return re.sub(r"^(\w+: )?(\[libpq\] )?|.*(?=(ERROR|FATAL): )", "", str(error))
