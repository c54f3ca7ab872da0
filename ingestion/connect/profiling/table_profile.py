"""Profile of a table: every sampled row is read."""

from __future__ import annotations

import duckdb

from ingestion.connect.origins.catalog import CatalogTable
from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.parsing import timestamp_sql
from ingestion.connect.profiling.privacy import personal_data, shapes, shown_range, shown_words
from ingestion.connect.profiling.profile import TIMES, ColumnProfile, TableProfile
from ingestion.connect.profiling.value_types import value_type


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
        first, last = values.one(f"min({read}), max({read})")
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
    )
