"""DuckDB types of columns: names, common types without loss, and values that do not fit."""

from __future__ import annotations

import re

import duckdb

from ingestion.errors import SourceError
from warehouse.quoting import identifier

# Digits of each type of whole numbers, and the types that a floating-point number holds exactly.
_DIGITS = {
    "TINYINT": 3, "UTINYINT": 3, "SMALLINT": 5, "USMALLINT": 5, "INTEGER": 10, "UINTEGER": 10,
    "BIGINT": 19, "UBIGINT": 20,
}  # fmt: skip
_EXACT_IN = {
    "FLOAT": {"TINYINT", "UTINYINT", "SMALLINT", "USMALLINT"},
    "DOUBLE": {"TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "FLOAT"},
}
_NUMBERS = {*_DIGITS, *_EXACT_IN, "HUGEINT", "UHUGEINT"}


def canonical_type(con: duckdb.DuckDBPyConnection, column: str, given: str) -> str:
    """DuckDB's name of a type in the configuration; `column` is its column's name in messages.

    Raises:
        SourceError: DuckDB has no such type.
    """
    try:
        row = con.cursor().execute(f"select typeof(null::{given})").fetchone()
    except duckdb.Error:
        raise SourceError(
            f"{column}: {given} is no type of DuckDB's: correct types in the configuration, as in"
            " BIGINT, DECIMAL(18, 2), TIMESTAMP or VARCHAR"
        ) from None
    return str(row[0]) if row else given


def common_type(con: duckdb.DuckDBPyConnection, one: str, other: str) -> str | None:
    """The type that holds all values of both types without loss, None without one."""
    try:
        row = (
            con.cursor()
            .execute(
                f"""
                with united as (select null::{one} as v union all select null::{other})

                select
                    any_value(typeof(v)),
                    bool_and(can_cast_implicitly(null::{one}, v)),
                    bool_and(can_cast_implicitly(null::{other}, v))
                from united
                """
            )
            .fetchone()
        )
    except duckdb.Error:  # there is no such union
        return None
    if not row or not row[1] or not row[2]:
        return None
    common = str(row[0])
    return common if _is_lossless(one, common) and _is_lossless(other, common) else None


def _is_lossless(kind: str, common: str) -> bool:
    """True if an implicit cast from a type to a common type changes no value."""
    if kind == common:
        return True
    if common in _EXACT_IN:
        return kind in _EXACT_IN[common]
    if common.startswith("DECIMAL"):
        whole, fraction = _decimal_digits(common)
        of_kind = _decimal_digits(kind)
        return of_kind[0] <= whole and of_kind[1] <= fraction
    # Times with and without a zone do not convert, and nanoseconds exclude years after 2262.
    return not (_has_zone(kind) != _has_zone(common) or common == "TIMESTAMP_NS")


def _decimal_digits(kind: str) -> tuple[int, int]:
    """Digits before and behind the decimal point."""
    match = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind)
    if match:
        width, scale = map(int, match.groups())
        return width - scale, scale
    return _DIGITS.get(kind, 39), 0


def _has_zone(kind: str) -> bool:
    return kind.endswith("WITH TIME ZONE")


def _is_number(kind: str) -> bool:
    return kind in _NUMBERS or kind.startswith("DECIMAL")


def not_castable(
    con: duckdb.DuckDBPyConnection, relation: str | None, column: str, kind: str, wanted: str
) -> int | None:
    """Number of values of a column that do not fit a type, None without a relation to read.

    A value that would be rounded or truncated does not fit, nor does a time with a zone fit a type
    without one.
    """
    if relation is None:
        return None
    value = identifier(column)
    cast = f"try_cast({value} as {wanted})"
    if kind == wanted:
        return 0
    if _has_zone(kind) != _has_zone(wanted) and {kind, wanted} != {"VARCHAR", wanted}:
        is_lost = "true"
    elif kind == "VARCHAR" and _is_number(wanted):
        is_lost = f"{cast}::double is distinct from try_cast({value} as double)"
    elif kind == "VARCHAR" and wanted == "DATE":
        is_lost = f"{cast}::timestamp is distinct from try_cast({value} as timestamp)"
    elif kind == "VARCHAR" or wanted == "VARCHAR":
        is_lost = "false"
    else:
        is_lost = f"try_cast({cast} as {kind}) is distinct from {value}"
    row = con.execute(
        f"""
        select count(*) from {relation}
        where {value} is not null and ({cast} is null or {is_lost})
        """
    ).fetchone()
    return int(row[0]) if row else 0
