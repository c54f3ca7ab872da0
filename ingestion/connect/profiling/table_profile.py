"""Profile of a table: every sampled row is read."""

from __future__ import annotations

from datetime import datetime

import duckdb

from ingestion.connect.origins.catalog import CatalogTable
from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.forms.parsing import timestamp_sql
from ingestion.connect.profiling.privacy import personal_data, shapes, shown_range, shown_words
from ingestion.connect.profiling.profile import TIMES, ColumnProfile, TableProfile
from ingestion.connect.profiling.value_types import value_type

# Years in which a shop can have been open.
_FIRST, _LAST = "timestamp '1900-01-01'", "timestamp '2200-01-01'"


def profile_table(con: duckdb.DuckDBPyConnection, table: CatalogTable) -> TableProfile:
    """Return the profile of a table that `con` holds."""
    row = con.execute(f"select count(*) from {table.relation}").fetchone()
    assert row is not None
    columns = {
        name: _column_profile(ColumnValues.of(con, table, name), kind, row[0])
        for name, kind in table.columns.items()
    }
    return TableProfile(table, row[0], columns)


def _column_profile(values: ColumnValues, kind: str, rows: int) -> ColumnProfile:
    found = value_type(values, kind)
    personal = personal_data(values, found.fits)
    first = last = low = high = None
    if found.fits in TIMES:
        read = "try_cast(typed as timestamp)"
        if not found.is_declared:
            read = timestamp_sql("v", found.formats)
        first, last = _range(values, read)
    if personal is None:
        low, high = shown_range(values, found.fits) or (None, None)
    return ColumnProfile(
        name=values.name,
        type=kind,
        fits=found.fits,
        formats=found.formats,
        is_day_first_unsure=found.is_day_first_unsure,
        has_zone=found.has_zone,
        rows=rows,
        nulls=rows - values.count,
        distinct=values.distinct,
        unreadable=values.count - found.fitting,
        first=first,
        last=last,
        low=low,
        high=high,
        mean_length=values.mean_length,
        personal=personal,
        words={} if personal else shown_words(values, found.fits),
        shapes=shapes(values, found.fits),
        times=found.times,
        numbers=found.numbers,
        ids=found.ids,
    )


def _range(values: ColumnValues, read: str) -> tuple[datetime | None, datetime | None]:
    """Return the earliest and the latest time; Python cannot represent every time of DuckDB."""
    row = values.con.execute(
        f"select min(t), max(t) from (select {read} as t from {values.sql})"
        f" where t between {_FIRST} and {_LAST}"
    ).fetchone()
    assert row is not None
    return row[0], row[1]
