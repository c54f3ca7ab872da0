from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from ml.churn.model import LoadedModel
from ml.config import TrainingSettings
from ml.training.train import fit_average
from tests.unit.ml.conftest import HOLDOUT


def test_feature_shares_sum_to_one_and_find_the_planted_features(
    loaded: LoadedModel, examples: pa.Table
) -> None:
    shares = loaded.model.feature_shares(examples)

    assert sum(shares.values()) == pytest.approx(1)
    assert list(shares) == loaded.model.preprocessor.names
    planted = sum(share for name, share in shares.items() if not name.startswith("noise"))
    assert planted > 0.85


def test_the_base_rate_has_no_feature_shares(loaded: LoadedModel, examples: pa.Table) -> None:
    as_of = HOLDOUT + timedelta(days=90)
    average = fit_average(examples, TrainingSettings(), as_of=as_of, why="It is a test.").model
    nothing_left = replace(loaded.model, facts=average.facts)

    assert set(average.feature_shares(examples).values()) == {0.0}
    assert set(nothing_left.feature_shares(examples).values()) == {0.0}
