from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from ml.uplift.uplift_training import LaterPeriod, UpliftTraining, later_period, train_uplift
from tests.unit.ml.uplift.planted_units import (
    AS_OF,
    BETTER,
    NOT_VALUED,
    SETTINGS,
    planted,
    trained_learner,
)


def test_the_later_period_leaves_the_smallest_group_as_large_as_possible() -> None:
    # One customer a day and arm for 400 days: with a horizon of 90, the split is in the middle.
    days = np.datetime64("2026-01-01") + np.repeat(np.arange(400), 2)
    units = pa.table(
        {
            "assigned_on": days,
            "arm": ["treatment", "control"] * 400,
            "treatment_probability": [0.5] * 800,
            "is_retained": [True] * 800,
        }
    )
    period = later_period(units, 90)
    assert period is not None
    assert period.least == 155
    assert period.starts_on in (date(2026, 9, 2), date(2026, 9, 3))
    assert not period.is_enough
    assert later_period(units.slice(0, 0), 90) is None


def test_a_learner_is_judged_on_the_later_period_alone() -> None:
    training = trained_learner()
    assert training.period.starts_on == date(2026, 7, 1)
    assert training.metrics["training_units"] == training.metrics["later_units"] == 4_000
    assert training.metrics["qini_area_low"] > 0
    names = training.result.learner.preprocessor.names
    assert set(names) == {"cause", "orders", "days_since_order"}


def test_too_few_units_give_the_best_split_and_none_nothing() -> None:
    few = planted(1_000, 2, effect_of_cause=0.3)
    found = train_uplift(few, AS_OF, 90, SETTINGS)
    assert isinstance(found, LaterPeriod)
    assert found.least < 300
    assert train_uplift(few.slice(0, 0), AS_OF, 90, SETTINGS) is None


def test_a_learner_is_promoted_only_if_its_ranking_and_its_value_are_no_worse() -> None:
    training = trained_learner()
    promoted, reasons = training.decide(BETTER)
    assert promoted
    assert reasons[1].startswith("Promoted: on 900 logged decisions it is worth 2.000 a decision")
    for valuation in (None, NOT_VALUED):
        promoted, reasons = training.decide(valuation)
        assert not promoted
        assert reasons[1].startswith("Refused: ")


def test_a_ranking_that_is_no_better_than_random_is_refused_whatever_its_value() -> None:
    found = train_uplift(planted(4_000, 5, effect_of_cause=0.0), AS_OF, 90, SETTINGS)
    assert isinstance(found, UpliftTraining)
    promoted, reasons = found.decide(BETTER)
    assert not promoted
    assert reasons[1] == "Refused: the interval does not lie above a random order."
