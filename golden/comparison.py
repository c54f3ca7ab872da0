"""Comparison of two DuckDB files: tables, columns, types and rows, doubles to the last bit.

Two runs of one commit agree in every compared column (no clock, no random id), so all are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb

SIDES = {"base": "base", "working": "the working tree"}
MOST_EXAMPLES = 3

# Column types by column, by `schema.table`.
Tables = Mapping[str, Mapping[str, str]]


class ComparisonError(Exception):
    """There is nothing to compare, which must not pass for equality."""


class Comparison:
    """Two files, attached read-only as `base` and `working`.

    Args:
        base: the file of the base commit.
        working: the file of the working tree.
        schema: the only schema to compare; None compares all.
        reworded: columns left out of the comparison of rows: `schema.table.column`, or
            `schema.table.*` for all text columns of the table.

    Attributes:
        left_out: `schema.table.column` of each reworded column that a file has.
    """

    def __init__(
        self,
        base: Path,
        working: Path,
        *,
        schema: str | None = None,
        reworded: Collection[str] = (),
    ) -> None:
        """Attach both files."""
        self.left_out: set[str] = set()
        self._reworded = reworded
        self._where = f"{base.name}, {'all schemas' if schema is None else f'schema {schema}'}"
        self._con = duckdb.connect()
        self._con.execute("set enable_progress_bar = false")
        for side, path in zip(SIDES, (base, working), strict=True):
            self._con.execute(f"attach {_literal(str(path))} as {side} (read_only)")
        self._base, self._working = (self._tables(side, schema) for side in SIDES)

    def differences(self) -> dict[str, list[str]]:
        """Findings by `schema.table`, one sentence each; tables without any are absent.

        Raises:
            ComparisonError: neither file has a table to compare.
        """
        if not self._base and not self._working:
            raise ComparisonError(f"no table to compare in {self._where}")
        found = {}
        for table in sorted({*self._base, *self._working}):
            if table not in self._working:
                found[table] = [f"only in {SIDES['base']}"]
            elif table not in self._base:
                found[table] = [f"only in {SIDES['working']}"]
            elif findings := [*self._shape(table), *self._rows(table)]:
                found[table] = findings
        return found

    def close(self) -> None:
        """Detach both files."""
        self._con.close()

    def _shape(self, table: str) -> list[str]:
        base, working = self._base[table], self._working[table]
        one_sided = [
            f"column {column} only in {SIDES[side]}"
            for side, these, others in (("base", base, working), ("working", working, base))
            for column in these
            if column not in others
        ]
        shared = [column for column in base if column in working]
        retyped = [
            f"column {column}: {base[column]} in base, {working[column]} in the working tree"
            for column in shared
            if base[column] != working[column]
        ]
        moved = shared != [column for column in working if column in base]
        return [*one_sided, *retyped, *(["columns in another order"] if moved else [])]

    def _rows(self, table: str) -> list[str]:
        """Differences of the rows, over the columns that both sides have."""
        columns = [
            column
            for column in self._base[table]
            if column in self._working[table] and not self._is_left_out(table, column)
        ]
        if not columns:
            return []
        counts = []
        for side, other in (("base", "working"), ("working", "base")):
            self._con.execute(
                f"create or replace temp table only_{side} as"
                f" select {self._exact(table, columns)} from {side}.{_quoted(table)}"
                f" except all select {self._exact(table, columns)} from {other}.{_quoted(table)}"
            )
            counts.append(self._number(f"select count(*) from only_{side}"))
        if counts == [0, 0]:
            return []
        findings = [f"{counts[0]} rows only in base, {counts[1]} only in the working tree"]
        if key := self._key(table, columns):
            findings.extend(self._by_key(columns, key))
        return findings

    def _by_key(self, columns: list[str], key: list[str]) -> list[str]:
        """Count the differing rows by column, with examples of their keys."""
        on = " and ".join(f"b.{_name(each)} is not distinct from w.{_name(each)}" for each in key)
        others = [column for column in columns if column not in key]
        each = ", ".join(
            f"count(*) filter (where b.{_name(column)} is distinct from w.{_name(column)})"
            for column in others
        )
        joined = f"only_base as b inner join only_working as w on {on}"
        counts = self._con.execute(f"select count(*), {each or 0} from {joined}").fetchall()[0]
        differing = [
            f"{column} in {count}"
            for column, count in zip(others, counts[1:], strict=False)
            if count
        ]
        names, columns_of_key = ", ".join(map(_name, key)), ", ".join(key)
        examples = self._con.execute(
            f"select distinct concat_ws(', ', {names}) as example"
            f" from (select {names} from only_base union all select {names} from only_working)"
            f" order by example limit {MOST_EXAMPLES}"
        ).fetchall()
        found = [f"{counts[0]} rows with equal {columns_of_key} differ: {', '.join(differing)}"]
        named = f"{columns_of_key} for example: {'; '.join(example for (example,) in examples)}"
        return [*(found if counts[0] else []), named]

    def _key(self, table: str, columns: list[str]) -> list[str]:
        """The first columns that are unique on both sides, without those not needed for it."""
        candidates = [
            column
            for column in columns
            if not any(_is_inexact(types[table][column]) for types in (self._base, self._working))
        ]
        for length in range(1, len(candidates) + 1):
            if self._is_unique(table, candidates[:length]):
                key = candidates[:length]
                break
        else:
            return []
        for column in reversed(key[:-1]):
            fewer = [each for each in key if each != column]
            if self._is_unique(table, fewer):
                key = fewer
        return key

    def _is_unique(self, table: str, columns: list[str]) -> bool:
        names = ", ".join(map(_name, columns))
        return all(
            self._number(
                f"select count(*) - count(distinct row({names})) from {side}.{_quoted(table)}"
            )
            == 0
            for side in SIDES
        )

    def _is_left_out(self, table: str, column: str) -> bool:
        name, type_ = f"{table}.{column}", self._base[table][column]
        is_reworded = any(
            name == pattern or (fnmatchcase(name, pattern) and "VARCHAR" in type_)
            for pattern in self._reworded
        )
        if is_reworded:
            self.left_out.add(name)
        return is_reworded

    def _exact(self, table: str, columns: list[str]) -> str:
        """The columns, as text where `=` would not see the last bit, a zero's sign or the type."""
        return ", ".join(
            f"cast({_name(column)} as varchar) as {_name(column)}"
            if _is_inexact(base) or base != working
            else _name(column)
            for column in columns
            for base, working in [(self._base[table][column], self._working[table][column])]
        )

    def _tables(self, side: str, schema: str | None) -> Tables:
        rows = self._con.execute(
            """
            select schema_name || '.' || table_name, column_name, data_type
            from duckdb_columns()
            where database_name = ? and not internal and schema_name = coalesce(?, schema_name)
            order by column_index
            """,
            [side, schema],
        ).fetchall()
        tables: dict[str, dict[str, str]] = {}
        for table, column, type_ in rows:
            tables.setdefault(table, {})[column] = type_
        return tables

    def _number(self, sql: str) -> int:
        [(number,)] = self._con.execute(sql).fetchall()
        return int(number)


def _is_inexact(type_: str) -> bool:
    return "DOUBLE" in type_ or "FLOAT" in type_


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _quoted(table: str) -> str:
    return ".".join(map(_name, table.split(".", 1)))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
