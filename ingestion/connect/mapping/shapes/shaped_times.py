"""Times written as numbers in columns without the name of a time: 1704189876, 20240102."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.forms.parsing import COMPACT_DAY, timestamp_sql
from ingestion.connect.profiling.forms.time_forms import time_forms
from ingestion.connect.profiling.profile import (
    DATE,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    ColumnProfile,
    TableProfile,
)

_MIN_SHARE = 0.99
# A serial number of ten digits passes for seconds since 1970, but covers a short time.
_MIN_DAYS = 28
_COMPACT = r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"


def with_shaped_times(con: duckdb.DuckDBPyConnection, table: TableProfile) -> TableProfile:
    """Return a table without a time with its numbers that can be times, or the table itself."""
    if any(column.is_time for column in table.columns.values()) or not table.rows:
        return table
    columns = {name: _as_time(con, table, each) for name, each in table.columns.items()}
    return replace(table, columns=columns)


def _as_time(
    con: duckdb.DuckDBPyConnection, table: TableProfile, column: ColumnProfile
) -> ColumnProfile:
    if column.fits not in (INTEGER, DECIMAL, TEXT) or column.distinct < 2 or column.personal:
        return column
    values = ColumnValues.of(con, table.table, column.name)
    (days,) = values.counts([_COMPACT])
    if days >= _MIN_SHARE * values.count:
        return _dated(values, column, (COMPACT_DAY,), DATE)
    if column.fits == TEXT:
        return column
    forms = time_forms(values)
    for unit, count in forms.epochs:
        if count >= _MIN_SHARE * values.count:
            return replace(_dated(values, column, (unit,), TIMESTAMP), times=forms)
    return column


def _dated(
    values: ColumnValues, column: ColumnProfile, formats: tuple[str, ...], fits: str
) -> ColumnProfile:
    """Return the column as a time, or as it is where its values cover too short a time."""
    first, last = values.one(
        f"min({timestamp_sql('v', formats)}), max({timestamp_sql('v', formats)})"
    )
    if first is None or (last - first).days < _MIN_DAYS:
        return column
    return replace(
        column,
        fits=fits,
        formats=formats,
        first=first,
        last=last,
        low=None,
        high=None,
        # A number of an unknown name may still be a serial number, which a person has to see.
        is_guessed_time=True,
    )
