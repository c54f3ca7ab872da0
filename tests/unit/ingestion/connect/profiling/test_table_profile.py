from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from tests.unit.ingestion.connect.conftest import Deliver, profile_of, profiles_of


def test_counts_ranges_and_vocabularies_are_measured_on_every_row(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con,
        deliver,
        total=["1.5", "2.5", "", "x"] + ["9.0"] * 76,
        status=["open"] * 20 + ["paid"] * 60,
        code=[f"AB-{n}" for n in range(80)],
    )
    total, status, code = table.columns.values()
    assert (total.rows, total.nulls, total.unreadable, total.distinct) == (80, 1, 1, 4)
    assert (total.low, total.high) == (1.5, 9.0)
    assert status.words == {"paid": 60, "open": 20}
    assert code.shapes == ("aa-99", "aa-9")


def test_typed_times_keep_their_zone_and_numbers_named_as_times_are_times(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute("set timezone = 'UTC'")
    con.execute(
        "copy (select timestamptz '2026-01-02 10:00:00+00' as a, date '2026-01-03' as b,"
        f" 1767348000 + n as created_at from range(9) t (n)) to '{tmp_path / 't.parquet'}'"
    )
    columns = profiles_of(con, tmp_path)["t"].columns
    assert {name: (column.fits, column.has_zone) for name, column in columns.items()} == {
        "a": ("timestamp", True),
        "b": ("date", False),
        "created_at": ("timestamp", True),
    }
    assert columns["created_at"].first == datetime.fromisoformat("2026-01-02T10:00")
