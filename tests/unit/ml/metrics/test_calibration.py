from __future__ import annotations

import numpy as np
import pytest

from ml.metrics.calibration import calibration_curve, calibration_error
from ml.metrics.classification import brier, classification_metrics


def test_drawn_outcomes_are_calibrated_and_shifted_probabilities_are_not() -> None:
    random = np.random.default_rng(3)
    probabilities = random.beta(2, 3, 50_000)
    labels = random.random(50_000) < probabilities

    assert calibration_error(labels, probabilities) < 0.01
    assert calibration_error(labels, probabilities * 0.5 + 0.5) > 0.2
    predicted, observed, customers = calibration_curve(labels, probabilities)
    assert customers.tolist() == [5_000] * 10
    np.testing.assert_allclose(predicted, observed, atol=0.03)


def test_fewer_customers_than_bins_have_a_bin_each() -> None:
    predicted, observed, customers = calibration_curve(
        np.array([True, False, True]), np.array([0.9, 0.1, 0.6])
    )

    assert predicted.tolist() == [0.1, 0.6, 0.9]
    assert observed.tolist() == [0, 1, 1]
    assert customers.tolist() == [1, 1, 1]


def test_the_decomposition_of_three_tied_groups_is_that_by_hand() -> None:
    labels = np.array([True, False, False, False, True, False, True, True, True, True])
    predicted = np.array([0.2, 0.2, 0.2, 0.2, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9])

    # Ten bins of one customer each; tied customers count with their mean outcome. The churn rate is
    # 1/4 of four at 0.2, 1/2 of two at 0.5 and 1 of four at 0.9; 0.6 of all.
    parts = calibration_curve(labels, predicted).brier_decomposition()

    assert parts["reliability"] == pytest.approx((4 * 0.05**2 + 0 + 4 * 0.1**2) / 10)
    assert parts["resolution"] == pytest.approx((4 * 0.35**2 + 2 * 0.1**2 + 4 * 0.4**2) / 10)
    assert parts["uncertainty"] == pytest.approx(0.6 * 0.4)
    # Predictions are equal within each bin, so the parts add up to the Brier score itself.
    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert total == pytest.approx(brier(labels, predicted))


def test_the_decomposition_adds_up_to_the_brier_score_of_the_binned_forecast() -> None:
    random = np.random.default_rng(4)
    probabilities = random.permutation(random.beta(2, 3, 1_003))
    labels = random.random(1_003) < probabilities**1.5

    binned = np.empty(1_003)
    for part in np.array_split(np.argsort(probabilities), 10):
        binned[part] = probabilities[part].mean()
    found = classification_metrics(labels, probabilities)

    parts = found["brier_reliability"] - found["brier_resolution"] + found["brier_uncertainty"]
    assert parts == pytest.approx(brier(labels, binned))
    assert parts != pytest.approx(found["brier"], rel=1e-4)


def test_a_constant_prediction_has_no_resolution() -> None:
    labels = np.arange(1_000) % 4 == 0

    parts = calibration_curve(labels, np.full(1_000, 0.35)).brier_decomposition()

    assert parts["resolution"] == pytest.approx(0)
    assert parts["reliability"] == pytest.approx(0.01)
    assert calibration_error(labels, np.full(1_000, 0.35)) == pytest.approx(0.1)
