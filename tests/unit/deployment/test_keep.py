"""Times for which data is kept: one that is too short for what later days need is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployment.config import Keep
from deployment.config_file import ConfigError, load_config
from tests.unit.deployment.configs import GOOD, write


def keeping(folder: Path, settings: str) -> Keep:
    """The section of a deployment with a horizon of 60 days."""
    return load_config(write(folder, f"{GOOD}keep: {settings}\n")).keep


def test_by_default_days_and_runs_are_removed_and_nothing_that_was_delivered(
    tmp_path: Path,
) -> None:
    assert keeping(tmp_path, "{}") == Keep(
        past_days=365, runs_days=90, raw_days=None, texts_days=None
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{past_days: 90}", r"keep.past_days: expected 91 or more.*found 90"),
        ("{runs_days: 13}", r"keep.runs_days: expected 14 or more.*found 13"),
        ("{texts_days: 364}", r"keep.texts_days: expected keep.past_days or more.*found 364"),
        ("{past_days: null, texts_days: 9999}", "keep.texts_days"),
    ],
)
def test_a_time_shorter_than_later_days_need_is_refused(
    tmp_path: Path, settings: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        keeping(tmp_path, settings)


def test_the_shortest_times_are_accepted(tmp_path: Path) -> None:
    assert keeping(tmp_path, "{past_days: 91, runs_days: 14, texts_days: 91, raw_days: 1}")
