"""Profit metrics: the expected profit of a retention offer to the customers with the highest risk.

A contact costs `contact_cost`. A customer who would churn accepts the offer with an unknown
probability γ ~ Beta(`accept_alpha`, `accept_beta`); a customer who accepts is retained, is worth
`customer_value`, and costs `offer_cost`. A customer who would stay anyway accepts the offer too.

Verbraken, Verbeke, Baesens: A Novel Profit Maximizing Metric for Measuring Classification
Performance of Customer Churn Prediction Models, IEEE TKDE 25(5), 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import betaincc

from ml.economics import RetentionEconomics
from ml.metrics.ranking import Labels, Ranking, Scores


@dataclass(frozen=True)
class ExpectedProfit:
    """Expected maximum profit (EMPC) per customer, and the share of customers to address."""

    per_customer: float
    fraction: float
    economics: RetentionEconomics


def empc(labels: Labels, probabilities: Scores, economics: RetentionEconomics) -> ExpectedProfit:
    """Expected maximum profit of a ranking over all acceptance rates γ.

    For each γ the most profitable share of customers is addressed, in descending order of risk. The
    result is the mean over γ of that profit and of that share. The best thresholds lie on the
    convex hull of the ROC curve, whose edges are blocks of customers with one churn rate, found by
    isotonic regression. A block is addressed if γ exceeds its break-even rate. Above that rate its
    profit is linear in γ, so the mean is a difference of incomplete beta functions.

    The thresholds are chosen on the evaluated customers, which biases the profit upwards: compare
    it between models on the same customers. The profit is zero, and no customer is addressed, if
    every offer costs more than it brings.

    Args:
        labels: true for churned customers, shape (customers,).
        probabilities: shape (customers,); only their order counts.
        economics: values and costs.

    Returns:
        The profit per customer in the currency of the economics, and the share in [0, 1].
    """
    order = np.argsort(probabilities)
    return empc_sorted(labels[order], probabilities[order], economics)


def empc_sorted(
    labels: Labels, probabilities: Scores, economics: RetentionEconomics
) -> ExpectedProfit:
    """`empc` of customers already in ascending order of probability."""
    ranking = Ranking.of_sorted(labels, probabilities)
    rate, share = _hull_blocks(ranking)
    gained, lost = economics.customer_value - economics.offer_cost, economics.contact_cost
    wasted = economics.offer_cost + economics.contact_cost
    cost = rate * lost + (1 - rate) * wasted
    # A block without churned customers never breaks even.
    pays_from = np.divide(cost, rate * gained, out=np.ones_like(cost), where=rate > 0).clip(0, 1)
    alpha, beta = economics.accept_alpha, economics.accept_beta
    addressed = betaincc(alpha, beta, pays_from)
    accepted = economics.accept_mean * betaincc(alpha + 1, beta, pays_from)
    return ExpectedProfit(
        per_customer=float(share @ (rate * gained * accepted - cost * addressed)),
        fraction=float(share @ addressed),
        economics=economics,
    )


def profit_curve(
    labels: Labels, probabilities: Scores, economics: RetentionEconomics, points: int = 101
) -> tuple[Scores, Scores]:
    """Profit curve at the mean acceptance rate, two arrays of shape (points,).

    The share of customers addressed in descending order of risk, and the profit per customer.
    """
    addressed = np.linspace(0, 1, points)
    ranking = Ranking.of(labels, probabilities)
    churned = ranking.churned_above(addressed * len(labels)) / len(labels)
    kept = economics.accept_mean * (economics.customer_value - economics.offer_cost)
    wasted = economics.offer_cost + economics.contact_cost
    profit = churned * (kept - economics.contact_cost) - (addressed - churned) * wasted
    return addressed, profit


def _hull_blocks(ranking: Ranking) -> tuple[Scores, Scores]:
    """Churn rate and share of customers of each edge of the convex hull of the ROC curve.

    The hull's edges are the level sets of the isotonic regression of outcomes on the order of
    scores (Fawcett, Niculescu-Mizil: PAV and the ROC convex hull, Machine Learning 68, 2007).
    """
    customers = np.diff(ranking.customers).astype(float)
    outcomes = np.diff(ranking.churned) / customers
    edges = isotonic_regression(outcomes, weights=customers).blocks
    customers_to, churned_to = ranking.customers[edges], ranking.churned[edges]
    size = np.diff(customers_to)
    return np.diff(churned_to) / size, size / ranking.customers[-1]
