"""The jobs: the day, the day with a new model, and a range of days."""

from __future__ import annotations

import dagster as dg
from dagster import AssetSelection
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.assets.segmentation import BEHAVIOUR_GROUPS
from orchestration.assets.texts import TEXT_MODEL
from orchestration.assets.training import HOLDOUT_SCORES
from orchestration.assets.warehouse import EXAMPLES
from orchestration.model_record import CHURN_MODEL

DAILY = "daily"
RETRAIN = "retrain"
BACKFILL = "backfill"

_TRAINING = AssetSelection.assets(
    EXAMPLES, CHURN_MODEL, HOLDOUT_SCORES, BEHAVIOUR_GROUPS, TEXT_MODEL
)


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """All jobs; each ends with the publication."""
    everything = AssetSelection.all()
    return [
        dg.define_asset_job(
            DAILY,
            everything - _TRAINING,
            description="Land the day's files, unify, score with the champion, publish.",
        ),
        dg.define_asset_job(
            RETRAIN,
            everything,
            description="The daily job with a new model in its middle, used at once if promoted.",
        ),
        dg.define_asset_job(
            BACKFILL,
            everything - _TRAINING,
            description="The daily job over a range of dates in one run.",
        ),
    ]
