from __future__ import annotations

import numpy as np
import pytest

from ml.uplift.qini import qini_area, qini_curve, uplift_by_decile


def test_the_area_is_that_between_the_curve_and_the_random_order() -> None:
    random = np.random.default_rng(1)
    scores, gains = random.normal(size=500), random.normal(0.1, 1, 500)

    curve = qini_curve(scores, gains)

    difference = curve["gain"].to_numpy() - curve["random_gain"].to_numpy()
    by_points = np.trapezoid(difference, curve["treated_share"].to_numpy())
    assert qini_area(scores, gains, np.arange(500)).estimate == pytest.approx(by_points, abs=1e-3)
    assert curve["gain"][100].as_py() == pytest.approx(gains.mean())
    assert curve["gain"][0].as_py() == 0


def test_the_area_of_a_uniform_effect_ranked_by_itself_is_known() -> None:
    # Effect τ uniform on 0 to 1 and known: Cov(τ, F(τ)) = Var(τ) = 1 / 12.
    effects = (np.arange(1_000) + 0.5) / 1_000

    found = qini_area(effects, effects, np.arange(1_000))

    assert found.estimate == pytest.approx(1 / 12, abs=1e-4)
    assert qini_area(-effects, effects, np.arange(1_000)).estimate == pytest.approx(
        -1 / 12, abs=1e-4
    )


def test_the_interval_covers_the_true_area() -> None:
    random = np.random.default_rng(2)
    # Score and effect have a correlation of 1: the area is that of a normal effect of deviation
    # .3, Cov(.3 Z, Φ(Z)) = .3 / (2 √π).
    truth = 0.3 / (2 * np.sqrt(np.pi))
    covered = []
    for _ in range(400):
        score = random.normal(size=300)
        found = qini_area(score, 0.3 * score + random.normal(0, 1, 300), np.arange(300))
        covered.append(found.low <= truth <= found.high)

    assert 0.92 <= np.mean(covered) <= 0.98


def test_a_score_without_information_excludes_a_random_order_in_one_of_forty_draws() -> None:
    random = np.random.default_rng(3)
    # Coarse scores have ties.
    adopted = [
        qini_area(np.round(random.normal(size=400)), random.normal(0.2, 2, 400), np.arange(400)).low
        > 0
        for _ in range(600)
    ]

    assert 0.005 <= np.mean(adopted) <= 0.045


def test_rows_of_one_customer_do_not_count_as_independent() -> None:
    random = np.random.default_rng(4)
    scores, gains = random.normal(size=200), random.normal(size=200)
    once = qini_area(scores, gains, np.arange(200))

    fourfold = qini_area(np.tile(scores, 4), np.tile(gains, 4), np.tile(np.arange(200), 4))

    assert fourfold.estimate == pytest.approx(once.estimate)
    assert fourfold.high - fourfold.low == pytest.approx(once.high - once.low, rel=1e-6)


def test_equal_scores_have_no_area_and_one_row_is_unknown() -> None:
    found = qini_area(np.ones(50), np.arange(50.0), np.arange(50))

    assert (found.estimate, found.low, found.high) == pytest.approx((0, 0, 0))
    assert np.isnan(qini_area(np.ones(1), np.ones(1), np.zeros(1, dtype=np.int64)).estimate)


def test_deciles_go_from_the_highest_score_down_and_have_intervals() -> None:
    random = np.random.default_rng(5)
    scores = random.permutation(1_000) / 1_000
    deciles = uplift_by_decile(scores, scores + random.normal(0, 0.1, 1_000)).to_pylist()

    assert [row["decile"] for row in deciles] == list(range(1, 11))
    assert {row["customers"] for row in deciles} == {100}
    assert deciles[0]["predicted_uplift"] == pytest.approx(0.9495)
    covered = [row["uplift_low"] < row["predicted_uplift"] < row["uplift_high"] for row in deciles]
    assert sum(covered) >= 8
    assert [row["uplift"] for row in deciles] == sorted(
        (row["uplift"] for row in deciles), reverse=True
    )


def test_few_rows_have_as_many_deciles_and_no_interval() -> None:
    deciles = uplift_by_decile(np.array([0.1, 0.3]), np.array([1.0, -1.0])).to_pylist()

    assert [(row["uplift"], row["uplift_low"]) for row in deciles] == [(-1.0, None), (1.0, None)]
