"""Simulate customers from the models and require that their revenue is predicted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml.churn.model import VALUE_TREES_FILE, ChurnModel, LoadedModel
from ml.churn.score import score
from ml.churn.split import Parts, Split
from ml.config import TrainingSettings
from ml.purchases.purchase_model import PurchaseModel
from ml.training.model_fitting import fit_base_rate
from ml.value.customer_value import ValueResult, fit_value
from ml.value.value_trees import LEAST_GAIN

HORIZON = 90
SETTINGS = TrainingSettings()
DAYS = [date(2025, 6, 1), date(2025, 9, 1), date(2026, 1, 1)]
SPLIT = Split(tuple(DAYS[:1]), tuple(DAYS[1:2]), DAYS[2], disjoint_customers=False)


def customers(upgrade: float = 1.0, size: int = 16_000) -> pa.Table:
    """Customers who never leave: what they bought so far and within the next 90 days.

    No column shows an upgrade just made, which multiplies later spending.
    """
    random = np.random.default_rng(3)
    age = random.uniform(120, 600, size)
    rate, worth = random.gamma(1.2, 1 / 40, size), random.gamma(6, 8, size)
    repeats, later = random.poisson(rate * age), random.poisson(rate * HORIZON)
    last = np.where(repeats > 0, age * random.beta(np.maximum(repeats, 1), 1), 0)
    days = repeats + 1
    spent = random.gamma(4 * days, worth / 4)
    upgraded = random.random(size) < 0.3
    then = np.where(later > 0, random.gamma(np.maximum(4 * later, 1), worth / 4), np.nan)
    then *= np.where(upgraded, upgrade, 1.0)
    return pa.table(
        {
            "customer_id": [f"c{number:05d}" for number in range(size)],
            "snapshot_date": pa.repeat(pa.scalar(DAYS[2]), size),
            "purchase_days_lifetime": days,
            "valued_days_lifetime": days,
            "days_since_first_order": np.round(age).astype(int),
            "days_since_last_order": np.round(age - last).astype(int),
            "net_revenue_lifetime": spent,
            "plan": np.where(upgraded, "plus", "basic"),
            "noise": random.normal(size=size),
            "churned": later == 0,
            "next_net_revenue": pa.array(then, from_pandas=True),
        }
    )


def divided(table: pa.Table) -> Parts:
    """Half to train on, a quarter to choose on, a quarter to judge on: other customers in each."""
    half, quarter = len(table) // 2, len(table) // 4
    return Parts(table.slice(0, half), table.slice(half, quarter), table.slice(half + quarter))


def churn_model(parts: Parts) -> ChurnModel:
    return fit_base_rate(parts, SPLIT, SETTINGS, DAYS[2], "of no matter here").model


def judged(table: pa.Table) -> ValueResult:
    parts = divided(table)
    purchase_model = PurchaseModel.fit(parts.train, HORIZON)
    found = fit_value(parts.train, parts, purchase_model, churn_model(parts), SETTINGS)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def plain() -> pa.Table:
    return customers()


@pytest.fixture(scope="module")
def upgraded() -> pa.Table:
    return customers(upgrade=2.5)


@pytest.fixture(scope="module")
def by_formula(plain: pa.Table) -> ValueResult:
    return judged(plain)


@pytest.fixture(scope="module")
def by_trees(upgraded: pa.Table) -> ValueResult:
    return judged(upgraded)


@pytest.fixture(scope="module")
def with_trees(upgraded: pa.Table, by_trees: ValueResult) -> ChurnModel:
    return replace(churn_model(divided(upgraded)), value_trees=by_trees.trees)


def test_the_formula_predicts_net_revenue_in_total_and_by_decile(by_formula: ValueResult) -> None:
    assert by_formula.formula.total_ratio == pytest.approx(1, abs=0.06)
    assert by_formula.formula.rank_correlation > 0.5
    np.testing.assert_allclose(by_formula.formula.predicted, by_formula.formula.actual, rtol=0.25)


def test_if_the_formula_is_the_truth_it_is_chosen(by_formula: ValueResult) -> None:
    assert by_formula.trees is None
    assert by_formula.trees_gain is not None
    assert by_formula.trees_gain < LEAST_GAIN
    assert by_formula.metrics()["value_rank_correlation"] == by_formula.formula.rank_correlation


def test_trees_learn_an_effect_outside_the_formula(by_trees: ValueResult) -> None:
    formula, chosen = by_trees.formula, by_trees.chosen

    assert by_trees.trees is not None
    assert chosen.rank_correlation > formula.rank_correlation + 0.05
    assert chosen.total_ratio == pytest.approx(1, abs=0.06)
    np.testing.assert_allclose(chosen.predicted, chosen.actual, rtol=0.25)
    figures = by_trees.metrics()
    assert figures["value_formula_rank_correlation"] == formula.rank_correlation
    assert figures["value_rank_correlation"] == chosen.rank_correlation
    assert figures["value_trees_gain"] == by_trees.trees_gain


def test_the_factor_is_the_planted_one(upgraded: pa.Table, with_trees: ChurnModel) -> None:
    factors = with_trees.value_factors(upgraded)
    plus = pc.equal(upgraded["plan"], "plus").to_numpy()

    assert factors[plus].mean() / factors[~plus].mean() == pytest.approx(2.5, rel=0.1)
    # 1.45 is what the formula's level has of the upgrades, which are 30 % of all.
    assert factors[~plus].mean() == pytest.approx(1 / 1.45, rel=0.1)


def test_too_few_buyers_give_no_trees(upgraded: pa.Table) -> None:
    few = judged(upgraded.slice(0, 800))

    assert (few.trees, few.trees_gain) == (None, None)
    assert few.metrics()["value_rank_correlation"] == few.formula.rank_correlation


def test_expected_revenue_is_proportional_to_the_days(
    plain: pa.Table, by_formula: ValueResult
) -> None:
    quarter, year = (by_formula.model.expected(plain, days) for days in (91.25, 365))

    np.testing.assert_allclose(year, 4 * quarter)


def test_without_purchases_there_is_no_value_model(plain: pa.Table) -> None:
    few = plain.slice(0, 400)
    parts, bare = divided(few), divided(few.drop_columns(["net_revenue_lifetime"]))
    purchase_model, model = PurchaseModel.fit(few, HORIZON), churn_model(parts)

    assert fit_value(bare.train, bare, purchase_model, model, SETTINGS) is None
    assert fit_value(parts.train, parts, None, model, SETTINGS) is None


def test_the_trees_are_stored_with_the_model_and_read_back(
    upgraded: pa.Table, with_trees: ChurnModel, tmp_path: Path
) -> None:
    with_trees.save(tmp_path)
    again = ChurnModel.load(tmp_path)

    assert again == with_trees
    np.testing.assert_array_equal(again.value_factors(upgraded), with_trees.value_factors(upgraded))
    assert again.fingerprint != replace(again, value_trees=None).fingerprint


def test_without_trees_there_is_no_file_and_every_factor_is_one(
    upgraded: pa.Table, with_trees: ChurnModel, tmp_path: Path
) -> None:
    formula = replace(with_trees, value_trees=None)
    formula.save(tmp_path)

    assert not (tmp_path / VALUE_TREES_FILE).exists()
    assert ChurnModel.load(tmp_path) == formula
    assert set(formula.value_factors(upgraded)) == {1.0}


def test_each_scored_customer_has_the_factor_of_the_trees(
    upgraded: pa.Table, with_trees: ChurnModel
) -> None:
    scored = score(LoadedModel(with_trees, "7", DAYS[2]), upgraded, {})

    assert scored["customer_id"].to_pylist() == upgraded["customer_id"].to_pylist()
    np.testing.assert_array_equal(scored["value_factor"], with_trees.value_factors(upgraded))
