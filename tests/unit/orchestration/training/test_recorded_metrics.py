from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from orchestration.asset_keys import CHURN_MODEL, UPLIFT_MODEL
from orchestration.training.recorded_metrics import (
    Refusal,
    latest_learners,
    latest_refusal,
    recorded_metrics,
)


def trained(version: str, roc_auc: float) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        CHURN_MODEL,
        metadata={"model_version": version, "roc_auc": roc_auc, "recency.roc_auc": 0.7, "why": "-"},
    )


def test_the_metrics_are_those_of_the_version_and_its_baselines() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for version, roc_auc in (("1", 0.81), ("2", 0.84)):
            instance.report_runless_asset_event(trained(version, roc_auc))
        assert recorded_metrics(instance, "1") == {"roc_auc": 0.81, "recency.roc_auc": 0.7}
        assert recorded_metrics(instance, "2")["roc_auc"] == 0.84
        assert recorded_metrics(instance, "3") == {}
        assert recorded_metrics(instance, None) == {}


def judged(version: str, as_of: str, promoted: bool) -> dg.AssetMaterialization:
    why = dg.MetadataValue.md(f"Verdict on {version}.\n\nOne more sentence.")
    metadata = {"model_version": version, "as_of": as_of, "promoted": promoted, "why": why}
    return dg.AssetMaterialization(CHURN_MODEL, metadata=metadata)


REFUSED = Refusal("2", date(2026, 6, 20), "Verdict on 2. One more sentence.")


@pytest.mark.parametrize(
    ("in_use", "day", "expected"),
    [
        ("1", date(2026, 6, 30), REFUSED),
        # The training was later, or a person has restored its model since.
        ("1", date(2026, 6, 19), None),
        ("2", date(2026, 6, 30), None),
    ],
)
def test_the_latest_training_of_a_day_is_reported_if_its_model_was_refused(
    in_use: str, day: date, expected: Refusal | None
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert latest_refusal(instance, in_use, day) is None
        for version, as_of, promoted in (("2", "2026-06-20", False), ("1", "2026-06-01", True)):
            instance.report_runless_asset_event(judged(version, as_of, promoted))
        instance.report_runless_asset_event(trained("0", 0.8))
        assert latest_refusal(instance, in_use, day) == expected


def test_the_learners_of_a_day_are_those_of_the_latest_training_up_to_it() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert latest_learners(instance, date(2026, 6, 30)) is None
        for as_of in ("2026-06-01", "2026-06-20"):
            metadata = {"as_of": as_of, "summary": f"as of {as_of}"}
            instance.report_runless_asset_event(
                dg.AssetMaterialization(UPLIFT_MODEL, metadata=metadata)
            )
        assert latest_learners(instance, date(2026, 6, 19)) == "as of 2026-06-01"
        assert latest_learners(instance, date(2026, 6, 30)) == "as of 2026-06-20"
