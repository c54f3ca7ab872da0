from __future__ import annotations

import numpy as np
import pytest

from ml.explain import Explainer
from ml.schemas import CAUSES, SchemaError

FEATURES = ["silence", "late_answers", "discounts", "unmapped", "bounces"]
CATALOGUE = {
    "silence": "emotional_bond",
    "late_answers": "service_response",
    "discounts": "price_sensitivity",
    "bounces": "emotional_bond",
}


def explain(*rows: list[float]) -> tuple[list[str | None], list[list[str]]]:
    found = Explainer(FEATURES, CATALOGUE).explain(np.array(rows, dtype=np.float32))
    causes = [CAUSES[cause] if cause >= 0 else None for cause in found.main_cause]
    reasons = [[FEATURES[feature] for feature in row if feature >= 0] for row in found.reasons]
    return causes, reasons


def test_the_main_cause_has_the_largest_sum_and_not_the_largest_feature() -> None:
    causes, reasons = explain([0.4, 0.6, -0.2, 0.0, 0.4])

    assert causes == ["emotional_bond"]
    assert reasons == [["late_answers", "silence", "bounces"]]


def test_only_what_raises_the_risk_is_a_reason() -> None:
    causes, reasons = explain([-1.0, 0.2, -0.1, 0.0, -0.3], [-1.0, -0.2, -0.1, 0.0, -0.3])

    assert causes == ["service_response", None]
    assert reasons == [["late_answers"], []]


def test_a_feature_without_a_cause_is_never_a_reason() -> None:
    causes, reasons = explain([0.0, 0.0, 0.1, 5.0, 0.0])

    assert causes == ["price_sensitivity"]
    assert reasons == [["discounts"]]


def test_a_cause_outside_the_catalogue_is_refused() -> None:
    with pytest.raises(SchemaError, match="unknown causes in the feature catalogue: bad_luck"):
        Explainer(FEATURES, {"silence": "bad_luck"})
