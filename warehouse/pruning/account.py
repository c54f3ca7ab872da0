"""Removal of rows, and the account of them: `ops.removed_rows`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from warehouse.quoting import identifier


@dataclass(frozen=True)
class Removal:
    """Why rows are removed.

    Attributes:
        as_of: the day of the run.
        setting: of the section `keep`.
        before: the first day whose rows are kept; None where rows are removed for another reason.
    """

    as_of: date
    setting: str
    before: date | None = None

    def remove(self, con: duckdb.DuckDBPyConnection, table: str, condition: str) -> RemovedRows:
        """Delete the rows of a table that meet a condition, and note their number.

        Args:
            con: the warehouse, in a transaction.
            table: `schema.name`.
            condition: in SQL.
        """
        quoted = identifier(*table.split("."))
        return self.execute(con, table, f"delete from {quoted} where {condition}")

    def execute(self, con: duckdb.DuckDBPyConnection, table: str, statement: str) -> RemovedRows:
        """Execute a statement that removes something from a table, and note its number of rows."""
        ((rows,),) = con.execute(statement).fetchall()
        con.execute(
            "insert into ops.removed_rows values (?, ?, ?, ?, ?)",
            [self.as_of, self.setting, table, self.before, rows],
        )
        return RemovedRows(self.setting, table, rows)

    def is_done(self, con: duckdb.DuckDBPyConnection) -> bool:
        """True if the setting has removed everything before the day already."""
        done = removed_before(con, self.setting)
        return done is not None and self.before is not None and done >= self.before


@dataclass(frozen=True)
class RemovedRows:
    """Number of rows of a table that a setting of the section `keep` removed."""

    setting: str
    table: str
    rows: int


def removed_before(con: duckdb.DuckDBPyConnection, setting: str) -> date | None:
    """The day before which a setting has removed rows; None if it has removed none."""
    # A warehouse that an older release wrote lacks the account before its first run.
    if "ops.removed_rows" not in tables(con):
        return None
    row = con.execute(
        "select max(removed_before) from ops.removed_rows where setting = ?", [setting]
    ).fetchone()
    return row[0] if row else None


def tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """All tables, as `schema.name`, and views: a table of the lake is one."""
    rows = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " union all select schema_name || '.' || view_name from duckdb_views() where not internal"
    ).fetchall()
    return {label for (label,) in rows}
