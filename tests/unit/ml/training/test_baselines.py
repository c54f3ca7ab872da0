from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from ml.config import TrainingSettings
from ml.metrics.calibration import calibration_error
from ml.metrics.classification import log_loss
from ml.purchases.purchase_model import PurchaseModel
from ml.training.baselines import bg_nbd, recency, rfm
from tests.unit.ml.conftest import HOLDOUT

SETTINGS = TrainingSettings()


def on_holdout(examples: pa.Table) -> pa.Table:
    return examples.filter(pa.compute.equal(examples["snapshot_date"], pa.scalar(HOLDOUT)))


def without(examples: pa.Table, column: str) -> pa.Table:
    position = examples.column_names.index(column)
    return examples.set_column(position, column, pa.nulls(len(examples), pa.float64()))


def test_recency_gives_calibrated_probabilities_that_rise_with_the_gap(
    examples: pa.Table,
) -> None:
    baseline = recency(examples, examples)

    assert baseline.probabilities is not None
    order = np.argsort(examples["days_since_last_order"].to_numpy())
    assert (np.diff(baseline.probabilities[order]) >= 0).all()
    assert calibration_error(examples["churned"].to_numpy(), baseline.probabilities) < 0.06


def test_a_company_without_orders_falls_back_on_the_last_activity(examples: pa.Table) -> None:
    renamed = without(examples, "days_since_last_order").append_column(
        "days_since_last_activity", examples["days_since_last_order"]
    )

    baseline = recency(renamed, renamed)

    assert baseline.note == "logistic regression on log(1 + days_since_last_activity)"
    np.testing.assert_array_equal(baseline.probabilities, recency(examples, examples).probabilities)


def test_unknown_recency_gets_the_churn_rate_of_the_unknown(examples: pa.Table) -> None:
    days = examples["days_since_last_order"].to_pylist()
    half = [None if row % 2 else value for row, value in enumerate(days)]
    position = examples.column_names.index("days_since_last_order")
    holed = examples.set_column(position, "days_since_last_order", pa.array(half, pa.int32()))

    baseline = recency(holed, holed)

    assert baseline.probabilities is not None
    unknown = np.arange(len(days)) % 2 == 1
    labels = examples["churned"].to_numpy()
    np.testing.assert_allclose(baseline.probabilities[unknown], labels[unknown].mean())


def test_a_baseline_without_its_column_says_why_it_is_missing(examples: pa.Table) -> None:
    bare = without(examples, "days_since_last_order")

    assert recency(bare, bare).probabilities is None
    assert "no customer has days_since_last_order" in recency(bare, bare).note


def test_a_regression_on_more_than_recency_ranks_better(examples: pa.Table) -> None:
    labels = examples["churned"].to_numpy()
    one, several = recency(examples, examples), rfm(examples, examples, SETTINGS)

    assert one.probabilities is not None
    assert several.probabilities is not None
    assert log_loss(labels, several.probabilities) < log_loss(labels, one.probabilities)


def test_bg_nbd_is_not_applicable_to_contracts(examples: pa.Table) -> None:
    contracts = replace(SETTINGS, kind="contractual")
    baseline = bg_nbd(examples, None, contracts)

    assert baseline.probabilities is None
    assert baseline.note.startswith("not applicable")


def test_bg_nbd_gives_a_probability_without_an_order(
    examples: pa.Table,
) -> None:
    rows = on_holdout(examples)
    position = rows.column_names.index("days_since_first_order")
    ages = [None, *rows["days_since_first_order"].to_pylist()[1:]]
    rows = rows.set_column(position, "days_since_first_order", pa.array(ages, pa.int32()))

    baseline = bg_nbd(rows, PurchaseModel.fit(rows, 90), SETTINGS)

    assert baseline.probabilities is not None
    assert len(baseline.probabilities) == len(rows)
    assert ((baseline.probabilities >= 0) & (baseline.probabilities <= 1)).all()


def test_without_a_repeat_purchase_bg_nbd_is_not_applicable(examples: pa.Table) -> None:
    position = examples.column_names.index("purchase_days_lifetime")
    once = examples.set_column(
        position, "purchase_days_lifetime", pa.repeat(pa.scalar(1), len(examples))
    )

    note = bg_nbd(once, None, SETTINGS).note
    assert note == "not applicable: no customer has bought twice"
