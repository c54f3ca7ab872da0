from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as reference

from ml.metrics.ranking import Ranking, cumulative_gains, max_top_decile_lift, roc_auc
from tests.campaign import times
from tests.unit.ml.metrics.outcomes import Outcomes, outcomes


@settings(max_examples=times(40))
@given(outcomes())
def test_areas_agree_with_scikit_learn(drawn: Outcomes) -> None:
    labels, scores = drawn

    assert roc_auc(labels, scores) == pytest.approx(reference.roc_auc_score(labels, scores))
    assert Ranking.of(labels, scores).average_precision == pytest.approx(
        reference.average_precision_score(labels, scores)
    )


def test_the_lift_of_a_perfect_ranking_is_the_maximum() -> None:
    labels = np.arange(1_000) < 50

    assert Ranking.of(labels, np.where(labels, 0.9, 0.1)).top_decile_lift == pytest.approx(10)
    assert max_top_decile_lift(labels) == 10
    assert max_top_decile_lift(np.arange(1_000) < 400) == pytest.approx(2.5)


def test_equal_scores_have_a_lift_of_one_and_an_area_of_one_half() -> None:
    labels = np.arange(997) % 3 == 0

    assert Ranking.of(labels, np.full(997, 0.4)).top_decile_lift == pytest.approx(1)
    assert roc_auc(labels, np.full(997, 0.4)) == 0.5


def test_ranking_metrics_of_a_single_outcome_are_nan() -> None:
    ranking = Ranking.of(np.zeros(5, bool), np.linspace(0, 1, 5))

    assert np.isnan([ranking.roc_auc, ranking.average_precision, ranking.top_decile_lift]).all()
    assert np.isnan(roc_auc(np.zeros(0, bool), np.zeros(0)))
    assert np.isnan(max_top_decile_lift(np.zeros(5, bool)))


def test_cumulative_gains_start_at_zero_and_end_at_one() -> None:
    labels = np.arange(200) < 20
    addressed, found = cumulative_gains(labels, np.where(labels, 1.0, 0.0))

    assert (addressed[0], found[0], addressed[-1], found[-1]) == (0, 0, 1, 1)
    assert found[10] == pytest.approx(1)
