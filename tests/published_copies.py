"""Comparison of the published file with its copies, row by row."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from adbc_driver_postgresql import dbapi

from warehouse.published.contents import Column, TableContents, read_contents
from warehouse.published.copies.postgres_types import postgres_type, sent_value
from warehouse.quoting import identifier


def differing_rows(
    published: Path, postgres_url: str | None = None, schema: str = "holdfast"
) -> dict[str, int]:
    """Rows of the PostgreSQL schema, by table, that differ from the file; those of Parquet without.

    The Parquet folder is `parquet` beside the file. Tables without a difference have 0.
    """
    with duckdb.connect() as con:
        con.execute(f"attach '{published}' as file (read_only)")
        contents = read_contents(con, "file")
        if postgres_url is None:
            folder = published.parent / "parquet" / "current"
            manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
            assert set(manifest["tables"]) == set(contents.rows)
            for table in contents.tables:
                path = folder / manifest["tables"][table.label]["file"]
                con.execute(f"create view {identifier(table.name)} as from '{path}'")
            return {table.label: _differing(con, table) for table in contents.tables}
        with dbapi.connect(postgres_url) as postgres, postgres.cursor() as cursor:
            cursor.execute(f"select count(*) from pg_tables where schemaname = '{schema}'")
            assert cursor.fetchone() == (len(contents.tables),)
            differing = {}
            for table in contents.tables:
                columns = ", ".join(_readable(column) for column in table.columns)
                cursor.execute(f"select {columns} from {identifier(schema, table.name)}")
                con.register(table.name, cursor.fetch_arrow_table())
                differing[table.label] = _differing(con, table, is_sent=True)
            return differing


def _readable(column: Column) -> str:
    """A column of PostgreSQL as DuckDB reads it through Arrow, which has no numeric and no json."""
    name = identifier(column.name)
    is_text = postgres_type(column).startswith(("numeric", "json"))
    return f"{name}::text as {name}" if is_text else name


def _differing(
    con: duckdb.DuckDBPyConnection, table: TableContents, *, is_sent: bool = False
) -> int:
    """Rows on one side only, with their number; a column is compared in the type of the file."""
    kept, copied = [], []
    for column in table.columns:
        name = identifier(column.name)
        kept.append(sent_value(column) if is_sent else name)
        kind = column.type
        if is_sent:
            sent_as = postgres_type(column)
            kind = {"json": "varchar", "text": "varchar"}.get(sent_as, kind)
            kind = sent_as if sent_as.startswith("numeric") else kind
        copied.append(f"{name}::{kind} as {name}")
    here = f"select {', '.join(kept)} from {identifier('file', table.schema, table.name)}"
    there = f"select {', '.join(copied)} from {identifier(table.name)}"
    row = con.execute(
        f"""
        select count(*) from (
            ({here} except all {there}) union all ({there} except all {here})
        )
        """
    ).fetchone()
    assert row is not None
    return int(row[0])
