from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml.churn.model import LoadedModel
from ml.churn.reason_evidence import ReasonEvidence, measure_reasons
from ml.churn.score import level_row, score, score_day
from ml.level.level_model import AGES, DateEffect, LevelModel
from ml.metrics.intervals import Interval
from ml.schemas import CAUSES, CHURN_SCORES, SchemaError
from ml.training.training_result import TrainingResult
from tests.model.planted_churn import CATALOGUE, cutoffs, planted_company

DAY = date(2026, 6, 1)
SEPARATING = Interval(2.0, 1.5, 2.7)


@pytest.fixture(scope="module")
def features() -> pa.Table:
    """Two dates of 300 customers, without labels."""
    return planted_company(cutoffs(DAY, 2), customers=300, seed=4).examples.drop_columns("churned")


def on(day: date, table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table["snapshot_date"], pa.scalar(day)))


def test_every_eligible_customer_has_one_row_in_the_table_of_scores(
    loaded: LoadedModel, features: pa.Table
) -> None:
    scores = score(loaded, features, CATALOGUE)

    assert scores.schema == CHURN_SCORES
    assert len(scores) == 600
    assert set(scores["model_version"].to_pylist()) == {"7"}
    assert set(scores["main_cause"].drop_null().to_pylist()) <= set(CAUSES)
    probabilities = scores["churn_probability"].to_numpy()
    assert ((probabilities > 0) & (probabilities < 1)).all()
    keys = list(zip(*(scores[name].to_pylist() for name in scores.column_names[:2]), strict=True))
    assert keys == sorted(set(keys))


def test_customers_who_are_not_eligible_are_not_scored(
    loaded: LoadedModel, features: pa.Table
) -> None:
    position = features.column_names.index("is_eligible")
    eligible = pa.array([True, False, None] * 200)

    assert (
        len(score(loaded, features.set_column(position, "is_eligible", eligible), CATALOGUE)) == 200
    )


def test_scores_of_a_date_do_not_depend_on_other_dates(
    loaded: LoadedModel, features: pa.Table
) -> None:
    together = score(loaded, features, CATALOGUE)
    alone = score(loaded, on(DAY, features), CATALOGUE)

    assert on(DAY, together).equals(alone)


def test_reasons_are_features_of_distinct_topics_of_the_catalogue(
    loaded: LoadedModel, features: pa.Table
) -> None:
    scores = score(loaded, features, CATALOGUE)
    columns = [scores[f"reason_feature_{place}"].to_pylist() for place in (1, 2, 3)]

    for reasons in zip(*columns, strict=True):
        known = [reason for reason in reasons if reason is not None]
        assert set(known) <= set(CATALOGUE)
        assert len(known) == len({CATALOGUE[reason].topic for reason in known})
        assert list(reasons[: len(known)]) == known


def test_only_facts_that_were_measured_to_separate_are_reasons(
    loaded: LoadedModel, result: TrainingResult, features: pa.Table
) -> None:
    model = loaded.model
    values = model.preprocessor.transform(model.extend(result.holdout))
    found = measure_reasons(model.preprocessor.columns, values, result.holdout_labels, CATALOGUE)
    one = next(band for band in found.bands if band.feature == "days_since_last_order")
    only = replace(model, reasons=ReasonEvidence((replace(one, upper=None, lift=SEPARATING),)))

    scores = score(replace(loaded, model=only), features, CATALOGUE)

    firsts = set(scores["reason_feature_1"].to_pylist())
    assert firsts == {"days_since_last_order", None}
    assert scores["reason_feature_2"].null_count == len(scores)
    unmeasured = score(loaded, features, CATALOGUE)
    assert scores["main_cause"].equals(unmeasured["main_cause"])


def test_exact_explanations_add_up_to_the_margin(loaded: LoadedModel, features: pa.Table) -> None:
    predictor = loaded.model.predictor()
    rows = on(DAY, features)
    contributions = predictor.contributions(predictor.prepare(rows))

    remainder = predictor.margins(rows) - contributions.sum(axis=1)

    np.testing.assert_allclose(remainder, remainder[0], atol=1e-4)


def test_a_missing_feature_of_the_model_is_named(loaded: LoadedModel, features: pa.Table) -> None:
    with pytest.raises(SchemaError, match="lacks plan"):
        score(loaded, features.drop_columns(["plan"]), CATALOGUE)


def test_an_empty_table_has_empty_scores(loaded: LoadedModel, features: pa.Table) -> None:
    scores = score(loaded, features.slice(0, 0), CATALOGUE)

    assert scores.schema == CHURN_SCORES
    assert len(scores) == 0


def test_without_a_level_model_the_forecast_is_the_mean_score(
    loaded: LoadedModel, features: pa.Table
) -> None:
    of_day, none = on(DAY, features), features.slice(0, 0)

    scores, level = score_day(loaded, of_day, none, CATALOGUE)

    assert level is not None
    assert level.log_ratio == 0
    assert level.expected_rate == scores["churn_probability"].to_numpy().mean()
    assert scores == score(loaded, of_day, CATALOGUE)
    assert score_day(loaded, none, none, CATALOGUE)[1] is None
    assert level_row(DAY, "7", level).to_pylist()[0]["customers"] == len(of_day)


def test_a_level_moves_every_probability_and_keeps_the_order(
    loaded: LoadedModel, features: pa.Table
) -> None:
    """Nobody of thirty days ago has returned, so fewer customers than usual will."""
    effect = DateEffect(DAY - timedelta(days=300), 0.0, (0.0,) * len(AGES))
    ages = tuple(10 * ninths for ninths in AGES)
    level = LevelModel(90, effect.day, ages, (-1.0,) * len(AGES), (effect,), 0.3)
    model = replace(loaded, model=replace(loaded.model, level=level))
    earlier = [DAY - timedelta(days=30)] * 100
    windows = features.slice(0, 100).set_column(
        features.column_names.index("snapshot_date"), "snapshot_date", pa.array(earlier)
    )
    windows = windows.append_column("is_away", pa.array([True] * 100))
    of_day = on(DAY, features)

    scores, found = score_day(model, of_day, windows, CATALOGUE)

    assert found is not None
    assert found.log_ratio < 0
    usual = score(model, of_day, CATALOGUE)["churn_probability"].to_numpy()
    raised = scores["churn_probability"].to_numpy()
    assert (raised > usual).all()
    assert (np.argsort(raised) == np.argsort(usual)).all()
