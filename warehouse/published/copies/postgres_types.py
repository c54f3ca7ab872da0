"""PostgreSQL's counterpart of a published column: its type, and the value that is sent to it.

Lists of plain values are arrays. Structs, maps and lists of such are `json`.
"""

from __future__ import annotations

import re

from warehouse.published.contents import Column
from warehouse.published.copies.copy_report import CopyError
from warehouse.quoting import identifier

_SAME = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "INTERVAL": "interval",
    "BLOB": "bytea",
}
# Integers that PostgreSQL has no type for, as decimals without a fraction.
_WIDE = ("UBIGINT", "HUGEINT", "UHUGEINT")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_NESTED = re.compile(r"(STRUCT|MAP|UNION)\(.*|.*\[\d*\]", re.DOTALL)
_AS_TEXT = re.compile(r"ENUM\(.*|UUID|JSON", re.DOTALL)


def postgres_type(column: Column) -> str:
    """The column's type in PostgreSQL.

    Raises:
        CopyError: it has none.
    """
    if column.type in _SAME:
        return _SAME[column.type]
    if decimal := _DECIMAL.fullmatch(column.type):
        return f"numeric({decimal[1]},{decimal[2]})"
    if column.type in _WIDE:
        return "numeric(38,0)"
    if column.type.removesuffix("[]") in _SAME:
        return f"{_SAME[column.type.removesuffix('[]')]}[]"
    if _NESTED.fullmatch(column.type) or column.type == "JSON":
        return "json"
    if _AS_TEXT.fullmatch(column.type):
        return "text"
    raise CopyError(f"the type {column.type} of {column.name} has no counterpart in PostgreSQL")


def sent_value(column: Column) -> str:
    """The SQL expression of DuckDB whose value is sent."""
    name = identifier(column.name)
    kind = postgres_type(column)
    if column.type in _WIDE:
        return f"cast({name} as decimal(38, 0)) as {name}"
    if kind == "json" and column.type != "JSON":
        return f"cast(to_json({name}) as varchar) as {name}"
    if kind in ("json", "text") and column.type != "VARCHAR":
        return f"cast({name} as varchar) as {name}"
    return name
