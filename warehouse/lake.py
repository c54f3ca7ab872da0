"""The lake: Parquet files of the tables that Spark builds, each behind a view of the working file.

A table is a list of files, and its view is that list. New files are written into a folder of their
own, and count from the transaction on that replaces the view. A killed build leaves files that no
view reads; the next build of the table deletes them. Building on Spark does not belong here.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.quoting import identifier, literal
from warehouse.transaction import transaction

# A file in the text of a view: schema, table, folder of the build, name.
_FILE = re.compile(r"'(?:[^']|'')*?/([^/']+/[^/']+/\d{6}/[^/']+\.parquet)'")
_VIEWS = """
select schema_name, view_name, sql from duckdb_views()
where not internal and database_name = current_database() and contains(sql, 'read_parquet(')
"""


@dataclass(frozen=True)
class Lake:
    """A folder of Parquet files, `<schema>/<table>/<build>/*.parquet` below `root`."""

    root: Path

    def files(self, con: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[Path] | None:
        """The files of a table in their order; None if the lake does not have the table."""
        return self._tables(con).get((schema, table))

    def new_folder(self, schema: str, table: str) -> Path:
        """The folder of the table's next build, which is not there yet."""
        folder = self.root / schema / table
        builds = [int(path.name) for path in folder.glob("[0-9]*")]
        return folder / f"{max(builds, default=0) + 1:06}"

    def view(self, files: Sequence[Path], columns: Mapping[str, str]) -> str:
        """The query of a table's view; a file without one of the columns has null in it.

        Args:
            files: at least one.
            columns: DuckDB type by name.
        """
        listed = ", ".join(literal(str(path)) for path in files)
        selected = ", ".join(
            f"cast({identifier(name)} as {kind}) as {identifier(name)}"
            for name, kind in columns.items()
        )
        return f"select {selected} from read_parquet([{listed}], union_by_name = true)"

    def sweep(self, con: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
        """Delete the files of a table that its view does not read."""
        read = set(self.files(con, schema, table) or ())
        for folder in (self.root / schema / table).glob("*"):
            files = set(folder.glob("*.parquet"))
            if not files & read:
                shutil.rmtree(folder)
            else:
                for path in files - read:
                    path.unlink()

    def follow(self, con: duckdb.DuckDBPyConnection) -> None:
        """Let each view read the files below `root`, also after the folder was moved or copied."""
        for _, _, sql in _views(con):
            moved = _FILE.sub(lambda found: literal(str(self.root / found[1])), sql)
            if moved != sql:
                con.execute(moved.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))

    def bring_back(self, con: duckdb.DuckDBPyConnection) -> list[str]:
        """Make every table of the lake a table of the working file again, and delete the lake.

        Returns:
            The tables by `schema.name`.
        """
        self.follow(con)
        found = sorted(self._tables(con))
        with transaction(con):
            for schema, name in found:
                view, copied = identifier(schema, name), identifier(schema, f"{name}__brought_back")
                con.execute(f"create table {copied} as from {view}")
                con.execute(f"drop view {view}")
                con.execute(f"alter table {copied} rename to {identifier(name)}")
        shutil.rmtree(self.root, ignore_errors=True)
        return [f"{schema}.{name}" for schema, name in found]

    def _tables(self, con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[Path]]:
        return {
            (schema, name): [self.root / path for path in paths]
            for schema, name, sql in _views(con)
            if (paths := _FILE.findall(sql))
        }


def _views(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    return con.execute(_VIEWS).fetchall()
