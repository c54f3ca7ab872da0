"""Level model: the hazard of returning on past dates, and its forecast for a day.

A churn model gives the mean of its training dates. The level of a day differs from it by the season
and by what has changed since. Both are log factors on the hazard of returning (`hazard_ratio`):

- the season is the log factor of the same weeks a year before;
- the recent level is the log factor that the open windows show: of the customers who were eligible
  one third and two thirds of the horizon ago, how many have returned so far. The share of the
  horizon's hazard that falls on its first days is estimated on the dates whose horizon has passed.
  A window's own season, the log factor of the same weeks a year before it, is taken off.

Each is shrunk by a weight. The weights were chosen on cutoffs of a shop before 2011, on CDNOW and
on the demo's first seed; DECISIONLOG.md has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from ml.level.hazard_ratio import log_ratio, rate_at, rate_slope

RECENT_WEIGHT = 0.6
SEASON_WEIGHT = 0.8
# One window alone is a noisier account of the recent level than two.
SINGLE_WINDOW_WEIGHT = 0.4
YEAR_DAYS = 365
# The same weeks of the year before: half a step of the cutoffs, and a day.
SEASON_DAYS = 16
# Ages of an open window at which the share of the hazard is estimated, in ninths of the horizon.
AGES = (2, 3, 4, 5, 6, 7)
NINTHS = 9
# Prior of the standard deviation of the log factor around its forecast, and the number of horizons
# that it weighs. 0.35 is the root mean square before a year of history on the same data.
PRIOR_SPREAD, PRIOR_HORIZONS = 0.25, 4.0
SPREAD_WITHOUT_SEASON = 0.35
NORMAL_95 = 1.959964


@dataclass(frozen=True)
class DateOutcomes:
    """Predictions and outcomes of one date whose horizon has passed.

    `probabilities` and `returned_after_days` have shape (customers,); the latter is NaN for churned
    customers.
    """

    day: date
    probabilities: NDArray[np.float64]
    returned_after_days: NDArray[np.float64]


@dataclass(frozen=True)
class DateEffect:
    """Log factors of one date: of its whole horizon, and of its first days up to each age."""

    day: date
    whole: float
    early: tuple[float, ...]


@dataclass(frozen=True)
class OpenWindow:
    """Customers who were eligible on an earlier date, and whether they are still away.

    `probabilities` are those of the whole horizon from that date, of shape (customers,), and
    `is_away` is true for customers who have not returned so far.
    """

    day: date
    probabilities: NDArray[np.float64]
    is_away: NDArray[np.bool_]


@dataclass(frozen=True)
class Level:
    """Forecast of the level of a day.

    Attributes:
        customers: number of eligible customers.
        model_rate: mean churn probability of the model, without the forecast of the level.
        expected_rate: mean churn probability that is published.
        low: lower end of the 95 % interval of the realised churn rate.
        high: upper end.
        log_ratio: log factor on the hazard of returning.
        recent: log factor that the open windows show, before its weight; None without a window.
        season: log factor of a year before, before its weight; None with less than a year.
        history_days: days from the first date that the model was fitted on.
    """

    customers: int
    model_rate: float
    expected_rate: float
    low: float
    high: float
    log_ratio: float
    recent: float | None
    season: float | None
    history_days: int


@dataclass(frozen=True)
class LevelModel:
    """Date effects of a training, from which the level of a day is forecast.

    Attributes:
        horizon_days: the churn horizon.
        first_date: first date that the model was fitted on.
        ages: ages of a window in days, ascending.
        log_shares: log of the share of the horizon's hazard up to each age.
        effects: log factors of each date whose horizon has passed, ascending.
        spread: standard deviation of the log factor around its forecast.
    """

    horizon_days: int
    first_date: date
    ages: tuple[int, ...]
    log_shares: tuple[float, ...]
    effects: tuple[DateEffect, ...]
    spread: float

    @classmethod
    def fit(
        cls, outcomes: Sequence[DateOutcomes], horizon_days: int, holdout_effect: float
    ) -> LevelModel:
        """Fit on all dates whose horizon has passed.

        Args:
            outcomes: one element a date, at least one.
            horizon_days: the churn horizon.
            holdout_effect: log factor of the holdout by the model that did not know its outcome.
        """
        ordered = sorted(outcomes, key=lambda each: each.day)
        ages = tuple(round(ninths * horizon_days / NINTHS) for ninths in AGES)
        whole = np.array([_log_ratio_until(each, horizon_days) for each in ordered])
        early = np.array([[_log_ratio_until(each, age) for age in ages] for each in ordered])
        log_shares = (early - whole[:, None]).mean(axis=0)
        effects = tuple(
            DateEffect(each.day, float(effect), tuple(float(value) for value in first))
            for each, effect, first in zip(ordered, whole, early - log_shares, strict=True)
        )
        return cls(
            horizon_days=horizon_days,
            first_date=ordered[0].day,
            ages=ages,
            log_shares=tuple(float(value) for value in log_shares),
            effects=effects,
            spread=_spread(effects, horizon_days, holdout_effect),
        )

    def forecast(
        self, day: date, probabilities: NDArray[np.float64], windows: Sequence[OpenWindow]
    ) -> Level:
        """The level of a day; the same whenever it is forecast from the same windows.

        Args:
            day: the day.
            probabilities: the model's churn probabilities of the day's eligible customers, of shape
                (customers,), not empty.
            windows: earlier dates with their customers as known on the day.
        """
        recent, season = self.recent_effect(day, windows), self.season_effect(day)
        weight = RECENT_WEIGHT if len(windows) > 1 else SINGLE_WINDOW_WEIGHT
        shift = weight * (recent or 0.0) + SEASON_WEIGHT * (season or 0.0)
        low, high = rate_interval(probabilities, shift, spread_of(self, season))
        return Level(
            customers=len(probabilities),
            model_rate=float(np.mean(probabilities)),
            expected_rate=rate_at(probabilities, shift),
            low=low,
            high=high,
            log_ratio=shift,
            recent=recent,
            season=season,
            history_days=(day - self.first_date).days,
        )

    def recent_effect(self, day: date, windows: Sequence[OpenWindow]) -> float | None:
        """Mean log factor of the open windows with customers, less their season; None without."""
        found = []
        for window in windows:
            if len(window.is_away):
                age = (day - window.day).days
                seen = log_ratio(window.probabilities, float(window.is_away.mean()))
                season = [self._at_age(past.early, age) for past in self._year_before(window.day)]
                found.append(seen - self._at_age(self.log_shares, age) - (_mean(season) or 0.0))
        return _mean(found)

    def season_effect(self, day: date) -> float | None:
        """Mean log factor of the dates a year before, give or take 16 days; None without any."""
        return _mean([past.whole for past in self._year_before(day)])

    def _year_before(self, day: date) -> list[DateEffect]:
        return [
            past for past in self.effects if abs((day - past.day).days - YEAR_DAYS) <= SEASON_DAYS
        ]

    def _at_age(self, values: tuple[float, ...], age_days: int) -> float:
        """A value of the ages, between those of the fit on the scale of the log age."""
        return float(np.interp(np.log(age_days), np.log(self.ages), values))

    def to_json(self) -> str:
        """The model as JSON text; floats keep every bit, dates are in ISO 8601."""
        return json.dumps(asdict(self), default=date.isoformat, indent=1)

    @classmethod
    def from_json(cls, text: str) -> LevelModel:
        """Read JSON text written by `to_json`."""
        stored = json.loads(text)
        return cls(
            horizon_days=stored["horizon_days"],
            first_date=date.fromisoformat(stored["first_date"]),
            ages=tuple(stored["ages"]),
            log_shares=tuple(stored["log_shares"]),
            effects=tuple(
                DateEffect(date.fromisoformat(one["day"]), one["whole"], tuple(one["early"]))
                for one in stored["effects"]
            ),
            spread=stored["spread"],
        )


def unforecast(
    day: date, probabilities: NDArray[np.float64], first_date: date, *, is_contractual: bool
) -> Level:
    """The model's own level, for contracts and for outcomes without the day of the return.

    The interval has the spread of a level without a season. For contracts it is one of the hazard
    of leaving, −ln(1 − p): a contract ends once, and few do.
    """
    rate = float(np.mean(probabilities))
    low, high = (
        leaving_interval(probabilities) if is_contractual else rate_interval(probabilities, 0.0)
    )
    return Level(
        customers=len(probabilities),
        model_rate=rate,
        expected_rate=rate,
        low=low,
        high=high,
        log_ratio=0.0,
        recent=None,
        season=None,
        history_days=(day - first_date).days,
    )


def spread_of(model: LevelModel | None, season: float | None) -> float:
    """Standard deviation of the log factor around its forecast; wider without a season."""
    if model is None:
        return SPREAD_WITHOUT_SEASON
    return model.spread if season is not None else max(model.spread, SPREAD_WITHOUT_SEASON)


def leaving_interval(probabilities: NDArray[np.float64]) -> tuple[float, float]:
    """Ends of the 95 % interval of the realised churn rate of contracts, as of `rate_interval`."""
    least_staying, most_staying = rate_interval(1 - probabilities, 0.0)
    return 1 - most_staying, 1 - least_staying


def rate_interval(
    probabilities: NDArray[np.float64], shift: float, spread: float = SPREAD_WITHOUT_SEASON
) -> tuple[float, float]:
    """Ends of the 95 % interval of the realised churn rate around a log factor.

    Args:
        probabilities: churn probabilities of shape (customers,), not empty.
        shift: log factor on the hazard of returning.
        spread: its standard deviation.
    """
    expected = rate_at(probabilities, shift)
    slope = abs(rate_slope(probabilities, shift)) or 1.0
    # The binomial error of the realised rate, on the scale of the log factor.
    error = sqrt(expected * (1 - expected) / len(probabilities)) / slope
    reach = NORMAL_95 * hypot(spread, error)
    return rate_at(probabilities, shift + reach), rate_at(probabilities, shift - reach)


def _log_ratio_until(outcomes: DateOutcomes, age_days: int) -> float:
    """Log factor at which the mean probability is the share who had not returned at an age."""
    after = outcomes.returned_after_days
    return log_ratio(outcomes.probabilities, float((np.isnan(after) | (after > age_days)).mean()))


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _spread(effects: Sequence[DateEffect], horizon_days: int, holdout: float) -> float:
    """Standard deviation with its prior; dates within one horizon count as one observation."""
    values = np.array([effect.whole for effect in effects])
    horizons = (effects[-1].day - effects[0].day).days / horizon_days + 1
    squares = horizons * float(np.mean(values**2)) + holdout**2
    weight = PRIOR_HORIZONS + horizons + 1
    return sqrt((PRIOR_HORIZONS * PRIOR_SPREAD**2 + squares) / weight)
