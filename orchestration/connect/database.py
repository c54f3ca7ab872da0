"""A database: its tables as SQLAlchemy reflects them, and the first rows of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import duckdb

from orchestration.connect.errors import ConnectError
from orchestration.connect.folder import ascii_name
from orchestration.connect.offered import Offer, OfferedTable
from orchestration.quoting import identifier
from orchestration.secrets import hide, is_reference, reveal

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Engine
    from sqlalchemy.engine import Inspector

# A database answers others too: enough to tell keys and words, some seconds of one connection.
SAMPLE_ROWS = 200_000

_PASSWORD_KEYS = {"password", "passwd", "pwd", "sslpassword", "token", "access_token", "api_key"}
_PLAIN = (bool, int, float, str, Decimal, date, datetime, time)


def refuse_literal_secret(name: str, url: str) -> None:
    """A URL that holds a password itself would put it into the configuration and the shell's past.

    Raises:
        ConnectError: it does.
    """
    try:
        parts = urlsplit(url)
        password = parts.password
        named = {key.casefold() for key, _ in parse_qsl(parts.query)} & _PASSWORD_KEYS
    except ValueError:  # such as an unquoted [ in a password
        password, named = "unreadable", set()
    if (password and not is_reference(password)) or named:
        variable = f"{name.upper()}_URL"
        raise ConnectError(
            "the database's URL holds a password: put the whole URL into the environment as"
            f" {variable}, or into the file that HOLDFAST_SECRETS names, and say"
            f" --from '${{{variable}}}'"
        )


def offered_database(con: duckdb.DuckDBPyConnection, url: str) -> Offer:
    """The tables and views of the database's default schema, the first rows of each in `con`.

    Args:
        con: a database of its own, which receives one table a table.
        url: as the configuration is to have it: with `${NAME}` for what is secret.

    Raises:
        ConnectError: there is no such database or driver, or it has no tables.
    """
    import sqlalchemy as sa

    revealed = reveal(url)
    try:
        engine = sa.create_engine(revealed)
        try:
            return _offer(con, engine, url)
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        raise ConnectError(f"the driver {error.name} is not installed: pip install it") from None
    except sa.exc.SQLAlchemyError as error:
        # Its statements and rows may hold what nobody is to read, beside the secret.
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ConnectError(f"the database cannot be read: {hide(reason, revealed)}") from None


def _offer(con: duckdb.DuckDBPyConnection, engine: Engine, url: str) -> Offer:
    import sqlalchemy as sa

    inspector = sa.inspect(engine)
    found = [*inspector.get_table_names(), *inspector.get_view_names()]
    if not found:
        raise ConnectError("the database has no tables in its default schema")
    names: dict[str, str] = {}
    for table in found:
        name = ascii_name(table)
        while name in names.values():
            name += "_2"
        names[table] = name
    tables, passed_over = [], []
    for table in found:
        offered = _table(con, engine, inspector, table, names)
        if offered is None:
            passed_over.append(f"{table}: it has no columns that can be read")
        else:
            tables.append(offered)
    return Offer("sql", {"url": url}, tables, passed_over)


def _table(
    con: duckdb.DuckDBPyConnection,
    engine: Engine,
    inspector: Inspector,
    table: str,
    names: dict[str, str],
) -> OfferedTable | None:
    import sqlalchemy as sa

    columns = [column["name"] for column in inspector.get_columns(table)]
    if not columns:
        return None
    named: list[Any] = [sa.column(column) for column in columns]
    statement: Any = sa.select(*named).select_from(sa.table(table))
    with engine.connect().execution_options(stream_results=True) as connection:
        rows = connection.execute(statement.limit(SAMPLE_ROWS + 1)).fetchall()
    is_sample = len(rows) > SAMPLE_ROWS
    landed = _arrow(columns, rows[:SAMPLE_ROWS])
    relation = identifier(names[table])
    con.register("fetched", landed)
    con.execute(f"create table {relation} as from fetched")
    con.unregister("fetched")
    described = con.execute(f"describe {relation}").fetchall()
    entry = {} if names[table] == table else {"table": table}
    return OfferedTable(
        names[table],
        relation,
        {str(name): str(kind) for name, kind, *_ in described},
        is_sample,
        entry,
        key=tuple(inspector.get_pk_constraint(table)["constrained_columns"]),
        references=tuple(
            (here, names[key["referred_table"]], there)
            for key in inspector.get_foreign_keys(table)
            if key["referred_table"] in names
            for here, there in zip(key["constrained_columns"], key["referred_columns"], strict=True)
            if len(key["constrained_columns"]) == 1
        ),
    )


def _arrow(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as an Arrow table; a column whose values have no common type is text."""
    import pyarrow as pa

    arrays = []
    for position in range(len(columns)):
        values = [_plain(row[position]) for row in rows]
        try:
            array = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            array = pa.array([None if value is None else str(value) for value in values])
        arrays.append(array.cast(pa.string()) if pa.types.is_null(array.type) else array)
    return pa.table(arrays, names=list(columns))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    return None if isinstance(value, bytes | memoryview) else str(value)
