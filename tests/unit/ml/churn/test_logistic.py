from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ml.churn.logistic import fit_logistic


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    columns = np.column_stack([random.normal(size=(2_000, 2)), np.ones(2_000)])
    return columns, random.random(2_000) < 1 / (1 + np.exp(-(columns @ [1.0, -0.5, 0.3])))


def test_with_a_prior_at_zero_it_is_scikit_learn_s_ridge(
    drawn: tuple[np.ndarray, np.ndarray],
) -> None:
    columns, labels = drawn
    found = fit_logistic(columns, labels, np.zeros(3), np.full(3, 4.0))

    ridge = LogisticRegression(C=1 / 4, fit_intercept=False, tol=1e-10).fit(columns, labels)
    np.testing.assert_allclose(found, ridge.coef_[0], atol=1e-5)


def test_a_strong_prior_keeps_its_mean_and_a_weak_one_follows_the_data(
    drawn: tuple[np.ndarray, np.ndarray],
) -> None:
    columns, labels = drawn
    found = fit_logistic(columns, labels, np.array([2.0, 0.0, 0.0]), np.array([1e9, 1e-6, 1e-6]))

    assert found[0] == pytest.approx(2, abs=1e-4)
    assert found[1] < -0.3


def test_separated_outcomes_have_finite_coefficients() -> None:
    columns = np.column_stack([np.linspace(-1, 1, 50), np.ones(50)])

    assert np.isfinite(fit_logistic(columns, columns[:, 0] > 0, np.zeros(2), np.ones(2))).all()


def test_a_row_of_weight_two_counts_as_two_rows(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    columns, labels = drawn
    weights = np.where(np.arange(len(labels)) < 500, 2.0, 1.0)

    weighted = fit_logistic(columns, labels, np.zeros(3), np.full(3, 4.0), weights)

    doubled = np.r_[np.arange(len(labels)), np.arange(500)]
    repeated = fit_logistic(columns[doubled], labels[doubled], np.zeros(3), np.full(3, 4.0))
    np.testing.assert_allclose(weighted, repeated, atol=1e-6)
