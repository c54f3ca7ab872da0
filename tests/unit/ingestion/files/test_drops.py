"""Files that match a pattern."""

from datetime import date
from pathlib import Path

import pytest

from ingestion.files.drops import find_drops


@pytest.mark.parametrize(
    "pattern", ["orders_{date}.csv", "orders_{date}*", "*{date}*.csv", "**/orders_{date}.csv"]
)
def test_a_date_may_stand_beside_anything_else_in_a_name(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "orders_2026-06-30.csv").write_text("id\n1\n")
    drops = find_drops(tmp_path, pattern)
    assert [(drop.relative, drop.drop_date) for drop in drops] == [
        ("orders_2026-06-30.csv", date(2026, 6, 30))
    ]


def test_a_file_whose_name_only_resembles_the_pattern_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "orders_20260630.csv").write_text("id\n1\n")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "orders_2026-06-30.csv").write_text("id\n1\n")
    assert find_drops(tmp_path, "orders_{date}.csv") == []
