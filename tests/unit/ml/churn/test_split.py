from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.churn.split import NotEnoughHistoryError, split_by_time, training_cutoffs
from ml.config import TrainingSettings

FIRST = date(2024, 7, 1)


@given(
    history=st.integers(200, 2_500),
    horizon=st.integers(7, 180),
    step=st.integers(1, 90),
    min_history=st.integers(0, 200),
)
def test_training_and_calibration_lie_a_horizon_before_the_holdout(
    history: int, horizon: int, step: int, min_history: int
) -> None:
    as_of = FIRST + timedelta(days=history)
    settings = TrainingSettings(horizon_days=horizon, step_days=step, min_history_days=min_history)
    try:
        cutoffs = training_cutoffs(as_of, FIRST, settings)
    except NotEnoughHistoryError:
        return
    split = split_by_time(cutoffs, horizon)
    gap = timedelta(days=horizon)

    assert split.holdout == as_of - gap
    assert split.calibration[-1] <= split.holdout - gap
    assert split.train[-1] < split.calibration[0]
    assert split.disjoint_customers or split.train[-1] <= split.calibration[0] - gap
    assert split.train[0] >= FIRST + timedelta(days=min_history)
    assert list(split.dates) == sorted(set(split.dates))
    assert set(split.dates) <= set(cutoffs)


@given(history=st.integers(0, 700), step=st.sampled_from([10, 30, 45]))
def test_the_history_that_the_message_asks_for_is_the_minimum(history: int, step: int) -> None:
    settings = TrainingSettings(step_days=step)
    steps_of_gap = -(-settings.horizon_days // step)
    needed = settings.min_history_days + (steps_of_gap + 1) * step + settings.horizon_days
    as_of = FIRST + timedelta(days=history)

    if history >= needed:
        assert training_cutoffs(as_of, FIRST, settings)
    else:
        with pytest.raises(NotEnoughHistoryError, match=f"{history} days .* needs {needed}"):
            training_cutoffs(as_of, FIRST, settings)


def test_cutoffs_step_back_from_the_last_matured_date() -> None:
    cutoffs = training_cutoffs(date(2025, 6, 30), FIRST, TrainingSettings())

    assert cutoffs[-1] == date(2025, 4, 1)
    assert {later - earlier for earlier, later in pairwise(cutoffs)} == {timedelta(days=30)}
    assert cutoffs[0] >= date(2024, 9, 29)


def test_a_very_long_history_is_cut_to_the_latest_cutoffs() -> None:
    cutoffs = training_cutoffs(date(2026, 6, 30), date(2010, 1, 1), TrainingSettings())

    assert len(cutoffs) == TrainingSettings().max_cutoffs
    assert cutoffs[-1] == date(2026, 4, 1)


def test_two_years_leave_a_gap_before_calibration_and_one_year_separates_customers() -> None:
    two_years = split_by_time(training_cutoffs(date(2026, 6, 30), FIRST, TrainingSettings()), 90)
    one_year = split_by_time(training_cutoffs(date(2025, 7, 1), FIRST, TrainingSettings()), 90)

    assert not two_years.disjoint_customers
    assert one_year.disjoint_customers


def test_one_cutoff_cannot_be_split_and_the_message_says_what_is_there() -> None:
    with pytest.raises(NotEnoughHistoryError, match="1 cutoff, of which 0 a horizon of 90 days"):
        split_by_time([date(2025, 1, 1)], 90)


def test_no_cutoff_at_all_gives_the_same_kind_of_error() -> None:
    with pytest.raises(NotEnoughHistoryError, match="0 cutoffs"):
        split_by_time([], 90)
