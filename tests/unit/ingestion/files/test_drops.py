"""Files that match a pattern."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingestion.errors import SourceError
from ingestion.files.drops import find_drops
from tests.unit.ingestion.conftest import Shop


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


def test_a_date_in_another_form_is_pointed_out(shop: Shop) -> None:
    shop.deliver("orders_20260616.csv", "order_no,amount\n1,5\n")
    with pytest.raises(SourceError, match=r"written YYYY-MM-DD; there is orders_20260616\.csv"):
        shop.extract("2026-06-16")


def test_a_run_before_the_first_drop_says_when_the_drops_begin(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    with pytest.raises(SourceError, match="the earliest is of 2026-06-16: run that date"):
        shop.extract("2026-06-15")


def test_a_date_that_is_not_in_the_calendar_is_an_error(shop: Shop) -> None:
    shop.deliver("orders_2026-06-31.csv", "order_no,amount\n1,5\n")
    with pytest.raises(SourceError, match="2026-06-31 is not a day in the calendar"):
        shop.extract("2026-07-01")
