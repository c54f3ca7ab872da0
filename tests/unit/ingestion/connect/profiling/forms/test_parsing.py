from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from ingestion.connect.profiling.forms.parsing import plain_digits, timestamp_sql
from ingestion.connect.profiling.forms.time_forms import (
    MICROSECONDS,
    MILLISECONDS,
    SECONDS,
    SERIALS,
)
from ingestion.connect.profiling.profile import DECIMAL, DECIMAL_COMMA, THOUSANDS
from warehouse.quoting import literal


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-03-01 12:30:00", (), "2026-03-01T12:30"),
        ("2026-04-01 10:00:00 +0200", (), "2026-04-01T08:00"),
        ("2026-04-01T10:00:00Z", (), "2026-04-01T10:00"),
        ("31/12/2025", ("%d/%m/%Y",), "2025-12-31"),
        ("31/12/99", ("%d/%m/%Y", "%d/%m/%y"), "1999-12-31"),
        ("1753770335", (SECONDS,), "2025-07-29T06:25:35"),
        ("1753770335000", (SECONDS, MILLISECONDS), "2025-07-29T06:25:35"),
        ("1753770335000000", (MICROSECONDS,), "2025-07-29T06:25:35"),
        ("46113", (SERIALS,), "2026-04-01"),
        ("soon", (), None),
        ("0000-00-00 00:00:00", (), None),
        ("31/31/2025", ("%d/%m/%Y",), None),
        ("99999999999999999999", (SECONDS, MILLISECONDS, MICROSECONDS), None),
        ("nan", (SECONDS,), None),
    ],
)
def test_times_are_read_by_format_or_as_iso_8601(
    con: duckdb.DuckDBPyConnection, text: str, formats: tuple[str, ...], expected: str | None
) -> None:
    (found,) = con.execute(f"select {timestamp_sql(literal(text), formats)}").fetchone() or ()
    assert found == (expected and datetime.fromisoformat(expected))


@pytest.mark.parametrize(
    ("text", "fits", "expected"),
    [
        ("1.234,50", DECIMAL_COMMA, "1234.50"),
        ("1,234.50", THOUSANDS, "1234.50"),
        ("1234.50", DECIMAL, "1234.50"),
    ],
)
def test_separators_of_thousands_are_dropped(
    con: duckdb.DuckDBPyConnection, text: str, fits: str, expected: str
) -> None:
    (found,) = con.execute(f"select {plain_digits(fits, literal(text))}").fetchone() or ()
    assert found == expected
