"""What a ranking is worth in money: the profit of offering the riskiest a reason to stay.

A contact costs `contact_cost`. A customer who would have left accepts the offer with a probability
that nobody knows beforehand, γ ~ Beta(`accept_alpha`, `accept_beta`); who accepts stays, is worth
`customer_value`, and uses the offer. A customer who would have stayed anyway takes the offer too.

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
    """EMPC: profit for each customer of the base, and the share of it to address."""

    per_customer: float
    fraction: float
    economics: RetentionEconomics


def empc(labels: Labels, probabilities: Scores, economics: RetentionEconomics) -> ExpectedProfit:
    """Expected maximum profit of a ranking, over all acceptance rates γ.

    For each γ the most profitable share of the base is addressed, riskiest first; the result is the
    mean over γ of that profit and of that share. The best thresholds lie on the convex hull of the
    ROC curve. There customers fall into blocks of one churn rate, which isotonic regression finds,
    and a block is addressed where γ exceeds the rate at which it pays for itself; from there on its
    profit is linear in γ, so the mean is a difference of incomplete beta functions.

    The thresholds are chosen on the customers judged, so it flatters a little; compare it between
    models on the same customers. Nobody is addressed, at a profit of zero, where that would cost
    more than it brings.

    Args:
        labels: who left, shape (customers,).
        probabilities: shape (customers,); only their order counts.
        economics: values and costs.
    """
    order = np.argsort(probabilities)
    return empc_sorted(labels[order], probabilities[order], economics)


def empc_sorted(
    labels: Labels, probabilities: Scores, economics: RetentionEconomics
) -> ExpectedProfit:
    """The same of customers who are already in ascending order of probability."""
    ranking = Ranking.of_sorted(labels, probabilities)
    rate, share = _hull_blocks(ranking)
    gained, lost = economics.customer_value - economics.offer_cost, economics.contact_cost
    wasted = economics.offer_cost + economics.contact_cost
    cost = rate * lost + (1 - rate) * wasted
    # A block without leavers never pays for itself.
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
    """Share of the base addressed, riskiest first, and profit per customer of the base.

    At the mean acceptance rate. Both have shape (points,).
    """
    addressed = np.linspace(0, 1, points)
    left = Ranking.of(labels, probabilities).left_above(addressed * len(labels)) / len(labels)
    kept = economics.accept_mean * (economics.customer_value - economics.offer_cost)
    wasted = economics.offer_cost + economics.contact_cost
    return addressed, left * (kept - economics.contact_cost) - (addressed - left) * wasted


def _hull_blocks(ranking: Ranking) -> tuple[Scores, Scores]:
    """Churn rate of each edge of the ROC curve's convex hull, and its share of the customers.

    The hull's edges are the level sets of the isotonic regression of outcomes on the order of
    scores (Fawcett, Niculescu-Mizil: PAV and the ROC convex hull, Machine Learning 68, 2007).
    """
    customers = np.diff(ranking.customers).astype(float)
    outcomes = np.diff(ranking.left) / customers
    edges = isotonic_regression(outcomes, weights=customers).blocks
    customers_to, left_to = ranking.customers[edges], ranking.left[edges]
    size = np.diff(customers_to)
    return np.diff(left_to) / size, size / ranking.customers[-1]
