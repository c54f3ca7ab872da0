from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from ml.churn.calibration import Calibrator
from ml.metrics.classification import brier, log_loss


def draw(rows: int, slope: float, shift: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Margins, and labels of which they are an overconfident or shifted account."""
    random = np.random.default_rng(seed)
    margins = random.normal(0, 2, rows).astype(np.float32)
    return margins, random.random(rows) < expit(slope * margins + shift)


@pytest.mark.parametrize(("rows", "method"), [(8, "none"), (600, "platt"), (20_000, "beta")])
def test_the_method_follows_the_number_of_customers(rows: int, method: str) -> None:
    assert Calibrator.fit(*draw(rows, 0.5, 0.3)).method == method


@pytest.mark.parametrize("rows", [600, 20_000])
def test_a_planted_distortion_is_corrected(rows: int) -> None:
    margins, labels = draw(rows, slope=0.5, shift=-0.7)
    later, later_labels = draw(20_000, slope=0.5, shift=-0.7, seed=2)

    calibrated = Calibrator.fit(margins, labels).apply(later)

    assert np.abs(calibrated - expit(0.5 * later - 0.7)).mean() < 0.03
    assert brier(later_labels, calibrated) < brier(later_labels, expit(later)) - 0.01


@given(
    rows=st.integers(30, 3_000),
    slope=st.floats(-1, 3),
    shift=st.floats(-2, 2),
    seed=st.integers(0, 10),
)
def test_calibration_never_increases_its_own_log_loss_and_keeps_the_order(
    rows: int, slope: float, shift: float, seed: int
) -> None:
    margins, labels = draw(rows, slope, shift, seed)
    calibrated = Calibrator.fit(margins, labels).apply(margins)

    assert log_loss(labels, calibrated) <= log_loss(labels, expit(margins.astype(float))) + 1e-9
    assert (np.diff(calibrated[np.argsort(margins)]) >= 0).all()


def test_calibrated_margins_hardly_change() -> None:
    margins, labels = draw(20_000, slope=1.0, shift=0.0)

    assert np.abs(Calibrator.fit(margins, labels).apply(margins) - expit(margins)).max() < 0.03


def test_a_calibrator_is_read_from_json_bit_by_bit() -> None:
    fitted = Calibrator.fit(*draw(5_000, 0.7, 0.1))

    assert Calibrator.from_json(fitted.to_json()) == fitted


def overconfident_top(rows: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Margins that are right up to log odds of 0; from there on every customer churns with 55 %."""
    random = np.random.default_rng(seed)
    margins = random.normal(-1, 1.2, rows).astype(np.float32)
    return margins, random.random(rows) < expit(np.minimum(margins, 0.2))


def test_few_customers_above_a_high_probability_do_not_assert_it() -> None:
    margins, labels = overconfident_top(3_000)
    later, later_labels = overconfident_top(200_000, seed=4)

    calibrated = Calibrator.fit(margins, labels).at_level(margins, labels).apply(later)

    top = later > 1.5
    assert expit(later[top].astype(float)).mean() > 0.85
    assert abs(calibrated[top].mean() - later_labels[top].mean()) < 0.1


def test_a_top_that_is_right_keeps_its_slope() -> None:
    margins, labels = draw(60_000, slope=1.0, shift=0.0)

    assert Calibrator.fit(margins, labels).top_slope > 0.9


def test_no_probability_exceeds_what_the_number_of_customers_can_tell() -> None:
    margins, labels = draw(5_000, slope=3.0, shift=0.0)
    calibrator = Calibrator.fit(margins, labels)

    sure = calibrator.apply(np.array([20.0, 60.0], dtype=np.float32), log_ratio=-3)

    assert sure[0] <= sure[1] < 1 - 1 / (2 * 500 + 2) + 1e-12


def test_a_lower_hazard_of_returning_raises_every_probability_and_keeps_the_order() -> None:
    margins, labels = draw(5_000, slope=1.0, shift=0.0)
    calibrator = Calibrator.fit(margins, labels)

    usual, raised = calibrator.apply(margins), calibrator.apply(margins, log_ratio=-0.5)

    assert (raised >= usual).all()
    assert (np.diff(raised[np.argsort(margins)]) >= 0).all()


def test_the_slope_of_later_rows_is_taken_over_and_their_level_is_not() -> None:
    first = Calibrator.fit(*draw(5_000, slope=0.6, shift=0.0))
    margins, labels = draw(20_000, slope=1.0, shift=-1.0, seed=2)

    later = first.at_slope(margins, labels)

    middle = np.array([-0.5, 0.5], dtype=np.float32)
    assert np.diff(logit(later.apply(middle)))[0] == pytest.approx(1.0, abs=0.1)
    assert later.c == first.c
    assert first.at_slope(margins[:5], labels[:5]) == first
