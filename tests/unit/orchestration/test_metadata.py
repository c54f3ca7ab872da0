from __future__ import annotations

from base64 import b64encode

import dagster as dg

from ml.monitoring.drift import Shift
from orchestration.metadata import SHOWN_FEATURES, drift_figures, png_image


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


def test_without_a_measurement_nothing_is_shown() -> None:
    assert drift_figures([]) == {}
