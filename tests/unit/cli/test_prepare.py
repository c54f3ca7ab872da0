from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from cli.prepare import date_to_run
from deployment.config_file import ConfigError, load_config

DEMO = load_config(Path(__file__).parents[3] / "config" / "demo.yml")


def test_the_date_is_the_given_one_or_the_last_of_the_data() -> None:
    assert date_to_run(DEMO, datetime.fromisoformat("2026-06-29")) == date(2026, 6, 29)
    assert date_to_run(DEMO, None) == DEMO.last_date


@pytest.mark.parametrize("day", ["2024-06-30", "2026-07-01"])
def test_a_date_without_data_is_refused_with_the_range(day: str) -> None:
    with pytest.raises(ConfigError, match="data from 2024-07-01 to 2026-06-30"):
        date_to_run(DEMO, datetime.fromisoformat(day))
