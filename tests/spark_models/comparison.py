"""One statement's rows in both engines."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from spark.dialect import types

# Digits that both must share: nine of a double, six of a float.
_DIGITS = {types.DOUBLE: 9, types.FLOAT: 6}


@dataclass(frozen=True)
class Difference:
    """Rows of each engine that the other lacks.

    Attributes:
        duckdb: rows that DuckDB alone has.
        spark: rows that Spark alone has.
        rows: rows of DuckDB.
        example: a row of each, for the report.
    """

    duckdb: int
    spark: int
    rows: int
    example: str

    @property
    def is_equal(self) -> bool:
        """Test whether both have the same rows."""
        return not self.duckdb and not self.spark


def compare(con: duckdb.DuckDBPyConnection, expected: str, actual: str) -> Difference:
    """Compare two queries as bags of rows, in the types of the first."""
    described = con.execute(f"describe {expected}").fetchall()
    columns = [(str(row[0]), str(row[1])) for row in described]
    con.execute(
        f"create or replace temp table _duckdb as select {_shown(columns)} from ({expected})"
    )
    con.execute(f"create or replace temp table _spark as select {_shown(columns)} from ({actual})")
    (rows,) = con.sql("select count(*) from _duckdb").fetchall()[0]
    sides = []
    for side, other in (("_duckdb", "_spark"), ("_spark", "_duckdb")):
        lacking = f"select * from {side} except all select * from {other}"
        (count,) = con.sql(f"select count(*) from ({lacking})").fetchall()[0]
        sides.append((count, con.sql(f"{lacking} order by all limit 1").fetchall()))
    example = ""
    if sides[0][1] and sides[1][1]:
        pairs = zip(columns, sides[0][1][0], sides[1][1][0], strict=True)
        example = ", ".join(f"{name}: {a} / {b}" for (name, _), a, b in pairs if a != b)
    return Difference(sides[0][0], sides[1][0], rows, example)


def _shown(columns: list[tuple[str, str]]) -> str:
    return ", ".join(_column(name, kind) for name, kind in columns)


def _column(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind in _DIGITS:
        # Adding 0 makes -0 a 0.
        return f"printf('%.{_DIGITS[kind]}g', {quoted}::{kind} + 0) as {quoted}"
    if kind.startswith(("JSON", "UUID")):
        return f"{quoted}::varchar as {quoted}"
    return f"{quoted}::{kind} as {quoted}"
