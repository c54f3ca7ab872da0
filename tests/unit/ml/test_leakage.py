from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.config import TrainingSettings
from ml.leakage import LeakageError, changed_since, find_leaks
from ml.train import fit
from tests.unit.ml.test_average import AS_OF


@pytest.fixture
def planted(examples: pa.Table) -> pa.Table:
    """Examples with a score, a status and a reason that were written down after the outcome."""
    random, left = np.random.default_rng(5), examples["churned"].to_numpy()
    score = left * 60 + random.normal(20, 15, len(left))
    status = np.where(left, "gone", np.where(random.random(len(left)) < 0.5, "here", "new"))
    reason = [text if gone else None for text, gone in zip(status, left, strict=True)]
    return (
        examples.append_column("score", pa.array(score))
        .append_column("status", pa.array(status))
        .append_column("reason", pa.array(reason, pa.string()))
    )


def test_features_that_know_the_outcome_are_found_by_name(planted: pa.Table) -> None:
    assert {leak.feature for leak in find_leaks(planted, planted)} == {"score", "status", "reason"}


def test_honest_features_pass(examples: pa.Table) -> None:
    assert find_leaks(examples, examples) == []


def test_training_stops_and_names_them(planted: pa.Table) -> None:
    with pytest.raises(LeakageError, match=r"reason: known of \d+ customers, all of whom left"):
        fit(planted, TrainingSettings(), as_of=AS_OF)


def test_a_trusted_feature_is_not_looked_at(planted: pa.Table) -> None:
    trusted = frozenset({"score", "status", "reason"})

    assert find_leaks(planted, planted, trusted=trusted) == []


def test_a_feature_whose_past_was_rewritten_is_named(examples: pa.Table) -> None:
    name = "days_since_last_order"
    left = examples["churned"].to_numpy()
    rewritten = np.where(left, 999, examples[name].to_numpy()).astype(np.int32)
    position = examples.column_names.index(name)
    now = examples.set_column(position, name, pa.array(rewritten))

    assert [leak.feature for leak in changed_since(examples, now)] == [name]
    assert changed_since(examples, examples) == []
