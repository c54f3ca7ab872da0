from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from ml.config import TrainingSettings
from ml.level.hazard_ratio import log_ratio
from ml.training.latest_fit import fit_level
from ml.training.training_result import TrainingResult


def with_returns(examples: pa.Table, unknown: bool = False) -> pa.Table:
    """The examples with a day of return for each customer who did not churn."""
    churned = np.array(examples["churned"])
    days = np.random.default_rng(1).integers(1, 91, len(churned))
    missing = churned | unknown
    return examples.append_column("returned_after_days", pa.array(days, mask=missing))


def test_each_date_has_the_factor_between_its_prediction_and_its_outcome(
    result: TrainingResult, examples: pa.Table
) -> None:
    model, rows = result.model.for_scoring, with_returns(examples)

    level = fit_level(model, rows, TrainingSettings(), holdout_effect=0.0)

    assert level is not None
    days = np.array(rows["snapshot_date"])
    assert [effect.day for effect in level.effects] == sorted(set(days.tolist()))
    of_first = rows.filter(pa.array(days == days.min()))
    expected = log_ratio(model.predict(of_first), float(np.mean(np.array(of_first["churned"]))))
    assert level.effects[0].whole == expected


def test_contracts_and_unknown_days_of_return_have_no_level(
    result: TrainingResult, examples: pa.Table
) -> None:
    model, settings = result.model.for_scoring, TrainingSettings()
    contracts = replace(settings, kind="contractual")

    assert fit_level(model, with_returns(examples), contracts, 0.0) is None
    assert fit_level(model, with_returns(examples, unknown=True), settings, 0.0) is None
    assert fit_level(model, examples, settings, 0.0) is None
