"""Catalog of a database: its tables and views, with the first rows of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import duckdb

from deployment.source_config.references import is_reference
from ingestion.connect.origins.catalog import Catalog, CatalogTable
from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.table_names import distinct_name, raw_table_name
from ingestion.errors import SourceError
from ingestion.opened_source import open_origin
from warehouse.quoting import identifier

if TYPE_CHECKING:
    from ingestion.databases.snapshot import Snapshot

# Enough for keys and vocabularies, within some seconds of one connection.
SAMPLE_ROWS = 200_000

_PASSWORD_KEYS = {"password", "passwd", "pwd", "sslpassword", "token", "access_token", "api_key"}


def refuse_literal_secret(name: str, url: str) -> None:
    """Refuse a URL with a password, which the configuration and the shell's history would keep.

    Raises:
        ConnectError: the URL has a password.
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
            f" {variable}, or into the file that HOLDFAST_SECRETS names, and give"
            f" --from '${{{variable}}}'"
        )


def database_catalog(con: duckdb.DuckDBPyConnection, name: str, url: str) -> Catalog:
    """Read the first rows of each table and view of a database into DuckDB.

    Args:
        con: an empty database, which receives the tables.
        name: the source's name.
        url: as in the configuration, with `${NAME}` for each secret.

    Raises:
        ConnectError: the database or its driver is missing, or the database has no tables.
    """
    from ingestion.databases.database import open_snapshot

    try:
        with open_snapshot(name, open_origin(name, url).value(url)) as snapshot:
            return _catalog(con, snapshot, url)
    except SourceError as error:
        raise ConnectError(str(error).removeprefix(f"source {name}: ")) from None


def _catalog(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, url: str) -> Catalog:
    names: dict[str, str] = {}
    for table in snapshot.tables():
        names[table] = distinct_name(raw_table_name(table), names.values())
    if not names:
        raise ConnectError("the database has no tables")
    found = {table: _table(con, snapshot, table, names) for table in names}
    return Catalog(
        "sql",
        {"url": url},
        [table for table in found.values() if table is not None],
        [f"{name}: it has no columns" for name, table in found.items() if table is None],
    )


def _table(
    con: duckdb.DuckDBPyConnection, snapshot: Snapshot, table: str, names: Mapping[str, str]
) -> CatalogTable | None:
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
        # DuckDB's message may quote a row.
        raise batches.failure or SourceError(f"{table}: its rows cannot be read") from None
    cut = con.execute(f"delete from {relation} where rowid >= {SAMPLE_ROWS}").fetchone()
    keys = snapshot.keys(table)
    return CatalogTable(
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
