"""The base margin of trees, and companies whose churn cannot be predicted: the base rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml.cards.model_card import model_card
from ml.cards.plots import all_plots
from ml.churn.base_margin import BaseMarginModel
from ml.churn.model import ChurnModel, LoadedModel
from ml.churn.score import score
from ml.churn.split import matured, split_examples
from ml.config import TrainingSettings
from ml.registry.promotion import decide
from ml.schemas import labels_of
from ml.training import model_fitting
from ml.training.train import fit, fit_average
from ml.training.training_result import TrainingResult
from tests.model.planted_churn import CATALOGUE
from tests.unit.ml.conftest import AS_OF, HOLDOUT


def with_churned(examples: pa.Table, churned: np.ndarray) -> pa.Table:
    position = examples.column_names.index("churned")
    return examples.set_column(position, "churned", pa.array(churned))


def test_both_fits_start_from_the_share_of_the_regression_that_lost_least(
    examples: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # From reversed log odds trees lose more in the same number of rounds.
    monkeypatch.setattr(model_fitting, "SHARES", (-1.0, 0.75))
    model = fit(examples, TrainingSettings(max_rounds=20), as_of=AS_OF).model

    assert model.kind == "boosted"
    assert model.latest is not None
    assert (model.base.share, model.latest.base.share) == (0.75, 0.75)
    assert share_of_regression(model, examples) == pytest.approx(0.75)


def test_without_a_gain_of_trees_the_whole_regression_is_the_model(examples: pa.Table) -> None:
    days = np.log1p(examples["days_since_last_order"].to_numpy())
    odds = np.exp(2 * (days - days.mean()) / days.std())
    drawn = np.random.default_rng(5).random(len(examples)) < odds / (1 + odds)
    by_recency = with_churned(examples, drawn)
    # Deep trees without shrinkage, which fit the noise around a regression that is true.
    overfitting = TrainingSettings(
        max_depth=8, learning_rate=1.0, min_child_weight=0.1, reg_lambda=0.01
    )
    model = fit(by_recency, overfitting, as_of=AS_OF).model

    assert model.kind == "logistic"
    assert share_of_regression(model, by_recency) == pytest.approx(1)


def share_of_regression(model: ChurnModel, examples: pa.Table) -> float:
    """Log odds of the base margin divided by those of a regression on the rows before the holdout.

    The quotient is the same for all customers.
    """
    _, parts = split_examples(matured(examples, TrainingSettings(), AS_OF), TrainingSettings())
    regression = BaseMarginModel.fit(model.extend(parts.past), labels_of(parts.past))
    holdout = model.extend(parts.holdout)
    shares = model.base.margins(holdout) / regression.margins(holdout)
    assert np.ptp(shares) < 1e-9
    return float(shares[0])


@pytest.fixture(scope="module")
def average(examples: pa.Table) -> TrainingResult:
    why = "Of the boosted model: Refused: no better."
    return fit_average(examples, TrainingSettings(), as_of=AS_OF, why=why)


def test_the_base_rate_is_the_churn_rate_before_the_holdout(
    average: TrainingResult, examples: pa.Table
) -> None:
    facts = average.model.facts
    fitted = pa.array([*facts.train_dates, *facts.calibration_dates], pa.date32())
    before = examples.filter(pc.is_in(examples["snapshot_date"], value_set=fitted))
    predicted = average.model.predict(examples)

    assert average.model.is_average
    assert (predicted == predicted[0]).all()
    assert facts.base_rate == pytest.approx(pc.mean(before["churned"].cast("int8")).as_py(), 0.02)
    assert predicted[0] == pytest.approx(facts.base_rate, abs=0.001)


def test_the_base_rate_is_evaluated_like_any_model(
    average: TrainingResult,
) -> None:
    figures = average.all_metrics()

    assert figures["roc_auc"] == 0.5
    assert figures["top_decile_lift"] == pytest.approx(1)
    assert figures["recency.auc_difference"] < 0
    assert len(average.holdout_scores("1")) == 400


def test_the_base_rate_gives_no_causes_and_no_reasons(
    average: TrainingResult, examples: pa.Table
) -> None:
    scores = score(LoadedModel(average.model, "1", AS_OF), examples, CATALOGUE)

    assert len(scores) == len(examples)
    for column in ("main_cause", "reason_feature_1", "reason_feature_2", "reason_feature_3"):
        assert scores[column].null_count == len(scores)


def test_the_base_rate_is_promoted_if_no_model_is_better(
    average: TrainingResult, examples: pa.Table
) -> None:
    decision = decide(average.model, None, examples)

    assert decision.promote
    rate = f"{average.holdout_probabilities[0]:.1%}"
    assert decision.reasons[0].endswith(f"every customer has the churn probability {rate}.")
    assert decision.reasons[1:] == ["Of the boosted model: Refused: no better."]


def test_a_model_replaces_the_base_rate_and_the_base_rate_no_model(
    average: TrainingResult, result: TrainingResult, examples: pa.Table
) -> None:
    assert decide(result.model, average.model, examples).promote
    refused = decide(average.model, result.model, examples)

    assert not refused.promote
    assert refused.reasons[0].startswith("Refused: the candidate is the base rate")


def test_a_newer_base_rate_replaces_an_older_one(
    average: TrainingResult, examples: pa.Table
) -> None:
    assert decide(average.model, average.model, examples).promote


def test_a_model_of_random_churn_is_refused(examples: pa.Table) -> None:
    heads = np.random.default_rng(5).random(len(examples)) < 0.3
    random = with_churned(examples, heads)

    decision = decide(fit(random, TrainingSettings(), as_of=AS_OF).model, None, random)

    assert not decision.promote


@pytest.mark.parametrize("churned", [0, 12])
def test_few_churned_customers_give_the_base_rate(examples: pa.Table, churned: int) -> None:
    few = with_churned(examples, np.arange(len(examples)) < churned)

    trained = fit(few, TrainingSettings(), as_of=AS_OF)

    assert trained.model.is_average
    assert trained.model.facts.why_average is not None
    assert "Too few examples: the train part" in trained.model.facts.why_average
    assert 0 < trained.holdout_probabilities[0] < 0.02
    assert decide(trained.model, None, few).promote
    assert all(np.isfinite(value) for value in trained.all_metrics().values())
    assert model_card(trained)


@pytest.mark.parametrize("everybody", [True, False])
def test_a_holdout_with_a_single_outcome_gives_the_base_rate(
    examples: pa.Table, everybody: bool
) -> None:
    churned = np.array(examples["churned"])
    churned[np.array(examples["snapshot_date"]) == np.datetime64(HOLDOUT)] = everybody

    trained = fit(with_churned(examples, churned), TrainingSettings(), as_of=AS_OF)

    assert trained.model.is_average
    assert "roc_auc" not in trained.all_metrics()
    assert "| ROC AUC | – |" in model_card(trained)
    assert all_plots(trained)


def test_a_dozen_customers_are_enough_for_the_base_rate(examples: pa.Table) -> None:
    ids = pa.array([f"customer-{number:05d}" for number in range(12)])
    dozen = examples.filter(pc.is_in(examples["customer_id"], value_set=ids))

    assert fit(dozen, TrainingSettings(), as_of=AS_OF).model.is_average


def test_the_base_rate_is_read_back_unchanged(average: TrainingResult, tmp_path: Path) -> None:
    average.model.save(tmp_path)

    assert ChurnModel.load(tmp_path) == average.model


def test_the_card_says_that_the_model_is_the_base_rate(average: TrainingResult) -> None:
    card = model_card(average)

    assert "This model is the base rate" in card
    assert "without causes or reasons. Of the boosted model: Refused: no better." in card
    assert "| ROC AUC | 0.500 |" in card
    assert "## Feature importance\n\nThe model uses no feature." in card
