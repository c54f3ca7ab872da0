from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from ml.cards.model_card import model_card
from ml.cards.plots import all_plots
from ml.churn.model import ChurnModel
from ml.churn.split import NotEnoughHistoryError
from ml.config import TrainingSettings
from ml.schemas import SchemaError
from ml.training.train import fit
from ml.training.training_result import TrainingResult
from tests.model.planted_churn import cutoffs, planted_company
from tests.unit.ml.conftest import AS_OF, HOLDOUT


def test_a_maximum_of_rows_keeps_whole_customers(examples: pa.Table) -> None:
    capped = fit(examples, replace(TrainingSettings(), max_rows=500), as_of=AS_OF)

    assert capped.row_counts["train"] <= 500
    assert capped.row_counts["holdout"] == 400


def test_the_model_is_read_back_unchanged(
    result: TrainingResult, examples: pa.Table, tmp_path: object
) -> None:
    result.model.save(tmp_path)
    again = ChurnModel.load(tmp_path)

    assert again == result.model
    np.testing.assert_array_equal(again.predict(examples), result.model.predict(examples))


def test_customers_are_scored_by_a_fit_that_knows_the_holdout_too(
    result: TrainingResult, examples: pa.Table
) -> None:
    scoring = result.model.for_scoring

    assert scoring.latest is None
    assert scoring.facts == result.model.facts
    np.testing.assert_array_equal(
        result.model.predict(result.holdout), result.holdout_probabilities
    )
    assert scoring.predict(examples).mean() == pytest.approx(
        np.array(examples["churned"]).mean(), abs=0.02
    )
    assert not np.array_equal(scoring.predict(examples), result.model.predict(examples))


def test_value_trees_that_are_better_are_part_of_the_model() -> None:
    company = planted_company(cutoffs(HOLDOUT, 8), customers=1_600).examples
    random = np.random.default_rng(5)
    days, stays = company["purchase_days_lifetime"].to_numpy(), ~np.array(company["churned"])
    dear = np.where(np.array(company["plan"]) == "pro", 200.0, 50.0)
    spent, next_spent = random.gamma(4 * days, 5), random.gamma(4, dear / 4)
    company = company.append_column("net_revenue_lifetime", pa.array(spent))
    company = company.append_column("valued_days_lifetime", company["purchase_days_lifetime"])
    company = company.append_column("next_net_revenue", pa.array(next_spent, mask=~stays))

    found = fit(company, TrainingSettings(), as_of=AS_OF)

    assert found.value is not None
    assert found.model.value_trees == found.value.trees is not None
    assert found.value.chosen.rank_correlation > found.value.formula.rank_correlation + 0.2
    assert found.all_metrics()["value_formula_rank_correlation"] < 0.2
    factors = found.model.value_factors(found.holdout)
    pro = np.array(found.holdout["plan"]) == "pro"
    assert factors[pro].mean() / factors[~pro].mean() == pytest.approx(4, rel=0.2)


def test_too_short_a_history_is_refused_with_the_number_of_cutoffs(examples: pa.Table) -> None:
    with pytest.raises(NotEnoughHistoryError, match="of which 1 a horizon of 90 days before"):
        fit(examples, TrainingSettings(), as_of=AS_OF - timedelta(days=120))


def test_features_without_any_value_are_refused(examples: pa.Table) -> None:
    keys = ["customer_id", "snapshot_date", "churned", "never_known"]

    with pytest.raises(SchemaError, match="every feature column is null"):
        fit(examples.select(keys), TrainingSettings(), as_of=AS_OF)


def test_contracts_without_orders_have_a_model_and_no_baselines(
    examples: pa.Table,
) -> None:
    orders = ["days_since_last_order", "days_since_first_order", "purchase_days_lifetime"]
    for column in orders:
        position = examples.column_names.index(column)
        examples = examples.set_column(position, column, pa.nulls(len(examples), pa.int32()))

    contractual = fit(examples, replace(TrainingSettings(), kind="contractual"), as_of=AS_OF)

    assert contractual.metrics["roc_auc"] > 0.6
    assert all(baseline.metrics is None for baseline in contractual.baselines)
    assert "recency: not applicable" in model_card(contractual)


def test_the_card_states_dates_figures_and_limits(result: TrainingResult) -> None:
    card = model_card(result)

    assert "no completed order within 90 days after the date" in card
    assert "Holdout: 2026-03-01, 400 customers" in card
    assert f"| ROC AUC | {result.metrics['roc_auc']:.3f} |" in card
    assert "not who can be kept" in card


def test_the_plots_are_pictures_and_the_same_every_time(result: TrainingResult) -> None:
    plots = all_plots(result)

    assert set(plots) == {"lift", "calibration", "features", "scores", "profit"}
    assert all(png.startswith(b"\x89PNG") for png in plots.values())
    assert plots == all_plots(result)
