from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml.cards.model_card import model_card
from ml.config import TrainingSettings
from ml.training.leakage import LeakageError, changed_after, find_leaks, values_withheld_before
from ml.training.train import fit
from ml.training.training_result import WithheldFeatures
from tests.unit.ml.conftest import AS_OF


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
    assert {leak.feature for leak in find_leaks(planted, planted, 0.9)} == {
        "score",
        "status",
        "reason",
    }


def test_features_without_leakage_pass(examples: pa.Table) -> None:
    assert find_leaks(examples, examples, 0.9) == []


def test_leakage_stops_the_training(planted: pa.Table) -> None:
    with pytest.raises(LeakageError, match=r"reason: known for \d+ customers, all of whom churned"):
        fit(planted, TrainingSettings(), as_of=AS_OF)


def test_a_trusted_feature_is_not_checked(planted: pa.Table) -> None:
    trusted = frozenset({"score", "status", "reason"})

    assert find_leaks(planted, planted, 0.9, trusted) == []


@pytest.fixture
def attributed(examples: pa.Table) -> pa.Table:
    """Examples of one date with a consent that everybody gives and a channel that few change."""
    day = max(examples["snapshot_date"].to_pylist())
    rows = examples.filter(pc.equal(examples["snapshot_date"], pa.scalar(day)))
    return rows.append_column("consent", pa.array([True] * len(rows))).append_column(
        "channel", pa.array(["web"] * len(rows))
    )


def later_than(rows: pa.Table, *, withdrawn_by: np.ndarray) -> pa.Table:
    """The customers later: some have withdrawn their consent, one in ten has another channel."""
    moved = np.random.default_rng(5).random(len(rows)) < 0.1
    columns = {
        "customer_id": rows["customer_id"],
        "consent": pa.array(~withdrawn_by),
        "channel": pa.array(np.where(moved, "shop", "web")),
    }
    return pa.table(columns)


def test_a_feature_that_changes_after_churn_is_named(attributed: pa.Table) -> None:
    left = attributed["churned"].to_numpy()
    by_churned = left & (np.random.default_rng(6).random(len(left)) < 0.6)

    [leak] = changed_after(attributed, later_than(attributed, withdrawn_by=by_churned))

    assert leak.feature == "consent"
    assert leak.why.endswith("% of churned and 0% of retained customers")
    trusted = frozenset({"consent"})
    later = later_than(attributed, withdrawn_by=by_churned)
    assert changed_after(attributed, later, trusted=trusted) == []


def test_a_feature_that_changes_regardless_of_churn_passes(attributed: pa.Table) -> None:
    anybody = np.random.default_rng(7).random(len(attributed)) < 0.3

    assert changed_after(attributed, later_than(attributed, withdrawn_by=anybody)) == []


def test_a_value_that_becomes_unknown_is_no_change(attributed: pa.Table) -> None:
    left = attributed["churned"].to_numpy()
    later = attributed.select(["customer_id"]).append_column(
        "consent", pa.array([None if gone else True for gone in left], pa.bool_())
    )

    assert changed_after(attributed, later) == []


def test_values_of_a_first_delivery_are_withheld_and_dated_ones_stay(examples: pa.Table) -> None:
    consented = examples.append_column("consent", pa.array([True] * len(examples)))
    days = sorted(set(examples["snapshot_date"].to_pylist()))

    withheld = values_withheld_before(consented, ["consent"], days[-2])

    known = withheld.filter(pc.is_valid(withheld["consent"]))
    assert set(known["snapshot_date"].to_pylist()) == set(days[-2:])
    assert withheld.drop_columns("consent") == examples


def test_training_stops_for_a_feature_that_changes_later_without_dated_versions(
    examples: pa.Table,
) -> None:
    consented = examples.append_column("consent", pa.array([True] * len(examples)))
    day = max(examples["snapshot_date"].to_pylist())
    holdout = consented.filter(pc.equal(consented["snapshot_date"], pa.scalar(day)))
    later = pa.table(
        {
            "customer_id": holdout["customer_id"],
            "consent": pa.array(~holdout["churned"].to_numpy()),
        }
    )

    with pytest.raises(LeakageError, match="consent: the value changes later for 100%"):
        fit(consented, TrainingSettings(), as_of=AS_OF, later=later)
    few = TrainingSettings(max_rounds=10)
    trained = fit(consented, few, as_of=AS_OF, later=later, dated_from=AS_OF)
    assert trained.withheld == WithheldFeatures(("consent",), AS_OF)
    assert "consent" in trained.model.preprocessor.unknown
    assert f"Not used on dates before {AS_OF}" in model_card(trained)
