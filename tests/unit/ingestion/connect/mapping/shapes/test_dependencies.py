from __future__ import annotations

import pytest

from ingestion.connect.mapping.shapes.dependencies import DAY, TIME, Dependencies
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled


def test_dependencies_are_shares_of_values_with_one_value_of_another_column(
    profiled: Profiled,
) -> None:
    rows = [
        ("a", "x", "2025-01-01 10:00"),
        ("a", "x", "2025-01-01 11:00"),
        ("b", "x", "2025-01-02 10:00"),
        ("c", "x", "2025-01-02 11:00"),
        ("c", "y", "2025-01-03 10:00"),
        ("", "z", "2025-01-03 10:00"),
    ]
    profile = profiled(log=("p,q,t", rows))
    with Dependencies(profile.con, profile.tables["log"], ["p", "q"], "t") as found:
        assert found.distinct("p") == 3
        assert found.distinct("p", "q") == found.distinct("q", "p") == 4
        assert found.determined("p", "q") == pytest.approx(3 / 4)
        assert found.determined("p", DAY) == pytest.approx(3 / 4)
        assert found.determined("q", "q") == 1
        assert (found.runs("p"), found.runs("q")) == (3, 3)
        # Of five rows with a p none shares its moment and p, and two share the day.
        assert found.repeated_share("p", TIME) == 0
        assert found.repeated_share("p", DAY) == pytest.approx(2 / 5)
    left = profile.con.execute("select table_name from duckdb_tables() where temporary").fetchall()
    assert left == []
