from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xgboost as xgb

from ml.value.value_trees import Buyers, deviance, gamma_loss, rank_correlation


def buyers(expected: list[float], spent: list[float]) -> Buyers:
    ids = pa.table({"customer_id": [f"c{number % 2}" for number in range(len(spent))]})
    return Buyers(ids, np.array(expected), np.array(spent))


def test_the_loss_of_the_base_margin_is_that_of_xgboost() -> None:
    random = np.random.default_rng(1)
    margins, spent = random.normal(3, 1, 500), random.gamma(2, 20, 500)
    rows = xgb.DMatrix(np.zeros((500, 1)), label=spent, base_margin=margins)
    untrained = xgb.train({"objective": "reg:gamma", "eval_metric": "gamma-nloglik"}, rows, 0)

    measured = float(untrained.eval(rows).split(":")[1])
    assert gamma_loss(spent, margins) == pytest.approx(measured, rel=1e-5)


def test_the_level_is_the_ratio_of_sums_within_its_bound() -> None:
    assert buyers([10, 10], [30, 10]).level == 2
    assert buyers([1, 1], [30, 10]).level == 4
    assert buyers([10, 10], [30, 10]).times(2.0).level == 1


def test_buyers_are_counted_once_and_only_positive_revenue_has_a_gamma_density() -> None:
    both = buyers([1, 2], [3, -1]).and_also(buyers([5], [0.5]))

    assert (len(both), both.customers) == (3, 2)
    assert both.with_revenue().spent.tolist() == [3, 0.5]


def test_the_deviance_has_no_level_and_is_zero_for_proportional_predictions() -> None:
    spent = np.array([1.0, 2.0, 5.0])

    assert deviance(spent, 3 * spent) == pytest.approx(0)
    assert deviance(spent, np.ones(3)) == pytest.approx(deviance(spent, np.full(3, 7.0)))


def test_the_rank_correlation_of_equal_predictions_is_nan() -> None:
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3.0)))
    assert rank_correlation(np.arange(3.0), np.exp(np.arange(3.0))) == pytest.approx(1)
