from __future__ import annotations

from base64 import b64encode
from datetime import date

import dagster as dg
import numpy as np

from ml.monitoring.drift import Shift
from orchestration.metadata import (
    SHOWN_FEATURES,
    drift_figures,
    hand_over_figures,
    png_image,
    score_distribution,
)
from warehouse.hand_over.delivery import Delivery, HandOverReport


def shift(feature: str, psi: float) -> Shift:
    return Shift(feature, psi, 0.01, None, None, null_share=0.0, reference_null_share=0.0)


def test_an_image_is_inline_markdown() -> None:
    assert png_image(b"png").md_str == (f"![](data:image/png;base64,{b64encode(b'png').decode()})")


def test_drift_is_shown_of_the_features_with_the_largest_index() -> None:
    shifts = [shift(f"feature_{number}", 1 - number / 100) for number in range(30)]
    figures = drift_figures(shifts)
    assert figures["largest_psi"].value == 1
    table = figures["features"]
    assert isinstance(table, dg.TableMetadataValue)
    assert len(table.records) == SHOWN_FEATURES
    assert table.records[0].data["feature"] == "feature_0"
    assert table.records[0].data["psi_to_earlier_day"] == ""


def test_a_hand_over_is_counted_by_status_and_by_receiver() -> None:
    report = HandOverReport(
        {"ready": 5, "consent_withdrawn": 2},
        {date(2026, 6, 30): 4},
        {"http": Delivery(taken=3, refused=1, error="the receiver answers 500")},
    )
    assert hand_over_figures(report) == {
        "actions ready": 5,
        "actions consent_withdrawn": 2,
        "actions in files": 4,
        "taken by http": 3,
        "refused by http": 1,
    }


def test_without_a_measurement_nothing_is_shown() -> None:
    assert drift_figures([]) == {}


def test_each_score_is_counted_in_its_tenth() -> None:
    table = score_distribution(np.array([0.0, 0.05, 0.1, 0.95, 1.0]))
    counts = {
        record.data["churn_probability"]: record.data["customers"] for record in table.records
    }
    assert counts["0% to 10%"] == 2
    assert counts["10% to 20%"] == 1
    assert counts["90% to 100%"] == 2
    assert sum(int(str(count)) for count in counts.values()) == 5
