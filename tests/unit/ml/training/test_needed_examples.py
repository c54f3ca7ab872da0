from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from ml.churn.split import NotEnoughHistoryError, matured, split_examples
from ml.config import TrainingSettings
from ml.schemas import KEYS
from ml.training.needed_examples import needed_keys
from ml.training.rolling_origin import of_an_origin
from tests.unit.ml.conftest import AS_OF

SETTINGS = TrainingSettings(max_rows=300, max_early_stopping_rows=90, earlier_origins=2)


def parts_of(rows: pa.Table, settings: TrainingSettings, as_of: date) -> list[pa.Table]:
    _, parts = split_examples(matured(rows, settings, as_of), settings)
    return [parts.train, parts.calibration, parts.holdout]


@pytest.mark.parametrize("max_rows", [5, 299, 300, 301, 307, 100_000])
def test_each_training_has_the_same_parts_as_with_all_examples(
    examples: pa.Table, max_rows: int
) -> None:
    settings = replace(SETTINGS, max_rows=max_rows)
    keys = needed_keys(examples.select(KEYS), settings, AS_OF)
    needed = examples.join(keys, list(KEYS), join_type="left semi")
    assert len(needed) == len(keys)
    assert parts_of(needed, settings, AS_OF) == parts_of(examples, settings, AS_OF)
    for number in (1, 2):
        origin, day = of_an_origin(settings), AS_OF - number * settings.step
        assert parts_of(needed, origin, day) == parts_of(examples, origin, day)


def test_rows_that_no_sample_and_no_holdout_has_are_not_needed(examples: pa.Table) -> None:
    assert len(needed_keys(examples.select(KEYS), SETTINGS, AS_OF)) < len(examples) * 3 // 4


def test_a_history_that_cannot_be_split_is_refused_as_in_the_training(examples: pa.Table) -> None:
    with pytest.raises(NotEnoughHistoryError):
        needed_keys(examples.select(KEYS), SETTINGS, AS_OF - 6 * SETTINGS.step)
