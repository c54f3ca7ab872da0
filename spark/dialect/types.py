"""DuckDB's types, by the names that `typeof` returns, and the types that stand for them in Spark.

A TIMESTAMP is Spark's TIMESTAMP_NTZ, and a TIMESTAMP WITH TIME ZONE is its TIMESTAMP_LTZ: what a
plain TIMESTAMP is depends on an option of the session. A HUGEINT is a DECIMAL(38,0). Spark has no
infinite times: its largest and smallest stand for them.
"""

from __future__ import annotations

import re

from spark.dialect.errors import UnsupportedConstructError
from spark.scalar_types import INTEGERS, OTHERS

UNKNOWN = ""
NULL = '"NULL"'
BOOLEAN = "BOOLEAN"
DATE = "DATE"
DOUBLE = "DOUBLE"
FLOAT = "FLOAT"
BIGINT = "BIGINT"
HUGEINT = "HUGEINT"
INTEGER = "INTEGER"
INTERVAL = "INTERVAL"
TIMESTAMP = "TIMESTAMP"
TIMESTAMPTZ = "TIMESTAMP WITH TIME ZONE"
VARCHAR = "VARCHAR"

INFINITE_DATE = "9999-12-31"
INFINITE_TIMESTAMP = "9999-12-31 23:59:59.999999"
PAST_DATE = "0001-01-01"
PAST_TIMESTAMP = "0001-01-01 00:00:00"

_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")


def spark_type(name: str) -> str:
    """The type of Spark that stands for a type of DuckDB.

    Raises:
        UnsupportedConstructError: none does.
    """
    if is_list(name):
        return f"array<{spark_type(element_type(name))}>"
    if is_decimal(name):
        width, scale = decimal_shape(name)
        return f"decimal({width},{scale})"
    found = "void" if name == NULL else INTEGERS.get(name) or OTHERS.get(name)
    if found is None:
        raise UnsupportedConstructError(f"the type {name}", "no type of Spark stands for it")
    return found


def is_integer(name: str) -> bool:
    """Test whether the type is a whole number of any width."""
    return name in INTEGERS


def is_wide_integer(name: str) -> bool:
    """Test whether the whole numbers of the type exceed 64 bits."""
    return name in (HUGEINT, "UBIGINT")


def is_float(name: str) -> bool:
    """Test whether the type is binary floating point."""
    return name in (FLOAT, DOUBLE)


def is_decimal(name: str) -> bool:
    """Test whether the type is a decimal."""
    return _DECIMAL.fullmatch(name) is not None


def is_number(name: str) -> bool:
    """Test whether the type is a number."""
    return is_integer(name) or is_float(name) or is_decimal(name)


def is_text(name: str) -> bool:
    """Test whether the values are texts."""
    return name in (VARCHAR, "JSON", "UUID")


def is_time(name: str) -> bool:
    """Test whether the type is a timestamp, with or without a time zone."""
    return name in (TIMESTAMP, TIMESTAMPTZ)


def is_list(name: str) -> bool:
    """Test whether the type is a list or an array."""
    return name.endswith("]")


def is_structure(name: str) -> bool:
    """Test whether the values are rows with named fields."""
    return name.startswith("STRUCT") and name.endswith(")")


def element_type(name: str) -> str:
    """The type of a list's elements."""
    return name[: name.rindex("[")]


def decimal_shape(name: str) -> tuple[int, int]:
    """Digits of a decimal type, and those after the point."""
    found = _DECIMAL.fullmatch(name)
    if found is None:
        raise ValueError(f"no decimal: {name}")
    return int(found[1]), int(found[2])
