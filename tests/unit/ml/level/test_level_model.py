"""A company whose customers return at a planted pace, which the level model has to follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from math import exp

import numpy as np
import pytest

from ml.level.level_model import DateOutcomes, Level, LevelModel, OpenWindow, unforecast

HORIZON = 90
FIRST = date(2024, 1, 1)
CUSTOMERS = 20_000

# The factor on the hazard of returning on a date.
Pace = Callable[[date], float]


def returns(day: date, pace: Pace, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of staying away at a pace of 1, and days to the return at the planted pace."""
    random = np.random.default_rng(seed)
    probabilities = random.uniform(0.1, 0.9, CUSTOMERS)
    # A customer's cumulative hazard at the return is exponential; it grows by the day's pace.
    reached = random.exponential(size=CUSTOMERS)
    growth = np.cumsum([pace(day + timedelta(days=ahead)) / HORIZON for ahead in range(HORIZON)])
    days = np.searchsorted(growth, reached / -np.log(probabilities)) + 1.0
    return probabilities, np.where(days > HORIZON, np.nan, days)


def matured(day: date, pace: Pace) -> DateOutcomes:
    return DateOutcomes(day, *returns(day, pace, seed=day.toordinal()))


def window(day: date, as_of: date, pace: Pace) -> OpenWindow:
    probabilities, days = returns(day, pace, seed=day.toordinal())
    return OpenWindow(day, probabilities, ~(days <= (as_of - day).days))


def forecast(pace: Pace, as_of: date, dates: int) -> tuple[Level, float]:
    """The forecast of a day after a number of monthly dates, and the rate that is realised."""
    last = as_of - timedelta(days=HORIZON)
    past = [matured(last - timedelta(days=30 * back), pace) for back in range(dates)]
    model = LevelModel.fit(past, HORIZON, holdout_effect=0.0)
    windows = [window(as_of - timedelta(days=age), as_of, pace) for age in (60, 30)]
    probabilities, days = returns(as_of, pace, seed=1)
    return model.forecast(as_of, probabilities, windows), float(np.isnan(days).mean())


def test_an_unchanged_pace_keeps_the_level_of_the_model() -> None:
    level, realised = forecast(lambda day: 1.0, date(2025, 6, 1), dates=6)

    assert level.log_ratio == pytest.approx(0, abs=0.03)
    assert level.expected_rate == pytest.approx(level.model_rate, abs=0.01)
    assert level.low < realised < level.high


def test_a_pace_that_fell_since_the_training_raises_the_expected_rate() -> None:
    fell_on = date(2025, 3, 3)
    level, realised = forecast(
        lambda day: 1.0 if day < fell_on else exp(-0.6), date(2025, 6, 1), dates=6
    )

    assert level.recent == pytest.approx(-0.6, abs=0.1)
    assert level.model_rate < level.expected_rate
    assert abs(level.expected_rate - realised) < 0.7 * abs(level.model_rate - realised)
    assert level.low < realised < level.high


def test_a_season_of_the_year_before_is_expected_again() -> None:
    def pace(day: date) -> float:
        return exp(0.6) if day.month in (6, 7, 8) else 1.0

    level, realised = forecast(pace, date(2025, 6, 1), dates=12)

    assert level.season == pytest.approx(0.6, abs=0.1)
    assert abs(level.expected_rate - realised) < abs(level.model_rate - realised)


def test_less_than_a_year_of_history_has_no_season_and_a_wide_interval() -> None:
    short, _ = forecast(lambda day: 1.0, date(2025, 6, 1), dates=6)
    long, _ = forecast(lambda day: 1.0, date(2025, 6, 1), dates=12)

    assert short.season is None
    assert long.season is not None
    assert short.high - short.low > 1.2 * (long.high - long.low)


def test_a_stored_level_forecasts_the_same() -> None:
    model = LevelModel.fit([matured(FIRST, lambda day: 1.0)], HORIZON, holdout_effect=-0.2)

    assert LevelModel.from_json(model.to_json()) == model


@pytest.mark.parametrize("is_contractual", [False, True])
def test_without_a_level_model_the_rate_is_that_of_the_probabilities(is_contractual: bool) -> None:
    level = unforecast(date(2025, 1, 1), np.full(400, 0.3), FIRST, is_contractual=is_contractual)

    assert level.expected_rate == level.model_rate == pytest.approx(0.3)
    assert level.low < 0.3 < level.high
    assert level.history_days == 366


def test_few_ended_contracts_are_half_to_twice_as_many_and_not_a_tenth() -> None:
    level = unforecast(date(2025, 1, 1), np.full(9_000, 0.1), FIRST, is_contractual=True)

    assert 0.04 < level.low < 0.06
    assert 0.17 < level.high < 0.2
