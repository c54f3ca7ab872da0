from __future__ import annotations

import numpy as np
import pytest

from ml.explain import Explainer, Meaning
from ml.schemas import CAUSES, SchemaError

FEATURES = ["silence", "late_answers", "discounts", "unmapped", "pause_ratio", "bounces", "coupons"]
CATALOGUE = {
    "silence": Meaning("emotional_bond", "last_order"),
    "pause_ratio": Meaning("emotional_bond", "last_order"),
    "bounces": Meaning("emotional_bond", "emails"),
    "late_answers": Meaning("service_response", "answers"),
    "discounts": Meaning("price_sensitivity", "discounts"),
    "coupons": Meaning("price_sensitivity", "coupons"),
}


def explain(**contributions: float) -> tuple[str | None, list[str]]:
    row = [[contributions.get(name, 0.0) for name in FEATURES]]
    found = Explainer(FEATURES, CATALOGUE).explain(np.array(row, dtype=np.float32))
    cause = CAUSES[found.main_cause[0]] if found.main_cause[0] >= 0 else None
    return cause, [FEATURES[feature] for feature in found.reasons[0] if feature >= 0]


def test_the_main_cause_has_the_largest_sum_and_not_the_largest_feature() -> None:
    cause, reasons = explain(silence=0.4, late_answers=0.6, discounts=-0.2, bounces=0.3)

    assert cause == "emotional_bond"
    assert reasons == ["late_answers", "silence", "bounces"]


def test_one_thing_told_by_two_features_is_one_reason_of_the_stronger_feature() -> None:
    _, reasons = explain(silence=0.4, pause_ratio=0.5, late_answers=0.3, discounts=0.1)

    assert reasons == ["pause_ratio", "late_answers", "discounts"]


def test_reasons_are_ordered_by_the_sums_of_their_topics() -> None:
    _, reasons = explain(silence=0.4, pause_ratio=0.3, late_answers=0.6)

    assert reasons == ["silence", "late_answers"]


def test_a_topic_that_lowers_the_risk_in_all_is_no_reason() -> None:
    _, reasons = explain(silence=0.4, pause_ratio=-0.5, coupons=0.1)

    assert reasons == ["coupons"]


def test_no_more_than_three_reasons_are_given() -> None:
    _, reasons = explain(silence=0.1, late_answers=0.5, discounts=0.4, bounces=0.3, coupons=0.2)

    assert reasons == ["late_answers", "discounts", "bounces"]


def test_only_what_raises_the_risk_is_a_reason() -> None:
    lowering = {"silence": -1.0, "discounts": -0.1, "bounces": -0.3}

    assert explain(**lowering, late_answers=0.2) == ("service_response", ["late_answers"])
    assert explain(**lowering, late_answers=-0.2) == (None, [])


def test_a_feature_without_a_meaning_is_never_a_reason() -> None:
    assert explain(discounts=0.1, unmapped=5.0) == ("price_sensitivity", ["discounts"])


def test_an_empty_catalogue_gives_no_reasons() -> None:
    found = Explainer(FEATURES, {}).explain(np.ones((2, len(FEATURES)), dtype=np.float32))

    assert (found.main_cause == -1).all()
    assert (found.reasons == -1).all()


def test_a_cause_outside_the_catalogue_is_refused() -> None:
    with pytest.raises(SchemaError, match="unknown causes in the feature catalogue: bad_luck"):
        Explainer(FEATURES, {"silence": Meaning("bad_luck", "last_order")})
