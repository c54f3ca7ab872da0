"""Functional dependencies between the columns of a table, measured on all of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import duckdb

from ingestion.connect.profiling.forms.parsing import timestamp_sql
from ingestion.connect.profiling.profile import TableProfile
from warehouse.quoting import identifier

# Names of the time and of its day among the columns.
TIME, DAY = "\x00time", "\x00day"
_ROWS = "holdfast_dependencies"


class Dependencies:
    """Distinct values of columns, and of combinations of columns, in rows that have them all.

    Values are hashed once, because the same columns are counted in many combinations. It is a
    context manager, whose end drops the hashed rows.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, table: TableProfile, columns: Sequence[str], time: str
    ) -> None:
        """Hash the columns of a table and read its time.

        Args:
            con: database with the table.
            table: the table.
            columns: columns of ids.
            time: the column with the time.
        """
        self._con = con
        self._counts: dict[tuple[str, ...], int] = {}
        self._names = {TIME: "time", DAY: "day"}
        self._names |= {name: f"id_{number}" for number, name in enumerate(columns)}
        hashed = "".join(
            f", case when nullif(trim({text}), '') is not null then hash(trim({text})) end"
            f" as {name}"
            for name, text in (
                (self._names[each], f"cast({identifier(each)} as varchar)") for each in columns
            )
        )
        con.execute(
            f"create or replace temp table {_ROWS} as"
            f" select time, cast(time as date) as day, * exclude (time) from ("
            f" select {time_sql(table, time)} as time{hashed} from {table.table.relation})"
        )

    def __enter__(self) -> Dependencies:
        """Return the dependencies themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop the hashed rows."""
        self._con.execute(f"drop table if exists {_ROWS}")

    def distinct(self, *columns: str) -> int:
        """Return the number of distinct combinations of values, each of them present."""
        key = tuple(sorted(columns))
        if key not in self._counts:
            names = ", ".join(self._names[name] for name in key)
            present = " and ".join(f"{self._names[name]} is not null" for name in key)
            row = self._con.execute(
                f"select count(*) from (select distinct {names} from {_ROWS} where {present})"
            ).fetchone()
            self._counts[key] = int(row[0]) if row else 0
        return self._counts[key]

    def determined(self, column: str, other: str) -> float:
        """Return the share of a column's values in its combinations with another; 1 if all one."""
        pairs = self.distinct(column, other)
        return self._having(column, other) / pairs if pairs else 0.0

    def _having(self, column: str, other: str) -> int:
        """Return the number of distinct values of a column in rows that have the other too."""
        row = self._con.execute(
            f"select count(distinct {self._names[column]}) from {_ROWS}"
            f" where {self._names[other]} is not null"
        ).fetchone()
        return int(row[0]) if row else 0

    def runs(self, column: str) -> int:
        """Return the number of runs of one value in the order of time.

        A week has one run, and a customer one for each visit between those of others.
        """
        name = self._names[column]
        row = self._con.execute(
            f"select count(*) filter (value is distinct from previous) from ("
            f"select {name} as value, lag({name}) over (order by time, {name}) as previous"
            f" from (select distinct time, {name} from {_ROWS}"
            f" where time is not null and {name} is not null))"
        ).fetchone()
        return int(row[0]) if row else 0

    def repeated_share(self, *columns: str) -> float:
        """Return the share of rows whose combination of values another row has too."""
        names = ", ".join(self._names[name] for name in columns)
        present = " and ".join(f"{self._names[name]} is not null" for name in columns)
        row = self._con.execute(
            f"select coalesce(sum(rows) filter (rows > 1) / sum(rows), 0) from ("
            f"select count(*) as rows from {_ROWS} where {present} group by {names})"
        ).fetchone()
        return float(row[0]) if row else 0.0


def time_sql(table: TableProfile, column: str) -> str:
    """Return SQL that reads a column as a timestamp, as a profile does."""
    known = table.columns[column]
    name = identifier(column)
    if not known.is_text and known.type.startswith(("TIMESTAMP", "DATE")):
        return f"try_cast({name} as timestamp)"
    return timestamp_sql(f"trim(cast({name} as varchar))", known.formats)
