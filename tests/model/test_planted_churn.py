"""Plant reasons to leave, train, and require that they are found again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml.churn.model import LoadedModel
from ml.churn.score import score
from ml.metrics.ranking import roc_auc
from ml.training.training_result import TrainingResult
from tests.model.planted_churn import CATALOGUE, PLANTED_CAUSES, PlantedCompany

HOLDOUT = date(2026, 3, 1)


@pytest.fixture(scope="module")
def on_holdout(company: PlantedCompany) -> np.ndarray:
    return pc.equal(company.examples["snapshot_date"], pa.scalar(HOLDOUT)).to_numpy()


@pytest.fixture(scope="module")
def scores(trained: TrainingResult, company: PlantedCompany, on_holdout: np.ndarray) -> pa.Table:
    """The holdout's scores, joined to nothing: sorted by customer."""
    model = LoadedModel(trained.model, "1", trained.model.facts.as_of)
    return score(model, company.examples.filter(pa.array(on_holdout)), CATALOGUE)


@pytest.fixture(scope="module")
def truth(company: PlantedCompany, on_holdout: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities and planted terms in the order of the scores."""
    ids = company.examples.filter(pa.array(on_holdout))["customer_id"].to_numpy()
    order = np.argsort(ids)
    return company.probability[on_holdout][order], company.terms[on_holdout][order]


def test_the_model_ranks_almost_as_well_as_the_planted_truth(
    trained: TrainingResult, truth: tuple[np.ndarray, np.ndarray]
) -> None:
    best_possible = roc_auc(trained.holdout_labels, truth[0])

    assert trained.metrics["roc_auc"] > best_possible - 0.03


def test_probabilities_are_close_to_the_planted_ones(
    scores: pa.Table, truth: tuple[np.ndarray, np.ndarray]
) -> None:
    off_by = np.abs(scores["churn_probability"].to_numpy() - truth[0])

    assert off_by.mean() < 0.06


def test_predictions_are_calibrated(trained: TrainingResult) -> None:
    assert trained.metrics["calibration_error"] < 0.05
    assert abs(trained.metrics["mean_predicted"] - trained.metrics["churn_rate"]) < 0.03


def test_the_model_is_significantly_better_than_all_baselines(trained: TrainingResult) -> None:
    assert [baseline.name for baseline in trained.baselines] == ["recency", "rfm", "bg_nbd"]
    for baseline in trained.baselines:
        assert baseline.auc_difference is not None
        assert baseline.auc_difference.low > 0


def test_a_longer_gap_never_lowers_the_mean_risk(
    trained: TrainingResult, company: PlantedCompany, on_holdout: np.ndarray
) -> None:
    rows = company.examples.filter(pa.array(on_holdout))
    position = rows.column_names.index("days_since_last_order")

    means = [
        trained.model.predict(
            rows.set_column(
                position, "days_since_last_order", pa.repeat(pa.scalar(days, pa.int32()), len(rows))
            )
        ).mean()
        for days in (5, 30, 60, 90, 120)
    ]

    assert (np.diff(means) > 0).all()


def test_the_main_cause_is_the_planted_one_if_it_dominates(
    scores: pa.Table, truth: tuple[np.ndarray, np.ndarray]
) -> None:
    terms = truth[1] - truth[1].mean(axis=0)
    ranked = np.sort(terms, axis=1)
    stands_out = (ranked[:, -1] - ranked[:, -2] > 1.0) & (ranked[:, -1] > 1.0)
    planted = np.array(PLANTED_CAUSES)[terms.argmax(axis=1)]

    found = scores["main_cause"].to_numpy(zero_copy_only=False)

    assert stands_out.sum() > 100
    assert (found == planted)[stands_out].mean() > 0.95


def test_noise_is_no_reason_and_every_planted_term_is(scores: pa.Table) -> None:
    columns = [scores[f"reason_feature_{place}"].to_pylist() for place in (1, 2, 3)]
    given = [reason for column in columns for reason in column if reason is not None]
    planted = ("days_since_last_order", "late_answers_90d", "discount_share_365d", "plan")

    assert set(given) >= set(planted)
    assert sum(reason in planted for reason in given) > 0.98 * len(given)


def test_noise_features_have_small_shares(trained: TrainingResult) -> None:
    noise = [trained.feature_shares.get(name, 0.0) for name in ("noise_1", "noise_2")]

    assert max(noise) < 0.05
    assert next(iter(trained.feature_shares)) == "days_since_last_order"


def test_a_column_without_any_value_is_left_out_by_name(trained: TrainingResult) -> None:
    assert trained.model.preprocessor.unknown == ("never_known",)
    assert "never_known" not in trained.model.preprocessor.names
