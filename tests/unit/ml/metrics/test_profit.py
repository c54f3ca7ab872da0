from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from ml.economics import PAPER_ECONOMICS, RetentionEconomics
from ml.metrics.profit import empc, profit_curve
from tests.campaign import times

# Any acceptance rate as likely as any other, so that integrals are polynomials.
UNIFORM = RetentionEconomics(110, 10, 10, accept_alpha=1, accept_beta=1)


def integrated(
    labels: np.ndarray, scores: np.ndarray, economics: RetentionEconomics
) -> tuple[float, float]:
    """The definition: the best of all thresholds at each γ, integrated on a grid of midpoints."""
    thresholds = [np.inf, *np.unique(scores)]
    churned = np.array([(labels & (scores >= t)).mean() for t in thresholds])
    retained = np.array([(~labels & (scores >= t)).mean() for t in thresholds])

    gamma = (np.arange(20_000) + 0.5) / 20_000
    weight = beta.pdf(gamma, economics.accept_alpha, economics.accept_beta) / len(gamma)
    kept = gamma * (economics.customer_value - economics.offer_cost) - economics.contact_cost
    wasted = economics.offer_cost + economics.contact_cost
    profits = churned[:, None] * kept - retained[:, None] * wasted
    addressed = (churned + retained)[profits.argmax(axis=0)]
    return float(profits.max(axis=0) @ weight), float(addressed @ weight)


def test_four_customers_by_hand() -> None:
    labels, scores = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1])

    # The hull has three edges. The first quarter of customers all left: at γ it earns 100γ − 10
    # each, from γ = 0.1, in the mean 50 × 0.99 − 10 × 0.9 = 40.5. Of the next half every second
    # left: (100γ − 10) / 2 − 20 / 2 each, from γ = 0.3, in the mean 25 × 0.91 − 15 × 0.7 = 12.25.
    # The last quarter never pays.
    found = empc(labels, scores, UNIFORM)

    assert found.per_customer == pytest.approx(40.5 / 4 + 12.25 / 2)
    assert found.fraction == pytest.approx(0.9 / 4 + 0.7 / 2)


def test_a_value_published_elsewhere() -> None:
    # From the documentation of the Python package empulse, with the paper's default figures.
    labels = np.array([0, 1, 0, 1, 0, 1, 0, 1], bool)
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9])

    found = empc(labels, scores, PAPER_ECONOMICS)

    assert found.per_customer == pytest.approx(23.875593418348124)
    assert found.fraction == pytest.approx(0.8743700763487141)


@settings(max_examples=times(15), deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 10, 60]), st.sampled_from([0.5, 5, 30]))
def test_the_closed_form_is_the_integral(seed: int, offer_cost: int, contact_cost: float) -> None:
    random = np.random.default_rng(seed)
    labels = random.random(60) < 0.4
    scores = np.round(labels * 0.3 + random.random(60), 1)
    economics = RetentionEconomics(200, offer_cost, contact_cost)

    found = empc(labels, scores, economics)

    profit, share = integrated(labels, scores, economics)
    assert found.per_customer == pytest.approx(profit, abs=1e-5)
    # The best threshold jumps with γ, so the grid is less exact.
    assert found.fraction == pytest.approx(share, abs=0.001)


def test_a_perfect_ranking_has_the_greatest_profit() -> None:
    random = np.random.default_rng(2)
    labels = random.random(5_000) < 0.2
    perfect = empc(labels, labels.astype(float), PAPER_ECONOMICS)
    noisy = empc(labels, labels + random.normal(size=5_000), PAPER_ECONOMICS)
    nothing = empc(labels, np.full(5_000, 0.2), PAPER_ECONOMICS)

    # Churned customers pay from γ = 1 / 190 on, below which there is next to no γ of Beta(6, 14).
    assert perfect.per_customer == pytest.approx(labels.mean() * (0.3 * 190 - 1), rel=1e-6)
    assert perfect.fraction == pytest.approx(labels.mean(), rel=1e-6)
    assert perfect.per_customer > noisy.per_customer > nothing.per_customer > 0


def test_only_the_order_of_scores_counts() -> None:
    random = np.random.default_rng(3)
    labels, scores = random.random(500) < 0.3, random.random(500)

    assert empc(labels, scores, PAPER_ECONOMICS) == empc(labels, scores**3 / 7, PAPER_ECONOMICS)


def test_no_customer_is_addressed_if_offers_cost_more_than_they_bring() -> None:
    labels, scores = np.arange(100) < 10, np.full(100, 0.1)

    found = empc(labels, scores, RetentionEconomics(20, 15, 3))
    nobody_left = empc(np.zeros(100, bool), scores, PAPER_ECONOMICS)

    assert (found.per_customer, found.fraction) == (0, 0)
    assert (nobody_left.per_customer, nobody_left.fraction) == (0, 0)


def test_free_offers_go_to_all_customers_who_would_churn() -> None:
    labels, scores = np.arange(10) < 4, np.linspace(1, 0, 10)

    found = empc(labels, scores, RetentionEconomics(100, 0, 0, accept_alpha=1, accept_beta=1))

    assert found.per_customer == pytest.approx(0.4 * 100 / 2)
    assert found.fraction == pytest.approx(0.4)


def test_the_profit_curve_runs_from_no_customer_to_all() -> None:
    labels, scores = np.arange(100) < 30, np.linspace(1, 0, 100)

    addressed, profit = profit_curve(labels, scores, PAPER_ECONOMICS)

    assert (addressed[0], profit[0], addressed[-1]) == (0, 0, 1)
    assert profit[30] == pytest.approx(0.3 * (0.3 * 190 - 1))
    assert profit[-1] == pytest.approx(0.3 * (0.3 * 190 - 1) - 0.7 * 11)
    assert profit.argmax() == 30
