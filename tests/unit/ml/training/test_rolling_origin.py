from __future__ import annotations

from datetime import timedelta

import pyarrow as pa

from ml.config import TrainingSettings
from ml.training.rolling_origin import earlier_origins
from tests.unit.ml.conftest import AS_OF, HOLDOUT


def test_origins_are_earlier_holdouts_until_the_history_ends(examples: pa.Table) -> None:
    settings = TrainingSettings(earlier_origins=9)

    origins = earlier_origins(examples, settings, AS_OF, {})

    # Of eight dates three origins leave two dates a horizon before the holdout.
    days = [(HOLDOUT - origin.holdout).days for origin in origins]
    assert days == [30 * number for number in range(1, len(origins) + 1)]
    assert 1 <= len(origins) < 9
    for origin in origins:
        assert origin.customers == 400
        assert origin.metrics["roc_auc"] > 0.6
        assert {"recency", "rfm", "bg_nbd"} == set(origin.baselines)


def test_without_history_there_is_no_origin(examples: pa.Table) -> None:
    early = AS_OF - timedelta(days=150)

    assert earlier_origins(examples, TrainingSettings(earlier_origins=2), early, {}) == ()
    assert earlier_origins(examples, TrainingSettings(), AS_OF, {}) == ()
