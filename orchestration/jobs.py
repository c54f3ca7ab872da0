"""Jobs: the day, the day with a training, and a range of days.

What starts a job by itself does not belong here (`automation.py`), nor executing one in this
process (`runtime/execution.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
from dagster import AssetSelection

from orchestration.asset_keys import TRAINING

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

# A run that is tried again after its process was killed begins anew: its steps share the dates of
# the run in the warehouse, which another run may have replaced since.
_TAGS = {"dagster/retry_strategy": "ALL_STEPS"}

DAILY = "daily"
RETRAIN = "retrain"
BACKFILL = "backfill"


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """All jobs; each ends with the publication and the hand-over."""
    everything = AssetSelection.all()
    without_training = everything - AssetSelection.assets(*TRAINING)
    return [
        dg.define_asset_job(
            DAILY,
            without_training,
            description="Load the day's files, unify customers, score with the champion, publish.",
            tags=_TAGS,
        ),
        dg.define_asset_job(
            RETRAIN,
            everything,
            description="The daily job with a training; a promoted model scores the same day.",
            tags=_TAGS,
        ),
        dg.define_asset_job(
            BACKFILL,
            without_training,
            description="The daily job over a range of dates in one run.",
            tags=_TAGS,
        ),
    ]
