"""Nothing later than a horizon before the holdout may touch the model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml.churn.split import divide, split_by_time
from ml.config import TrainingSettings
from ml.training.train import fit
from ml.training.training_result import TrainingResult
from tests.model.planted_churn import cutoffs, planted_company

HOLDOUT = date(2026, 3, 1)
AS_OF = HOLDOUT + timedelta(days=90)
# Few rounds are enough to show that not a byte moves.
SETTINGS = TrainingSettings(max_rounds=60)


@pytest.fixture(scope="module")
def examples() -> pa.Table:
    return planted_company(cutoffs(HOLDOUT, 14), customers=300).examples


@pytest.fixture(scope="module")
def trained(examples: pa.Table) -> TrainingResult:
    return fit(examples, SETTINGS, as_of=AS_OF)


def with_labels_turned_round(examples: pa.Table, after: date) -> pa.Table:
    later = pc.greater(examples["snapshot_date"], pa.scalar(after))
    turned = pc.if_else(later, pc.invert(examples["churned"]), examples["churned"])
    return examples.set_column(examples.column_names.index("churned"), "churned", turned)


def test_labels_of_the_holdout_and_the_gap_do_not_change_the_model(
    examples: pa.Table, trained: TrainingResult
) -> None:
    last_fitted = trained.split.calibration[-1]
    turned = with_labels_turned_round(examples, last_fitted)

    again = fit(turned, SETTINGS, as_of=AS_OF)

    assert last_fitted <= HOLDOUT - timedelta(days=90)
    # The fit that scores knows these labels; the one that is evaluated must not.
    evaluated, before = (
        replace(result.model, latest=None, level=None) for result in (again, trained)
    )
    assert evaluated.fingerprint == before.fingerprint
    assert again.model.fingerprint != trained.model.fingerprint
    assert again.metrics["roc_auc"] < 0.5 < trained.metrics["roc_auc"]


def test_rows_without_a_known_label_are_excluded(
    examples: pa.Table, trained: TrainingResult
) -> None:
    future = planted_company(cutoffs(HOLDOUT + timedelta(days=90), 3), seed=99).examples

    again = fit(pa.concat_tables([examples, future]), SETTINGS, as_of=AS_OF)

    assert again.split == trained.split
    assert again.model.fingerprint == trained.model.fingerprint
    assert again.all_metrics() == trained.all_metrics()


def test_with_a_short_history_no_customer_both_trains_and_calibrates() -> None:
    examples = planted_company(cutoffs(HOLDOUT, 6), customers=300).examples
    split = split_by_time(cutoffs(HOLDOUT, 6), SETTINGS.horizon_days)
    parts = divide(examples, split, SETTINGS)

    trained_on = set(parts.train["customer_id"].to_pylist())
    calibrated_on = set(parts.calibration["customer_id"].to_pylist())

    assert split.disjoint_customers
    assert trained_on
    assert calibrated_on
    assert not trained_on & calibrated_on


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_rows_in_another_order_give_the_same_bytes(
    examples: pa.Table, threads: int
) -> None:
    settings = replace(SETTINGS, threads=threads)
    backwards = examples.take(pa.array(range(len(examples) - 1, -1, -1)))

    first = fit(examples, settings, as_of=AS_OF)
    second = fit(backwards, settings, as_of=AS_OF)

    assert first.model.booster == second.model.booster
    assert first.model.fingerprint == second.model.fingerprint
    assert first.holdout_scores("1").equals(second.holdout_scores("1"))
