from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.level.hazard_ratio import LARGEST, log_ratio, rate_at, rate_slope


@given(
    planted=st.floats(-2, 2),
    centre=st.floats(0.1, 0.9),
    seed=st.integers(0, 5),
)
def test_a_planted_factor_is_found(planted: float, centre: float, seed: int) -> None:
    probabilities = np.random.default_rng(seed).beta(4 * centre, 4 * (1 - centre), 500)
    away = rate_at(np.clip(probabilities, 1e-6, 1 - 1e-6), planted)

    assert log_ratio(probabilities, away) == pytest.approx(planted, abs=1e-5)


def test_nobody_or_everybody_away_has_the_largest_factor() -> None:
    probabilities = np.full(10, 0.4)

    assert log_ratio(probabilities, 1.0) == -LARGEST
    assert log_ratio(probabilities, 0.0) == LARGEST


def test_the_slope_is_the_derivative() -> None:
    probabilities = np.array([0.1, 0.4, 0.9])
    step = 1e-6

    numeric = (rate_at(probabilities, 0.3 + step) - rate_at(probabilities, 0.3 - step)) / (2 * step)

    assert rate_slope(probabilities, 0.3) == pytest.approx(numeric, abs=1e-6)
