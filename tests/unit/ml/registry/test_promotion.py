from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from ml.churn.calibration import Calibrator
from ml.churn.model import ChurnModel
from ml.config import TrainingSettings
from ml.registry.promotion import decide
from ml.training.train import fit
from ml.training.training_result import TrainingResult
from tests.unit.ml.conftest import HOLDOUT


@pytest.fixture(scope="module")
def worse(examples: pa.Table) -> ChurnModel:
    """A model that knows the last order and nothing else."""
    few = ["customer_id", "snapshot_date", "churned", "days_since_last_order"]
    as_of = HOLDOUT + timedelta(days=90)
    return fit(examples.select(few), TrainingSettings(), as_of=as_of).model


def test_a_first_model_that_beats_the_base_rate_is_promoted(
    result: TrainingResult, examples: pa.Table
) -> None:
    decision = decide(result.model, None, examples)

    assert decision.promote
    assert decision.reasons[0] == "Promoted as the first model."
    assert f"log loss {result.metrics['log_loss']:.4f} against" in decision.reasons[1]


def test_a_worse_model_does_not_replace_the_champion(
    result: TrainingResult, worse: ChurnModel, examples: pa.Table
) -> None:
    decision = decide(worse, result.model, examples)

    assert not decision.promote
    assert decision.reasons[0].startswith("Refused (as of 2026-05-30, the champion")
    assert "On the same 400 customers the ROC AUC is" in decision.reasons[1]
    assert f"against {result.metrics['roc_auc']:.4f} (-0." in decision.reasons[1]


def test_a_better_or_equal_model_replaces_it(
    result: TrainingResult, worse: ChurnModel, examples: pa.Table
) -> None:
    assert decide(result.model, worse, examples).promote
    assert decide(result.model, result.model, examples).promote


def test_a_first_model_no_better_than_the_base_rate_is_refused(
    result: TrainingResult, examples: pa.Table
) -> None:
    turned_round = replace(result.model, calibrator=Calibrator("platt", -1.0, -1.0, 0.0))

    decision = decide(turned_round, None, examples)

    assert not decision.promote
    assert "the gain over the base rate is not significant" in decision.reasons[0]


def test_probabilities_that_are_not_numbers_are_refused(
    result: TrainingResult, examples: pa.Table
) -> None:
    broken = replace(result.model, calibrator=Calibrator("platt", float("nan"), 1.0, 0.0))

    decision = decide(broken, result.model, examples)

    assert not decision.promote
    assert decision.reasons == ["Refused: some probabilities are not finite numbers."]


def test_a_champion_whose_training_overlaps_the_holdout_is_reported(
    result: TrainingResult, examples: pa.Table
) -> None:
    facts = replace(result.model.facts, calibration_dates=(HOLDOUT - timedelta(days=30),))
    later = replace(result.model, facts=facts)

    reasons = decide(result.model, later, examples).reasons

    assert reasons[-1].startswith("The champion was fitted on label windows that overlap")


def test_a_champion_that_cannot_be_scored_is_replaced(
    result: TrainingResult, examples: pa.Table, worse: ChurnModel
) -> None:
    decision = decide(worse, result.model, examples.drop_columns(["plan"]))

    assert decision.promote
    assert decision.reasons[0] == "Promoted: the champion cannot be scored without plan."


def test_only_examples_of_the_holdout_date_are_used(
    result: TrainingResult, examples: pa.Table
) -> None:
    others = pa.compute.less(examples["snapshot_date"], pa.scalar(HOLDOUT))

    with pytest.raises(ValueError, match="no eligible example of the holdout date 2026-03-01"):
        decide(result.model, None, examples.filter(others))
