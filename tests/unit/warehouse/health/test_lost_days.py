from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from deployment.home import Home
from tests.unit.warehouse.company import FIRST, Company
from warehouse.health.faults import FaultError
from warehouse.health.lost_days import lost_days, rebuild_command, require_history

DAYS = [FIRST + timedelta(days=number) for number in range(4)]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company with three published days, and the names of a home."""
    company = Company(tmp_path).create()
    company.run(0, 1, 2)
    company.publish()
    return company


@pytest.fixture
def home(company: Company) -> Home:
    return Home(company.folder)


def test_with_its_warehouse_a_home_has_lost_nothing(home: Home, company: Company) -> None:
    assert lost_days(home) == []
    assert require_history(home, DAYS[3:]) == []
    assert require_history(Home(home.root / "new"), DAYS[:1]) == []


@pytest.mark.parametrize("is_new", [False, True])
def test_a_lost_warehouse_stops_a_later_run_and_names_the_days_and_the_command(
    home: Home, company: Company, is_new: bool
) -> None:
    company.warehouse.path.unlink()
    if is_new:
        company.create()
    assert lost_days(home) == DAYS[:3]
    with pytest.raises(FaultError) as raised:
        require_history(home, DAYS[3:])
    message = str(raised.value)
    assert "3 days from 2026-06-01 to 2026-06-03" in message
    assert "holdfast backfill --from 2026-06-01 --to 2026-06-04" in message
    assert f"move {home.published.parent} away" in message


def test_the_rebuilding_runs_are_not_stopped(home: Home, company: Company) -> None:
    company.warehouse.path.unlink()
    assert require_history(home, DAYS) == []
    # One by one, oldest first: the days after it follow.
    assert require_history(home, DAYS[:1]) == DAYS[1:3]


def test_days_that_were_removed_because_of_their_age_are_not_lost(
    home: Home, company: Company
) -> None:
    company.execute(f"delete from ops.snapshot_dates where snapshot_date < '{DAYS[2]}'")
    assert lost_days(home) == DAYS[:2]
    company.execute(
        "insert into ops.removed_rows values"
        f" ('{DAYS[3]}', 'past_days', 'ops.snapshot_dates', '{DAYS[2]}', 2)"
    )
    assert lost_days(home) == []
    assert require_history(home, DAYS[3:]) == []


def test_a_warehouse_that_was_restored_too_old_lacks_the_last_days(
    home: Home, company: Company
) -> None:
    company.warehouse.path.unlink()
    company.create()
    company.run(0, 1)
    with pytest.raises(FaultError, match=r"lacks the day 2026-06-03 .*--from 2026-06-03"):
        require_history(home, DAYS[3:])
    assert require_history(home, DAYS[2:]) == []


def test_the_days_of_a_damaged_published_file_are_known(home: Home, company: Company) -> None:
    home.published.resolve().write_bytes(b"damaged")
    company.warehouse.path.unlink()
    assert lost_days(home) == DAYS[:3]


def test_the_command_runs_from_the_first_day_to_the_last() -> None:
    days = {date(2026, 6, 3), date(2026, 6, 1)}
    assert rebuild_command(days) == "holdfast backfill --from 2026-06-01 --to 2026-06-03"
