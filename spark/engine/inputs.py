"""Relations that a statement reads, as views of a Spark session.

Tables of the lake are read where they are. Other relations are written to Parquet for the one
build: of staging, only rows of loads that the model has not built yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from spark.engine.column_types import parquet_type, spark_type
from warehouse.lake import Lake
from warehouse.quoting import identifier, literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# dbt writes relations with three quoted names, and models name an alias by `as`.
_RELATION = re.compile(r'"(\w+)"\."(\w+)"\."(\w+)"(\s+as\b)?')
_STAGING = "staging"
_LOAD = "_load_id"


@dataclass(frozen=True)
class Relation:
    """A table or view of the working file."""

    schema: str
    name: str

    @property
    def quoted(self) -> str:
        """Qualified, quoted name in DuckDB."""
        return identifier(self.schema, self.name)

    @property
    def alias(self) -> str:
        """One name without a dot, as Spark's temporary views need."""
        return f"{self.schema}__{self.name}"

    def columns(self, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """DuckDB type by name."""
        return columns_of(con, f"from {self.quoted}")


def columns_of(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """DuckDB type of each column of a query, in order."""
    return {name: kind for name, kind, *_ in con.execute(f"describe {query}").fetchall()}


def with_plain_names(statement: str) -> tuple[str, set[Relation]]:
    """A compiled statement with one name for each relation, and the relations."""
    found = set()

    def plain(match: re.Match[str]) -> str:
        _, schema, name, has_alias = match.groups()
        relation = Relation(schema, name)
        found.add(relation)
        alias = has_alias or f" as {identifier(name)}"
        return f"{identifier(relation.alias)}{alias}"

    return _RELATION.sub(plain, statement), found


def newest_load(con: duckdb.DuckDBPyConnection, model: Relation, statement: str) -> int | None:
    """The last load that an incremental model has built, if its statement leaves out all up to it.

    Models read it as a literal (macro `newest_built`); without the filter all loads are needed.
    """
    (newest,) = con.execute(f"select max({_LOAD}) from {model.quoted}").fetchall()[0]
    return newest if re.search(rf"\b{_LOAD} > {newest}\b", statement) else None


class Inputs:
    """Relations of a build.

    Args:
        con: the working warehouse.
        lake: its lake.
        folder: an empty folder of the lake for what has to be written.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, lake: Lake, folder: Path) -> None:
        """Keep the places; nothing is written yet."""
        self._con = con
        self._lake = lake
        self._folder = folder

    def provide(self, session: SparkSession, relation: Relation, after: int | None) -> None:
        """Make a relation a temporary view of the session.

        Args:
            session: the session.
            relation: the table or view.
            after: staging rows of this and earlier loads are left out; None for all rows.
        """
        columns = relation.columns(self._con)
        files = self._lake.files(self._con, relation.schema, relation.name)
        if files is None:
            is_filtered = relation.schema == _STAGING and _LOAD in columns and after is not None
            files = [self.write(relation, columns, f"{_LOAD} > {after}" if is_filtered else "true")]
        read_files(session, files, columns).createOrReplaceTempView(relation.alias)

    def write(self, relation: Relation, columns: Mapping[str, str], condition: str) -> Path:
        """Write the rows of a relation to a file, and return its path."""
        path = self._folder / f"{relation.alias}.parquet"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        selected = ", ".join(
            f"cast({identifier(name)} as {parquet_type(kind)}) as {identifier(name)}"
            for name, kind in columns.items()
        )
        self._con.execute(
            f"copy (select {selected} from {relation.quoted} where {condition})"
            f" to {literal(str(path))} (format parquet, compression zstd)"
        )
        return path


@contextmanager
def empty_relations(
    con: duckdb.DuckDBPyConnection, relations: set[Relation]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own with an empty table for each relation, under its plain name."""
    with duckdb.connect() as empty:
        empty.execute("set TimeZone = 'UTC'")
        for relation in relations:
            columns = ", ".join(
                f"{identifier(name)} {kind}" for name, kind in relation.columns(con).items()
            )
            empty.execute(f"create table {identifier(relation.alias)} ({columns})")
        yield empty


def read_files(
    session: SparkSession, files: Sequence[Path], columns: Mapping[str, str]
) -> DataFrame:
    """The rows of Parquet files; a column that a file lacks is null."""
    schema = ", ".join(f"`{name}` {spark_type(kind)}" for name, kind in columns.items())
    return session.read.schema(schema).parquet(*map(address, files))


def address(path: Path) -> str:
    """A path as Spark takes it, whatever file system its cluster reads by default."""
    return f"file://{path}"
