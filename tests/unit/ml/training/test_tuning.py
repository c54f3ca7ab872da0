from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from ml.config import TrainingSettings
from ml.training.train import fit
from ml.training.training_result import TrainingResult
from ml.training.tuning import LossOf, tune
from tests.unit.ml.conftest import AS_OF

SETTINGS = TrainingSettings(tuning_trials=6)


def test_significantly_better_parameters_are_chosen(examples: pa.Table) -> None:
    def shallow_is_better(train: pa.Table, later: pa.Table) -> LossOf:
        return lambda tried: 0.5 if tried.max_depth == 1 else 0.6

    chosen, trials = tune(examples, replace(SETTINGS, tuning_trials=20), shallow_is_better)

    assert chosen.max_depth == 1
    assert len(trials) == 20


def test_a_gain_below_noise_changes_nothing(examples: pa.Table) -> None:
    def hardly_better(train: pa.Table, later: pa.Table) -> LossOf:
        return lambda tried: 0.6 - 0.0001 * (tried.max_depth or 0)

    assert tune(examples, SETTINGS, hardly_better)[0] == SETTINGS


def test_validation_lies_a_horizon_after_the_fitted_rows(examples: pa.Table) -> None:
    seen = []

    def look(train: pa.Table, later: pa.Table) -> LossOf:
        seen.append(
            (max(train["snapshot_date"].to_pylist()), min(later["snapshot_date"].to_pylist()))
        )
        return lambda tried: 0.5

    tune(examples, SETTINGS, look)

    [(last, later)] = seen
    assert later - last >= SETTINGS.horizon


def test_training_keeps_its_trials(examples: pa.Table) -> None:
    found: TrainingResult = fit(examples, replace(SETTINGS, tuning_trials=2), as_of=AS_OF)

    assert len(found.trials) == 2
