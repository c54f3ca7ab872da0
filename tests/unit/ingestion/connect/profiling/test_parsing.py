from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import duckdb
import pytest

from ingestion.connect.profiling.parsing import (
    MILLISECONDS,
    SECONDS,
    number_sql,
    timestamp_sql,
)
from tests.unit.ingestion.connect.conftest import Deliver, profile_of


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("1767348000", (SECONDS,)),
        ("1767348000000", (MILLISECONDS,)),
        ("2026-01-02 10:00", ()),
        ("02.01.2026 10:00", ("%d.%m.%Y", "%d.%m.%Y %H:%M")),
    ],
)
def test_texts_are_parsed_as_timestamps_and_others_are_null(
    con: duckdb.DuckDBPyConnection, text: str, formats: tuple[str, ...]
) -> None:
    sql = f"select {timestamp_sql('x', formats)} from (values ('{text}'), ('soon')) t (x)"
    assert con.execute(sql).fetchall() == [(datetime.fromisoformat("2026-01-02T10:00"),), (None,)]


def test_numbers_are_parsed_with_their_separators(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con, deliver, a=["1.234,50", "7,5"], b=["1,234.50", "7.5"], c=["1234.50", "7.5"]
    )
    for name, column in table.columns.items():
        sql = f"select {number_sql(column, name, 'decimal(18, 2)')} from {table.table.relation}"
        assert con.execute(sql).fetchall() == [(Decimal("1234.50"),), (Decimal("7.50"),)]
