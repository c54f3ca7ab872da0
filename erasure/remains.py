"""Search for what an erasure has left: texts of the person in tables and files of the home.

It finds mentions by others, such as an address that a colleague wrote into a ticket, which are the
others' rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from deployment.home import Home
from erasure.person import Person
from erasure.places import other_files
from erasure.queries import column, count, rows_of, text_columns
from erasure.rows import pattern
from warehouse.quoting import identifier, literal


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
    """Search the warehouse, and the files that are no tables."""
    found = {}
    (database,) = column(con, "select current_database()")
    wanted = literal(pattern(person.needles))
    for schema, name in rows_of(
        con,
        "select schema_name, table_name from duckdb_tables() where database_name = $database"
        " order by all",
        database=database,
    ):
        columns = text_columns(con, database, schema, name)
        if not columns or not person.needles:
            continue
        content = ", ".join(f"cast({identifier(each)} as varchar)" for each in columns)
        number = count(
            con,
            f"select count(*) from {identifier(schema, name)}"
            f" where regexp_matches(lower(concat_ws(chr(10), {content})), {wanted})",
        )
        if number:
            found[f"{schema}.{name}"] = number
    return Remains(found, other_files.find(home, person))
