from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import logit

from ml.churn.base_margin import BaseMarginModel
from ml.metrics.ranking import roc_auc
from ml.schemas import labels_of


@pytest.fixture(scope="module")
def fitted(examples: pa.Table) -> BaseMarginModel:
    return BaseMarginModel.fit(examples, labels_of(examples))


def test_log_odds_rank_churned_customers_by_the_known_predictors(
    fitted: BaseMarginModel, examples: pa.Table
) -> None:
    columns = {term.column for term in fitted.terms}

    assert columns == {"days_since_last_order", "purchase_days_lifetime", "days_since_first_order"}
    assert roc_auc(labels_of(examples), fitted.margins(examples)) > 0.65


def test_contributions_and_intercept_add_up_to_the_margin(
    fitted: BaseMarginModel, examples: pa.Table
) -> None:
    names = ["plan", *(term.column for term in fitted.terms)]
    contributions = fitted.contributions(examples, names)

    assert (contributions[:, 0] == 0).all()
    np.testing.assert_allclose(
        contributions.sum(axis=1) + fitted.intercept, fitted.margins(examples), atol=1e-5
    )


def test_a_share_multiplies_margins_and_contributions(
    fitted: BaseMarginModel, examples: pa.Table
) -> None:
    names, half = [term.column for term in fitted.terms], fitted.multiplied(0.5)

    np.testing.assert_allclose(half.margins(examples), fitted.margins(examples) / 2)
    np.testing.assert_allclose(
        half.contributions(examples, names), fitted.contributions(examples, names) / 2, rtol=1e-6
    )
    assert BaseMarginModel.from_json(half.to_json()) == half


def test_an_unknown_value_contributes_nothing(fitted: BaseMarginModel, examples: pa.Table) -> None:
    unknown = {term.column: pa.nulls(2, pa.float64()) for term in fitted.terms}

    np.testing.assert_array_equal(fitted.margins(pa.table(unknown)), [fitted.intercept] * 2)


def test_without_a_known_predictor_it_is_the_base_rate(examples: pa.Table) -> None:
    labels = labels_of(examples)
    fitted = BaseMarginModel.fit(examples.select(["plan"]), labels)

    assert fitted.terms == ()
    assert fitted.intercept == pytest.approx(logit(labels.mean()), abs=1e-4)


def test_it_is_read_from_json_bit_by_bit(fitted: BaseMarginModel) -> None:
    assert BaseMarginModel.from_json(fitted.to_json()) == fitted


def test_a_regression_of_an_earlier_release_has_the_whole_log_odds(
    fitted: BaseMarginModel,
) -> None:
    stored = json.loads(fitted.to_json())
    del stored["share"]

    assert BaseMarginModel.from_json(json.dumps(stored)) == fitted
