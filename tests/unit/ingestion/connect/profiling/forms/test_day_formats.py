from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.forms.day_formats import (
    day_formats,
    is_month_first,
    is_slashed,
    read_day,
)
from tests.unit.ingestion.connect.conftest import Deliver, profile_of
from warehouse.quoting import literal


@pytest.mark.parametrize(
    ("values", "formats", "is_unsure"),
    [
        (["03/04/26", "28/02/26", "03/04/2026"], {"%d/%m/%y", "%d/%m/%Y"}, False),
        (["01/31/2026", "02/01/2026"], {"%m/%d/%Y"}, False),
        (["03/04/2026", "05/06/2026"], {"%d/%m/%Y"}, True),
        (["1.2.2026 9:30", "13.2.2026 10:30"], {"%d.%m.%Y %H:%M"}, False),
        (["2026/04/01", "2026/04/02"], {"%Y/%m/%d"}, False),
        (["04/13/2026 2:30 PM", "04/14/2026 9:00 AM"], {"%m/%d/%Y %I:%M %p"}, False),
    ],
)
def test_formats_read_all_values_in_one_order_of_day_and_month(
    con: duckdb.DuckDBPyConnection,
    deliver: Deliver,
    values: list[str],
    formats: set[str],
    is_unsure: bool,
) -> None:
    table = profile_of(con, deliver, n=[str(n) for n in range(len(values))], x=values)
    found, unsure, fitting = day_formats(ColumnValues.of(con, table.table, "x"))
    assert (set(found), unsure, fitting) == (formats, is_unsure, len(values))


def test_26_is_not_the_year_26(con: duckdb.DuckDBPyConnection) -> None:
    sql = read_day(literal("03/04/26"), ("%d/%m/%Y", "%d/%m/%y"))
    assert con.execute(f"select {sql}").fetchone() == (datetime.fromisoformat("2026-04-03"),)
    sql = read_day(literal("03/04/26"), ("%d/%m/%Y",))
    assert con.execute(f"select {sql}").fetchone() == (None,)


def test_only_years_at_the_end_leave_the_order_open() -> None:
    assert is_slashed("%d.%m.%Y")
    assert not is_slashed("%Y/%m/%d")
    assert is_month_first("%m/%d/%y")
