"""A database: its tables, and the first rows of each, read as extraction reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import duckdb

from deployment.source_config.references import is_reference
from ingestion.connect.errors import ConnectError
from ingestion.connect.origins.folder import ascii_name
from ingestion.connect.origins.offered import Offer, OfferedTable
from ingestion.errors import SourceError
from ingestion.opened_source import open_origin
from warehouse.quoting import identifier

if TYPE_CHECKING:
    from ingestion.databases.snapshot import Snapshot

# A database answers others too: enough to tell keys and words, some seconds of one connection.
SAMPLE_ROWS = 200_000

_PASSWORD_KEYS = {"password", "passwd", "pwd", "sslpassword", "token", "access_token", "api_key"}


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


def offered_database(con: duckdb.DuckDBPyConnection, name: str, url: str) -> Offer:
    """The tables and views of the database, the first rows of each in `con`.

    Args:
        con: a database of its own, which receives one table a table.
        name: what the source is to be called.
        url: as the configuration is to have it: with `${NAME}` for what is secret.

    Raises:
        ConnectError: there is no such database or driver, or it has no tables.
    """
    from ingestion.databases.database import open_snapshot

    try:
        with open_snapshot(name, open_origin(name, url).value(url)) as snapshot:
            return _offer(con, snapshot, url)
    except SourceError as error:
        raise ConnectError(str(error).removeprefix(f"source {name}: ")) from None


def _offer(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, url: str) -> Offer:
    names: dict[str, str] = {}
    for table in snapshot.tables():
        name = ascii_name(table)
        while name in names.values():
            name += "_2"
        names[table] = name
    if not names:
        raise ConnectError("the database has no tables")
    offered = {table: _table(con, snapshot, table, names) for table in names}
    return Offer(
        "sql",
        {"url": url},
        [table for table in offered.values() if table is not None],
        [f"{name}: it has no columns" for name, table in offered.items() if table is None],
    )


def _table(
    con: duckdb.DuckDBPyConnection, snapshot: Snapshot, table: str, names: Mapping[str, str]
) -> OfferedTable | None:
    import sqlalchemy as sa

    columns = snapshot.columns(table)
    if not columns:
        return None
    schema, _, bare = table.rpartition(".")
    selected: list[Any] = [column.selected for column in columns]
    first: sa.Select[Any] = (
        sa.select(*selected)
        .select_from(sa.table(bare, schema=schema or None))
        .limit(SAMPLE_ROWS + 1)
    )
    relation = identifier(names[table])
    batches = snapshot.read(first, columns)
    try:
        batches.copy(con, relation, columns)
    except duckdb.Error:
        # DuckDB's words may quote a row.
        raise batches.failure or SourceError(f"{table}: its rows cannot be read") from None
    cut = con.execute(f"delete from {relation} where rowid >= {SAMPLE_ROWS}").fetchone()
    keys = snapshot.keys(table)
    return OfferedTable(
        names[table],
        relation,
        {column.name: column.kind for column in columns},
        bool(cut and cut[0]),
        {} if names[table] == table else {"table": table},
        key=tuple(keys.primary),
        references=tuple(
            (here, names[target], there) for here, target, there in keys.foreign if target in names
        ),
    )
