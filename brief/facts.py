"""Facts of a brief: rows of the queries in `queries/`, each cell with the place it comes from.

A query is a file with SQL for one published file. `$day` stands for the day of the brief,
`$language` for the language of its names, and `$horizon` for the days in which customers churn. Its
first line is a comment with its contents. A second comment, `-- key: …`, names the columns by which
its rows are distinguished; a query without it has one row at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

_KEY = "-- key:"


@dataclass(frozen=True)
class Query:
    """A named query: its contents in a sentence, its key columns, and its SQL without comments."""

    name: str
    title: str
    key: tuple[str, ...]
    sql: str

    def filled(self, day: date, language: str, horizon_days: int) -> str:
        """The SQL for a day, a language and a horizon, as DuckDB runs it."""
        # Literals, because a bound parameter makes DuckDB import pandas.
        return (
            self.sql.replace("$day", f"date '{day.isoformat()}'")
            .replace("$language", f"'{language}'")
            .replace("$horizon", str(horizon_days))
        )


@dataclass(frozen=True)
class Row:
    """A row of a query.

    Attributes:
        query: name of the query.
        key: values of its key columns, joined by a slash; empty for a query of one row.
        cells: value by column.
    """

    query: str
    key: str
    cells: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        """Value of a column."""
        return self.cells[column]

    def __getattr__(self, column: str) -> Any:
        """Value of a column, as templates and their filters read it."""
        try:
            return self.cells[column]
        except KeyError:
            raise AttributeError(column) from None


@dataclass(frozen=True)
class Facts:
    """The SQL of all queries for one day and one language, and their rows, by name."""

    sql: Mapping[str, str]
    rows: Mapping[str, list[Row]]

    def __getitem__(self, query: str) -> list[Row]:
        """Rows of a query."""
        return self.rows[query]

    def one(self, query: str) -> Row | None:
        """The first row of a query; None without rows."""
        return self.rows[query][0] if self.rows[query] else None

    def by_key(self, query: str) -> dict[str, Row]:
        """Rows of a query by their key."""
        return {row.key: row for row in self.rows[query]}


@cache
def queries() -> dict[str, Query]:
    """All queries by name."""
    folder = files("brief") / "queries"
    found = sorted(path.name for path in folder.iterdir() if path.name.endswith(".sql"))
    return {
        name.removesuffix(".sql"): _parsed(
            name.removesuffix(".sql"), (folder / name).read_text(encoding="utf-8")
        )
        for name in found
    }


def _parsed(name: str, text: str) -> Query:
    title, *lines = text.strip().splitlines()
    key: tuple[str, ...] = ()
    if lines[0].startswith(_KEY):
        key = tuple(column.strip() for column in lines.pop(0).removeprefix(_KEY).split(","))
    return Query(name, title.removeprefix("-- "), key, "\n".join(lines).strip())


def read_facts(
    con: duckdb.DuckDBPyConnection,
    day: date,
    language: str,
    horizon_days: int,
    known: Facts | None = None,
) -> Facts:
    """Run all queries.

    Args:
        con: the published file.
        day: day of the brief.
        language: language of names and sentences, one of the catalogues' (`en`, `zh`).
        horizon_days: days within which a customer churns.
        known: facts of the same file in another language; a query with the same SQL is not run
            again.
    """
    sql = {name: query.filled(day, language, horizon_days) for name, query in queries().items()}
    rows = {
        name: known.rows[name]
        if known is not None and known.sql[name] == sql[name]
        else list(_rows(con, query, sql[name]))
        for name, query in queries().items()
    }
    return Facts(sql, rows)


def _rows(con: duckdb.DuckDBPyConnection, query: Query, sql: str) -> Iterator[Row]:
    found = con.execute(sql)
    columns = [name for name, *_ in found.description]
    for values in found.fetchall():
        cells = dict(zip(columns, values, strict=True))
        yield Row(query.name, "/".join(str(cells[column]) for column in query.key), cells)
