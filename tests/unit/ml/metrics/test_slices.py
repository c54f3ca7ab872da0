from __future__ import annotations

import numpy as np
import pytest

from ml.metrics.slices import ALL, by_slice, too_small, weak_groups


def planted_groups(
    seed: int = 1, customers: int = 6_000
) -> tuple[np.ndarray, np.ndarray, list[str | None]]:
    """A model that is right everywhere but for one group too sure and for one blind."""
    random = np.random.default_rng(seed)
    predicted = random.beta(2, 3, customers)
    group = random.choice(["fair", "overrated", "blind"], customers, p=[0.6, 0.2, 0.2])
    true = np.where(group == "overrated", predicted - 0.12, predicted)
    true = np.where(group == "blind", predicted.mean(), true).clip(0.01, 0.99)
    return random.random(customers) < true, predicted, group.tolist()


def test_weak_groups_are_the_planted_ones() -> None:
    labels, predicted, groups = planted_groups()
    table = by_slice(labels, predicted, {"segment": groups})

    sentences = weak_groups(table)

    assert len(sentences) == 2
    assert {sentence.split(" (")[0] for sentence in sentences} == {
        "segment overrated",
        "segment blind",
    }
    assert "churn is overpredicted" in next(s for s in sentences if "overrated" in s)
    assert "churned customers are ranked less well" in next(s for s in sentences if "blind" in s)


def test_a_calibrated_model_has_no_weak_group() -> None:
    random = np.random.default_rng(2)
    predicted = random.beta(2, 3, 5_000)
    groups = {"country": random.choice(["DE", "FR", "GB", "PL"], 5_000).tolist()}

    assert weak_groups(by_slice(random.random(5_000) < predicted, predicted, groups)) == []


def test_metrics_of_a_group_are_those_of_its_customers() -> None:
    labels = np.tile([True, False, False, False], 25)
    predicted = np.where(labels, 0.5, 0.3)

    table = by_slice(np.tile(labels, 2), np.tile(predicted, 2), {"plan": ["a"] * 100 + ["b"] * 100})

    everybody, first, second = table
    assert (everybody.dimension, everybody.customers) == (ALL, 200)
    assert (first.dimension, first.group, first.customers) == ("plan", "a", 100)
    assert first.figures == second.figures
    assert first.figures is not None
    assert first.figures.churn_rate == 0.25
    assert first.figures.mean_predicted == pytest.approx(0.35)
    assert first.figures.brier == pytest.approx(0.25 * 0.25 + 0.75 * 0.09)
    assert first.figures.roc_auc.estimate == 1
    gap = first.figures.calibration_gap
    half = 1.959964 * np.std(predicted - labels, ddof=1) / 10
    assert (gap.low, gap.estimate, gap.high) == pytest.approx((0.1 - half, 0.1, 0.1 + half))


def test_small_groups_are_named_and_not_evaluated() -> None:
    labels = np.zeros(400, bool)
    labels[:60] = labels[200:209] = labels[300:345] = True
    groups = ["large"] * 200 + ["few churned"] * 100 + ["few retained"] * 51 + ["few"] * 49
    predicted = np.full(400, 0.9)

    table = by_slice(labels, predicted, {"plan": groups})

    judged = {row.group: row.figures is not None for row in table}
    assert judged == {
        "all customers": True,
        "large": True,
        "few churned": False,
        "few retained": False,
        "few": False,
    }
    assert too_small(table) == {"plan": ["few churned", "few retained", "few"]}
    assert all("few" not in sentence for sentence in weak_groups(table))


def test_unknown_groups_are_a_group_of_their_own() -> None:
    labels = np.arange(120) % 3 == 0

    table = by_slice(labels, np.full(120, 1 / 3), {"country": [None] * 80 + ["DE"] * 40})

    assert [(row.group, row.customers) for row in table[1:]] == [("unknown", 80), ("DE", 40)]


def test_a_dimension_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="plan: expected a group for each of 3 customers, found 2"):
        by_slice(np.array([True, False, True]), np.full(3, 0.5), {"plan": ["a", "b"]})
