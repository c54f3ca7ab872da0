from __future__ import annotations

import duckdb
import pytest

from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.forms.time_forms import (
    MICROSECONDS,
    MILLISECONDS,
    SECONDS,
    TimeForms,
    time_forms,
)
from tests.unit.ingestion.connect.conftest import Deliver, profile_of


def _forms(con: duckdb.DuckDBPyConnection, deliver: Deliver, *values: str) -> TimeForms:
    table = profile_of(con, deliver, n=[str(n) for n in range(len(values))], x=list(values))
    return time_forms(ColumnValues.of(con, table.table, "x"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-29", TimeForms(iso=1)),
        ("2026-03-29T02:30:00", TimeForms(iso=1, without_offset=1)),
        ("2026-03-29 02:30:00+02", TimeForms(iso=1, with_offset=1)),
        ("2026-04-01 10:00:00 +0200", TimeForms(iso=1, with_offset=1)),
        ("2026-03-29T00:30:00.123Z", TimeForms(iso=1, with_offset=1)),
        ("31/12/99", TimeForms(slashed=1, short_years=1, day_first=1)),
        ("12/31/2026 2:30 PM", TimeForms(slashed=1, without_offset=1, month_first=1)),
        ("1767225600", TimeForms(epochs=((SECONDS, 1),))),
        ("1767225600000", TimeForms(epochs=((MILLISECONDS, 1),))),
        ("1767225600000000", TimeForms(epochs=((MICROSECONDS, 1),))),
        ("46113", TimeForms(serials=1)),
        ("0", TimeForms(other=1)),
        ("0000-00-00 00:00:00", TimeForms(other=1)),
        ("NaN", TimeForms(other=1)),
        ("99999999999999999999", TimeForms(other=1)),
    ],
)
def test_each_time_has_one_form(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, value: str, expected: TimeForms
) -> None:
    assert _forms(con, deliver, value) == expected


def test_offsets_and_numbers_since_1970_need_no_time_zone(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    forms = _forms(con, deliver, "2026-03-29T00:30:00Z", "1767225600")
    assert (forms.known, forms.is_local) == (2, False)
    assert TimeForms(iso=2, with_offset=1).is_local
