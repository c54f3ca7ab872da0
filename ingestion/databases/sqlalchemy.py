"""Reads any database with a SQLAlchemy driver, row by row into Arrow.

SQLite, MySQL and MariaDB provide one consistent state of all tables. Other databases provide the
guarantees of their REPEATABLE READ, if they have that level.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

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

_ROWS_A_BATCH = 10_000
_WIDEST_DECIMAL = 38
_EXTRAS = {"mysql": "mysql", "mariadb": "mysql"}
_ARROW = {
    "BOOLEAN": pa.bool_(),
    "BIGINT": pa.int64(),
    "UBIGINT": pa.uint64(),
    "DOUBLE": pa.float64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "BLOB": pa.binary(),
    "VARCHAR": pa.string(),
}


@contextmanager
def open_other(name: str, url: str) -> Iterator[Snapshot]:
    """One connection, in a transaction on a consistent state if the database supports that.

    Raises:
        SourceError: the database cannot be reached, or its driver is not installed.
    """
    engine = _engine(name, url)
    try:
        connection = _connected(name, url, engine)
        try:
            snapshot = _Other(name, url, connection)
            snapshot.begin()
            yield snapshot
        finally:
            connection.close()
    finally:
        engine.dispose()


def _engine(name: str, url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            _require_file(name, parsed)
            # DuckDB reads from threads of its own, one at a time.
            return sa.create_engine(parsed, connect_args={"check_same_thread": False})
        return sa.create_engine(parsed)
    except sa.exc.NoSuchModuleError as error:
        problem, remedy = str(error), "correct url, or install a package that brings that dialect"
    except sa.exc.ArgumentError:
        problem, remedy = "not an address", "write dialect+driver://user:password@host/database"
    except ModuleNotFoundError as error:
        problem = f"its driver {error.name} is not installed"
        extra = _EXTRAS.get(sa.make_url(url).get_backend_name())
        remedy = f"pip install 'holdfast[{extra}]'" if extra else f"install {error.name}"
    raise failure(name, "its url cannot be used", problem, url, remedy)


def _require_file(name: str, url: sa.URL) -> None:
    """Refuse a missing file, which SQLite would create as an empty database."""
    path = url.database or ""
    if path.startswith("file:"):
        return
    if not path or path == ":memory:" or not Path(path).is_file():
        raise SourceError(f"source {name}: there is no database file {path}: correct url")


def _connected(name: str, url: str, engine: sa.Engine) -> sa.Connection:
    try:
        return engine.connect()
    except sa.exc.SQLAlchemyError as error:
        raise failure(name, NO_ENTRY, _words(error), url, CHECK_ENTRY) from None


class _Other:
    def __init__(self, name: str, url: str, connection: sa.Connection) -> None:
        self._name = name
        self._url = url
        self._connection = connection
        self._dialect = connection.dialect.name

    def begin(self) -> None:
        with self._translated("it cannot be read"):
            if self._dialect == "sqlite":
                self._autocommitting("begin", "select count(*) from sqlite_master")
            elif self._dialect in ("mysql", "mariadb"):
                self._autocommitting(
                    "set session transaction isolation level repeatable read",
                    # TIMESTAMP values are returned in the time zone of the session.
                    "set session time_zone = '+00:00'",
                    "start transaction with consistent snapshot, read only",
                )
            else:
                # A dialect without this level has no consistent state.
                with suppress(sa.exc.ArgumentError):
                    self._connection.execution_options(isolation_level="REPEATABLE READ")

    def _autocommitting(self, *statements: str) -> None:
        """Execute statements of a transaction that SQLAlchemy and the driver do not manage."""
        self._connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            self._connection.exec_driver_sql(statement)

    def tables(self) -> list[str]:
        with self._translated("its catalogue cannot be read"):
            inspector = sa.inspect(self._connection)
            return sorted([*inspector.get_table_names(), *inspector.get_view_names()])

    def columns(self, table: str) -> list[Column] | None:
        schema, _, name = table.rpartition(".")
        with self._translated("its catalogue cannot be read"):
            try:
                found = sa.inspect(self._connection).get_columns(name, schema=schema or None)
            except sa.exc.NoSuchTableError:
                return None
        return [_column(column["name"], column["type"], self._dialect) for column in found]

    def keys(self, table: str) -> Keys:
        schema, _, name = table.rpartition(".")
        with self._translated("its catalogue cannot be read"):
            inspector = sa.inspect(self._connection)
            primary = inspector.get_pk_constraint(name, schema=schema or None)
            foreign = inspector.get_foreign_keys(name, schema=schema or None)
        return Keys(
            primary["constrained_columns"],
            [
                (key["constrained_columns"][0], key["referred_table"], key["referred_columns"][0])
                for key in foreign
                if len(key["constrained_columns"]) == 1 and key["referred_columns"]
            ],
        )

    def read(
        self, query: sa.Select[Any], columns: Sequence[Column], *, follow: str | None = None
    ) -> Batches:
        schema = pa.schema([(column.name, _arrow_type(column.kind)) for column in columns])
        return Batches(schema, self._batches(query, columns, schema), follow)

    def _batches(
        self, query: sa.Select[Any], columns: Sequence[Column], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        options = {"stream_results": True, "yield_per": _ROWS_A_BATCH}
        with (
            self._translated("reading broke off", quotes_rows=True),
            self._connection.execute(query, execution_options=options) as result,
        ):
            for rows in result.partitions():
                arrays = [
                    self._array(column, values, field.type)
                    for column, values, field in zip(
                        columns, zip(*rows, strict=True), schema, strict=True
                    )
                ]
                yield pa.record_batch(arrays, schema=schema)

    def _array(self, column: Column, values: Sequence[Any], kind: pa.DataType) -> pa.Array:
        convert = _CONVERTERS.get(column.kind)
        try:
            if convert:
                values = [None if value is None else convert(value) for value in values]
            return pa.array(values, kind)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            raise SourceError(
                f"source {self._name}: {column.name} has a value that is no {column.kind}:"
                f" correct it there, or read it as text, with types: {{{column.name}: VARCHAR}}"
            ) from None

    @contextmanager
    def _translated(self, doing: str, *, quotes_rows: bool = False) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            problem = without_values(_words(error)) if quotes_rows else _words(error)
            raise failure(self._name, doing, problem, self._url, RUN_AGAIN) from None


def _column(name: str, kind: sa.types.TypeEngine[Any], dialect: str) -> Column:
    """Type of a reflected column; SQLite has no times, and its numbers are binary."""
    landed: str | None = None
    if isinstance(kind, sa.Boolean):
        landed = "BOOLEAN"
    elif isinstance(kind, sa.Integer):
        landed = "UBIGINT" if getattr(kind, "unsigned", False) else "BIGINT"
    elif isinstance(kind, sa.Float):
        landed = "DOUBLE"
    elif isinstance(kind, sa.Numeric):
        landed = "DOUBLE" if dialect == "sqlite" else _decimal(kind)
    elif isinstance(kind, sa.LargeBinary) or type(kind).__name__.endswith(("BLOB", "BINARY")):
        landed = "BLOB"
    elif isinstance(kind, sa.DateTime) and dialect != "sqlite":
        has_zone = kind.timezone or isinstance(kind, mysql.TIMESTAMP)
        landed = "TIMESTAMP WITH TIME ZONE" if has_zone else "TIMESTAMP"
    elif isinstance(kind, sa.Date) and dialect != "sqlite":
        landed = "DATE"
    is_time_as_text = dialect == "sqlite" and isinstance(kind, sa.DateTime | sa.Date)
    return Column(name, landed or "VARCHAR", is_time_as_text=is_time_as_text)


def _decimal(kind: sa.Numeric[Any]) -> str | None:
    precision, scale = kind.precision, kind.scale or 0
    if precision is None or precision > _WIDEST_DECIMAL or not 0 <= scale <= precision:
        return None
    return f"DECIMAL({precision},{scale})"


def _arrow_type(kind: str) -> pa.DataType:
    if kind.startswith("DECIMAL"):
        precision, scale = kind[len("DECIMAL(") : -1].split(",")
        return pa.decimal128(int(precision), int(scale))
    return _ARROW[kind]


def _truth(value: object) -> bool:
    if value not in (0, 1):
        raise ValueError
    return bool(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, set | frozenset):
        return ",".join(sorted(map(str, value)))
    return format(value, "f") if isinstance(value, Decimal) else str(value)


_CONVERTERS: dict[str, Callable[[Any], Any]] = {"BOOLEAN": _truth, "VARCHAR": _text}


def _words(error: sa.exc.SQLAlchemyError) -> str:
    """The database's message; SQLAlchemy's own text quotes the statement and its values."""
    return str(getattr(error, "orig", None) or error)
