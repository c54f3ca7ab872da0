"""Spark's type for each type of DuckDB with single values, in statements and in files alike.

Lists, decimals, and types that only one of both has, do not belong here (`dialect/types.py`,
`engine/column_types.py`).
"""

from __future__ import annotations

# Whole numbers of 128 bits are decimals, which hold the 38 digits that the project uses.
WIDEST = "decimal(38,0)"
INTEGERS = {
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "int",
    "UINTEGER": "bigint",
    "UBIGINT": "decimal(20,0)",
    "HUGEINT": WIDEST,
}
OTHERS = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "float",
    "JSON": "string",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_ltz",
    "UUID": "string",
    "VARCHAR": "string",
}
