"""Search for what an erasure has left: texts of the person in tables and files of the home.

It finds mentions by others, such as an address that a colleague wrote into a ticket, which are the
others' rows, and files that belong to no place.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from deployment.home import Home
from erasure.places import other_files
from erasure.search.person import Person
from erasure.search.queries import column, count, rows_of, text_columns
from erasure.search.rows import mentions
from warehouse.quoting import identifier, literal

_PUBLISHED = "published_file"


@dataclass(frozen=True)
class Remains:
    """Number of rows by table, and of places by file, that hold a text of the person."""

    tables: dict[str, int]
    files: dict[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """Both together."""
        return {**self.tables, **self.files}


def find_remains(con: duckdb.DuckDBPyConnection, home: Home, person: Person) -> Remains:
    """Search the tables of the warehouse and of the published file, and all other files."""
    (database,) = column(con, "select current_database()")
    tables = _in_tables(con, database, person)
    if home.published.exists():
        path = home.published.resolve()
        con.execute(f"attach {literal(str(path))} as {_PUBLISHED} (read_only)")
        found = _in_tables(con, _PUBLISHED, person)
        tables |= {f"published {label}": number for label, number in found.items()}
        con.execute(f"detach {_PUBLISHED}")
    files = other_files.find(home, person, is_everything=True) | _in_parquet(con, home, person)
    return Remains(tables, files)


def _in_tables(con: duckdb.DuckDBPyConnection, database: str, person: Person) -> dict[str, int]:
    found = {}
    for schema, name in rows_of(
        con,
        "select schema_name, table_name from duckdb_tables() where database_name = $database"
        " order by all",
        database=database,
    ):
        columns = text_columns(con, database, schema, name)
        number = _matches(con, identifier(database, schema, name), columns, person)
        if number:
            found[f"{schema}.{name}"] = number
    return found


def _in_parquet(con: duckdb.DuckDBPyConnection, home: Home, person: Person) -> dict[str, int]:
    """Rows of Parquet files, whose texts are compressed."""
    found = {}
    for path in sorted(home.root.rglob("*.parquet")):
        relation = f"read_parquet({literal(str(path))})"
        described = rows_of(con, f"describe from {relation}")
        columns = [name for name, kind, *_ in described if "VARCHAR" in kind]
        number = _matches(con, relation, columns, person)
        if number:
            found[path.relative_to(home.root).as_posix()] = number
    return found


def _matches(
    con: duckdb.DuckDBPyConnection, relation: str, columns: list[str], person: Person
) -> int:
    if not columns:
        return 0
    content = ", ".join(f"cast({identifier(each)} as varchar)" for each in columns)
    wanted = mentions(f"concat_ws(chr(10), {content})", person.needles)
    return count(con, f"select count(*) from {relation} where {wanted}")
