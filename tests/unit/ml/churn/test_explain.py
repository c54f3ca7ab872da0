from __future__ import annotations

import numpy as np
import pytest

from ml.churn.explain import CLEAR_LEAD, Explainer, Meaning
from ml.schemas import CAUSES, SchemaError

CATALOGUE = {
    "silence": Meaning(None, "last_order"),
    "pause_ratio": Meaning(None, "last_order"),
    "late_answers": Meaning("service_response", "answers", told_above=8),
    "rating": Meaning("service_response", "ratings", told_below=4),
    "discounts": Meaning("price_sensitivity", "discounts"),
    "coupons": Meaning("price_sensitivity", "coupons", told_above=0),
    "bounces": Meaning("emotional_bond", "emails"),
}
FEATURES = [*CATALOGUE, "unmapped"]
# Values with which every feature can be a reason.
WITH_REASONS = dict.fromkeys(FEATURES, 1.0) | {"late_answers": 30.0}


def explain(
    values: dict[str, float] | None = None,
    *,
    separating: tuple[str, ...] | None = None,
    **contributions: float,
) -> tuple[str | None, list[str]]:
    """The cause and the reasons of one customer; by default every value separates."""
    row = np.array([[contributions.get(name, 0.0) for name in FEATURES]], dtype=np.float32)
    own = np.array([list((WITH_REASONS | (values or {})).values())], dtype=np.float32)
    separates = None if separating is None else np.array([[n in separating for n in FEATURES]])
    found = Explainer(FEATURES, CATALOGUE).explain(row, own, separates)
    cause = CAUSES[found.main_cause[0]] if found.main_cause[0] >= 0 else None
    return cause, [FEATURES[feature] for feature in found.reasons[0] if feature >= 0]


def test_the_main_cause_has_the_largest_sum_and_not_the_largest_feature() -> None:
    cause, reasons = explain(late_answers=0.6, discounts=0.5, coupons=0.4)

    assert cause == "price_sensitivity"
    assert reasons == ["late_answers", "discounts", "coupons"]


def test_a_symptom_is_a_reason_and_no_cause() -> None:
    assert explain(silence=2.0, bounces=0.3) == ("emotional_bond", ["silence", "bounces"])
    assert explain(silence=2.0) == (None, ["silence"])


def test_without_a_clear_lead_there_is_no_main_cause() -> None:
    assert explain(late_answers=0.6, discounts=0.6 - CLEAR_LEAD - 0.05)[0] == "service_response"
    assert explain(late_answers=0.6, discounts=0.6 - CLEAR_LEAD + 0.05)[0] is None


def test_a_topic_that_lowers_the_risk_takes_nothing_from_other_topics_of_the_cause() -> None:
    assert explain(late_answers=0.5, rating=-0.4, discounts=0.2)[0] == "service_response"


def test_two_features_of_one_topic_are_one_reason_of_the_stronger_feature() -> None:
    _, reasons = explain(silence=0.4, pause_ratio=0.5, late_answers=0.3, discounts=0.1)

    assert reasons == ["pause_ratio", "late_answers", "discounts"]


def test_reasons_are_ordered_by_the_sums_of_their_topics() -> None:
    _, reasons = explain(silence=0.4, pause_ratio=0.3, late_answers=0.6)

    assert reasons == ["silence", "late_answers"]


def test_a_topic_with_a_negative_sum_is_no_reason() -> None:
    _, reasons = explain(silence=0.4, pause_ratio=-0.5, coupons=0.1)

    assert reasons == ["coupons"]


def test_no_more_than_three_reasons_are_given() -> None:
    _, reasons = explain(silence=0.1, late_answers=0.5, discounts=0.4, bounces=0.3, coupons=0.2)

    assert reasons == ["late_answers", "discounts", "bounces"]


def test_only_features_that_raise_the_risk_are_reasons() -> None:
    lowering = {"silence": -1.0, "discounts": -0.1, "bounces": -0.3}

    assert explain(None, **lowering, late_answers=0.3) == ("service_response", ["late_answers"])
    assert explain(None, **lowering, late_answers=-0.3) == (None, [])


def test_an_unknown_value_is_no_reason_and_the_next_topic_is() -> None:
    raising = {"bounces": 0.9, "silence": 0.4, "discounts": 0.2, "late_answers": 0.1}

    cause, reasons = explain({"bounces": np.nan}, **raising)

    assert cause is None
    assert reasons == ["silence", "discounts", "late_answers"]


def test_a_topic_is_represented_by_its_known_feature() -> None:
    _, reasons = explain({"pause_ratio": np.nan}, silence=0.2, pause_ratio=0.5)

    assert reasons == ["silence"]


@pytest.mark.parametrize(
    ("feature", "telling", "saying_nothing"),
    [("late_answers", 9, 8), ("rating", 3, 4), ("coupons", 0.1, 0)],
)
def test_a_feature_is_a_reason_only_inside_its_bounds(
    feature: str, telling: float, saying_nothing: float
) -> None:
    cause = CATALOGUE[feature].cause

    assert explain({feature: telling}, **{feature: 0.5}) == (cause, [feature])
    assert explain({feature: saying_nothing}, **{feature: 0.5}) == (None, [])


def test_an_unknown_value_may_lower_the_sum_of_its_topic() -> None:
    _, reasons = explain({"pause_ratio": np.nan}, silence=0.2, pause_ratio=-0.5)

    assert reasons == []


def test_a_value_that_does_not_separate_is_no_reason_and_the_next_topic_is() -> None:
    raising = {"late_answers": 0.9, "silence": 0.4, "discounts": 0.2}

    cause, reasons = explain(separating=("discounts", "silence"), **raising)

    assert cause == "service_response"
    assert reasons == ["silence", "discounts"]


def test_a_topic_is_represented_by_its_separating_feature() -> None:
    _, reasons = explain(separating=("silence",), silence=0.2, pause_ratio=0.5)

    assert reasons == ["silence"]


def test_a_separating_value_of_a_topic_that_lowers_the_risk_is_no_reason() -> None:
    _, reasons = explain(separating=("silence",), silence=0.2, pause_ratio=-0.5)

    assert reasons == []


def test_where_no_value_separates_there_is_no_reason() -> None:
    assert explain(separating=(), silence=2.0, discounts=0.5) == ("price_sensitivity", [])


def test_a_feature_without_a_catalogue_entry_is_never_a_reason() -> None:
    assert explain(discounts=0.3, unmapped=5.0) == ("price_sensitivity", ["discounts"])


def test_an_empty_catalogue_gives_no_reasons() -> None:
    ones = np.ones((2, len(FEATURES)), dtype=np.float32)
    found = Explainer(FEATURES, {}).explain(ones, ones)

    assert (found.main_cause == -1).all()
    assert (found.reasons == -1).all()


def test_a_cause_outside_the_catalogue_is_refused() -> None:
    with pytest.raises(SchemaError, match="unknown causes in the feature catalogue: bad_luck"):
        Explainer(FEATURES, {"silence": Meaning("bad_luck", "last_order")})


def test_a_topic_of_two_causes_is_refused() -> None:
    two = {
        "late_answers": Meaning("service_response", "answers"),
        "bounces": Meaning("emotional_bond", "answers"),
    }

    with pytest.raises(SchemaError, match=r"answers .* has several causes: service_response and, "):
        Explainer(FEATURES, two)
