"""Copy of the published tables into a schema of PostgreSQL, which is replaced by a rename.

One transaction makes a fresh schema with tables, rows, keys, comments and grants, renames the
schema of before to `<schema>_old_<oid>` and the fresh one to its name. Whatever is killed, the
database has the schema of before or the new one. A second transaction drops the schema of before,
and leaves it to the next copy while a session reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from adbc_driver_postgresql import dbapi

from deployment.engine.limits import EngineLimits
from deployment.publish import PostgresCopy
from deployment.secrets import SecretError, reveal
from warehouse.postgres_connection import ERRORS, connect, reason
from warehouse.published.contents import FileContents, TableContents
from warehouse.published.copies.copy_report import (
    FILE,
    CopyError,
    CopyReport,
    published_version,
)
from warehouse.published.copies.postgres_catalogue import (
    Schema,
    default_grants,
    dependent_views,
    find_schema,
    grants,
    old_schemas,
    other_objects,
)
from warehouse.published.copies.postgres_types import postgres_type, sent_value
from warehouse.quoting import identifier, literal

# A copy of a long history takes longer than a role's limits for its readers.
_SETTINGS = (
    "set local search_path = ''",
    "set local lock_timeout = '30s'",
    "set local statement_timeout = 0",
    "set local idle_in_transaction_session_timeout = 0",
)
# A reader of the schema of before must not be kept waiting behind the drop.
_DROP_PATIENCE = "set local lock_timeout = '2s'"
_NULLS_NOT_DISTINCT_SINCE = 150000
# A setting of the transaction, in which the server reports a failure that it has undone.
_FAILURE = "holdfast.failure"
_BATCH_ROWS = 100_000
_SHOWN_OBJECTS = 3


def copy_to_postgres(
    published_path: Path,
    settings: PostgresCopy,
    deployment: str,
    keys: Mapping[str, Sequence[str]],
    limits: EngineLimits | None = None,
) -> CopyReport:
    """Replace the schema with the tables of the published file.

    Grants on the schema, its tables and their columns, and the role's default privileges in it, are
    kept. Views of other schemas that read its tables are made again.

    Args:
        published_path: link to the published file.
        settings: address and schema.
        deployment: the deployment's short name; a schema of another deployment is not replaced.
        keys: columns of the key by `schema.table`; a table without an entry has none.
        limits: memory, threads and spill folder of the run; None leaves DuckDB's defaults.

    Raises:
        CopyError: nothing was replaced; the message has no value of a row and no secret.
    """
    with published_version(published_path, limits) as (con, contents, description):
        with _session(settings) as (connection, cursor):
            before = find_schema(cursor, settings.schema_name)
            refusal = before and _refusal(cursor, settings.schema_name, before, deployment)
            if refusal:
                raise CopyError(refusal)
            fresh = f"{settings.schema_name}_new"
            cursor.execute(f"create schema {identifier(fresh)}")
            if before:
                _execute(cursor, default_grants(cursor, before, fresh))
            for table in contents.tables:
                _fill(con, cursor, fresh, table, keys.get(table.label, ()))
            _execute(cursor, _comments(fresh, contents))
            if before:
                _execute(cursor, grants(cursor, before, fresh))
            comment = json.dumps({**description, "deployment": deployment}, ensure_ascii=False)
            warnings = _rename(cursor, settings.schema_name, fresh, before, comment)
            connection.commit()
        warnings += _drop_old(settings, deployment)
    return CopyReport(
        int(str(description["version"])), contents.as_of_date, contents.rows, tuple(warnings)
    )


def probe_postgres(settings: PostgresCopy, deployment: str) -> None:
    """Check that a copy could be written, without writing anything.

    Raises:
        CopyError: the server does not answer, the role may not create a schema, or the schema is
            not the deployment's.
    """
    with _session(settings) as (_, cursor):
        cursor.execute("select has_database_privilege(current_database(), 'create')")
        if cursor.fetchone() != (True,):
            raise CopyError(
                "the role may not create a schema in the database: grant create on database … to it"
            )
        schema = find_schema(cursor, settings.schema_name)
        refusal = schema and _refusal(cursor, settings.schema_name, schema, deployment)
        if refusal:
            raise CopyError(refusal)


@contextmanager
def _session(settings: PostgresCopy) -> Iterator[tuple[dbapi.Connection, dbapi.Cursor]]:
    """A transaction with the limits of a copy, the only one of its schema at a time.

    What is not committed is rolled back.
    """
    try:
        url = reveal(settings.url)
    except SecretError as error:
        raise CopyError(str(error)) from error
    try:
        with connect(url) as connection, connection.cursor() as cursor:
            for setting in _SETTINGS:
                cursor.execute(setting)
            cursor.execute(
                f"select pg_advisory_xact_lock(hashtext({literal(settings.schema_name)}))"
            )
            yield connection, cursor
    except ERRORS as error:
        raise CopyError(
            f"the schema {settings.schema_name} cannot be replaced ({reason(error, url)})"
        ) from error


def _refusal(cursor: dbapi.Cursor, name: str, schema: Schema, deployment: str) -> str | None:
    """The reason for which a schema must not be replaced; None if it may be."""
    if schema.description and schema.description["deployment"] != deployment:
        owner = schema.description["deployment"]
        return f"the schema {name} belongs to the deployment {owner}: set another schema_name"
    if others := other_objects(cursor, schema):
        shown = ", ".join(others[:_SHOWN_OBJECTS]) + (", …" if others[_SHOWN_OBJECTS:] else "")
        return (
            f"the schema {name} has objects of others, which a copy would take away ({shown}):"
            " move them to another schema, or set another schema_name"
        )
    if not schema.is_own:
        return f"the schema {name} belongs to another role: make the copy's role its owner"
    return None


def _fill(
    con: duckdb.DuckDBPyConnection,
    cursor: dbapi.Cursor,
    schema: str,
    table: TableContents,
    key: Sequence[str],
) -> None:
    """Make a table with its rows and its key."""
    name = identifier(schema, table.name)
    source = identifier(FILE, table.schema, table.name)
    columns = ", ".join(
        f"{identifier(column.name)} {postgres_type(column)}" for column in table.columns
    )
    cursor.execute(f"create table {name} ({columns})")
    if table.rows:
        values = ", ".join(sent_value(column) for column in table.columns)
        rows = con.execute(f"select {values} from {source}").to_arrow_reader(_BATCH_ROWS)
        cursor.adbc_ingest(table.name, rows, mode="append", db_schema_name=schema)
    if key:
        cursor.execute(f"alter table {name} add {_constraint(con, cursor, source, key)}")
    cursor.execute(f"analyze {name}")


def _constraint(
    con: duckdb.DuckDBPyConnection, cursor: dbapi.Cursor, source: str, key: Sequence[str]
) -> str:
    """A primary key; where a column of the key is null in some row, a unique constraint."""
    columns = ", ".join(identifier(name) for name in key)
    unknown = " or ".join(f"{identifier(name)} is null" for name in key)
    if con.execute(f"select 1 from {source} where {unknown} limit 1").fetchone() is None:
        return f"primary key ({columns})"
    cursor.execute("select current_setting('server_version_num')::integer")
    (version,) = cursor.fetchone() or (0,)
    nulls = " nulls not distinct" if version >= _NULLS_NOT_DISTINCT_SINCE else ""
    return f"unique{nulls} ({columns})"


def _comments(schema: str, contents: FileContents) -> list[str]:
    statements = []
    for table in contents.tables:
        name = identifier(schema, table.name)
        commented = [("table", name, table.comment)]
        commented += [
            ("column", f"{name}.{identifier(column.name)}", column.comment)
            for column in table.columns
        ]
        statements += [
            f"comment on {kind} {place} is {literal(comment)}"
            for kind, place, comment in commented
            if comment
        ]
    return statements


def _rename(
    cursor: dbapi.Cursor, name: str, fresh: str, before: Schema | None, comment: str
) -> list[str]:
    """Put the fresh schema in the place of the one before; return what could not follow."""
    views = dependent_views(cursor, before) if before else ()
    statements = [
        f"alter schema {identifier(fresh)} rename to {identifier(name)}",
        f"comment on schema {identifier(name)} is {literal(comment)}",
    ]
    if before:
        old = f"{_old_prefix(name)}{before.oid}"
        statements.insert(0, f"alter schema {identifier(name)} rename to {identifier(old)}")
    _execute(cursor, statements)
    warnings = []
    for view in views:
        failure = "it belongs to another role" if not view.is_own else None
        failure = failure or _tried(cursor, view.statement)
        if failure:
            warnings.append(
                f"the view {view.name} still reads the version before ({failure}):"
                " create it again as its owner"
            )
    return warnings


def _drop_old(settings: PostgresCopy, deployment: str) -> list[str]:
    """Drop the deployment's earlier schemas that nobody reads; return what is left of them."""
    warnings = []
    try:
        with _session(settings) as (connection, cursor):
            cursor.execute(_DROP_PATIENCE)
            for old, schema in old_schemas(cursor, _old_prefix(settings.schema_name)).items():
                if schema.description is None or schema.description["deployment"] != deployment:
                    continue
                tables = ", ".join(identifier(old, table) for table in schema.tables)
                failure = _tried(cursor, f"drop table {tables}", f"drop schema {identifier(old)}")
                if failure:
                    warnings.append(f"the schema {old} of an earlier version is left ({failure})")
            connection.commit()
    except CopyError as error:  # the new schema is in place all the same
        return [f"schemas of earlier versions are left: {error}"]
    return warnings


def _tried(cursor: dbapi.Cursor, *statements: str) -> str | None:
    """Execute statements; if one fails, undo them and return the reason.

    The server undoes them, because the driver cannot go on in a transaction with an error.
    """
    _execute(
        cursor,
        [
            *statements,
            f"""
            perform set_config('{_FAILURE}', '', true);
            exception when others then
            perform set_config('{_FAILURE}', format('SQLSTATE %s, %s', sqlstate, sqlerrm), true)
            """,
        ],
    )
    cursor.execute(f"select current_setting('{_FAILURE}')")
    (failure,) = cursor.fetchone() or ("",)
    return failure or None


def _old_prefix(name: str) -> str:
    return f"{name}_old_"


def _execute(cursor: dbapi.Cursor, statements: Sequence[str]) -> None:
    """Execute statements without results in one round trip."""
    if not statements:
        return
    body, quote = "; ".join(statements), "$body$"
    while quote in body:
        quote = f"{quote[:-1]}_$"
    cursor.execute(f"do {quote} begin {body}; end {quote}")
