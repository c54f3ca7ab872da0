from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml.schemas import SchemaError
from ml.uplift.uplift_learner import (
    UpliftLearner,
    UpliftResult,
    UpliftSettings,
    fit_learner,
    learn_uplift,
)
from tests.unit.ml.uplift.planted_units import planted

FEATURES = ["cause", "orders", "days_since_order"]
LATER = date(2026, 6, 1)
SETTINGS = UpliftSettings(folds=3, threads=1, outcome_rounds=30)


def learned(units: pa.Table, settings: UpliftSettings = SETTINGS) -> UpliftResult:
    result = learn_uplift(units, FEATURES, LATER, 90, settings)
    assert result is not None
    return result


def test_a_planted_effect_is_found_where_it_is() -> None:
    units = planted(16_000, 1, effect_of_cause=0.25)
    result = learned(units)
    later = units.slice(8_000)
    is_price = np.array(later["cause"].to_pylist()) == "price"

    predicted = result.learner.predict(later)

    assert result.replaces_simple_estimate
    assert predicted[is_price].mean() == pytest.approx(0.25, abs=0.08)
    assert predicted[~is_price].mean() == pytest.approx(0, abs=0.03)
    # A fifth with an effect of .25: the area of the perfect order is .25 · .2 · .8 / 2.
    assert result.area.low < 0.02 < result.area.high
    top, *_, bottom = result.deciles.to_pylist()
    assert top["uplift_low"] > 0.1
    assert bottom["uplift_low"] < 0 < bottom["uplift_high"]
    assert (result.training_units, result.later_units) == (8_000, 8_000)


def test_without_a_planted_effect_the_learner_is_adopted_in_at_most_one_draw_of_twenty() -> None:
    # 200 draws of 4,000 customers with the default settings adopted it in three. An adoption in one
    # draw of four would pass here with a probability of 2 %.
    quick = UpliftSettings(folds=2, threads=1, outcome_rounds=10, effect_rounds=20)
    adopted = [
        learned(planted(2_400, seed, effect_of_cause=0.0), quick).replaces_simple_estimate
        for seed in range(20)
    ]

    assert np.mean(adopted) <= 0.05


def test_gains_are_unbiased_with_poor_outcome_models_and_an_uneven_share() -> None:
    units = planted(40_000, 3, effect_of_cause=0.25, treatment_share=0.9)
    poor = fit_learner(units.slice(0, 2_000), ["days_since_order"], SETTINGS)
    is_price = np.array(units["cause"].to_pylist())[2_000:] == "price"

    gains = poor.gains(units.slice(2_000))

    error = gains[is_price].std() / np.sqrt(is_price.sum())
    assert gains[is_price].mean() == pytest.approx(0.25, abs=3 * error)
    assert gains[~is_price].mean() == pytest.approx(0, abs=3 * error)


def test_equal_units_in_any_order_give_equal_learners(tmp_path: Path) -> None:
    units = planted(2_000, 4, effect_of_cause=0.2)
    shuffled = units.take(pa.array(np.random.default_rng(1).permutation(2_000)))

    ours, theirs = (fit_learner(table, FEATURES, SETTINGS) for table in (units, shuffled))
    ours.save(tmp_path)
    stored = UpliftLearner.load(tmp_path)

    assert ours.fingerprint == theirs.fingerprint == stored.fingerprint
    assert (stored.predict(units) == ours.predict(units)).all()


def test_outcomes_after_the_start_of_the_later_period_are_not_learned_from() -> None:
    units = planted(4_000, 5, effect_of_cause=0.25)
    too_late = pa.array([date(2026, 4, 1)] * 2_000 + [date(2026, 7, 1)] * 2_000)
    moved = units.set_column(2, "assigned_on", too_late)

    assert learn_uplift(moved, FEATURES, LATER, 90, SETTINGS) is None
    assert learn_uplift(moved, FEATURES, LATER, 61, SETTINGS) is not None


def test_few_units_of_an_arm_or_unknown_outcomes_give_no_learner() -> None:
    units = planted(4_000, 6, effect_of_cause=0.25)
    unknown = units.set_column(5, "is_retained", pa.nulls(4_000, pa.bool_()))
    certain = units.set_column(4, "treatment_probability", pa.array(np.ones(4_000)))

    for table in (units.slice(1_500, 1_000), unknown, certain):
        assert learn_uplift(table, FEATURES, LATER, 90, SETTINGS) is None


def test_several_actions_and_a_missing_feature_are_refused() -> None:
    units = planted(100, 7, effect_of_cause=0.0)
    mixed = units.set_column(1, "action_id", pa.array(["call", "mail"] * 50))

    with pytest.raises(SchemaError, match="one action"):
        learn_uplift(mixed, FEATURES, LATER, 90, SETTINGS)
    with pytest.raises(SchemaError, match="lacks plan"):
        learn_uplift(units, ["plan"], LATER, 90, SETTINGS)
