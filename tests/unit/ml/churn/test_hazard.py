"""Plant a hazard by month and group of risk, and require that it is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit

from ml.cards.model_card import model_card
from ml.churn.hazard import HazardModel, constant_hazard, fit_hazard, score_hazards
from ml.churn.model import ChurnModel, LoadedModel
from ml.churn.person_periods import PersonPeriods
from ml.churn.score import score
from ml.config import TrainingSettings
from ml.schemas import CHURN_HAZARDS
from ml.training.train import fit
from tests.model.planted_churn import CATALOGUE
from tests.unit.ml.conftest import AS_OF

# Renewals come in the sixth and in the twelfth month, and between them few customers leave.
PLANTED = HazardModel(
    horizon_days=90,
    months_observed=12,
    levels=(-3.0, -3.0, -2.8, -3.2, -3.2, -2.0, -3.4, -3.4, -3.4, -3.4, -3.4, -1.6),
    slope=0.5,
)
GROUPS = np.array([0.05, 0.15, 0.4])


def followed(size: int, seed: int, model: HazardModel = PLANTED) -> pa.Table:
    """Customers of the three groups under the planted hazard, followed for a year."""
    random = np.random.default_rng(seed)
    probabilities = random.choice(GROUPS, size)
    leaves = random.random((size, len(model.levels))) < model.hazards(probabilities)
    month = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, 0)
    return pa.table(
        {
            "customer_id": [f"c{number:06d}" for number in range(size)],
            "snapshot_date": pa.repeat(pa.scalar(date(2025, 1, 1)), size),
            "months_observed": pa.repeat(pa.scalar(12, pa.int32()), size),
            "left_in_month": pa.array(month.astype(np.int32), mask=month == 0),
            "churn_probability": probabilities,
        }
    )


def months_of(rows: pa.Table, ended_by: date = date(2026, 12, 31)) -> PersonPeriods:
    return PersonPeriods.of(rows, rows["churn_probability"].to_numpy(), ended_by=ended_by)


@pytest.fixture(scope="module")
def found() -> HazardModel:
    return HazardModel.fit(months_of(followed(40_000, seed=1)), horizon_days=90)


def test_the_planted_hazard_of_each_month_and_group_is_recovered(found: HazardModel) -> None:
    """Within a tenth; on five other seeds the worst of the 36 hazards was off by 5 to 9 %."""
    np.testing.assert_allclose(found.hazards(GROUPS), PLANTED.hazards(GROUPS), rtol=0.1)
    assert found.slope == pytest.approx(PLANTED.slope, abs=0.06)


def test_survival_over_the_horizon_is_one_minus_the_churn_probability(found: HazardModel) -> None:
    probabilities = np.concatenate([[1e-9, 1 - 1e-9], np.linspace(0.001, 0.999, 999)])
    staying = np.cumprod(1 - found.hazards(probabilities), axis=1)

    np.testing.assert_allclose(staying[:, 2], 1 - probabilities, rtol=0, atol=1e-12)


@pytest.mark.parametrize("horizon_days", [7, 30, 45, 365])
def test_a_horizon_may_end_within_a_month(horizon_days: int) -> None:
    rows = followed(2_000, seed=2)
    found = HazardModel.fit(months_of(rows), horizon_days)
    hazards = found.hazards(GROUPS)
    whole, rest = divmod(horizon_days, 30)
    staying = np.prod(1 - hazards[:, :whole], axis=1)
    if rest:
        staying *= (1 - hazards[:, whole]) ** (rest / 30)

    np.testing.assert_allclose(staying, 1 - GROUPS, rtol=0, atol=1e-12)


def test_survival_never_rises_and_stays_a_probability(found: HazardModel) -> None:
    hazards = found.hazards(np.array([0.0, 1e-15, 0.3, 1 - 1e-15, 1.0]))
    staying = np.cumprod(1 - hazards, axis=1)

    assert np.isfinite(hazards).all()
    assert ((hazards >= 0) & (hazards <= 1)).all()
    assert (np.diff(staying, axis=1) <= 0).all()


def test_a_higher_churn_probability_never_has_a_lower_later_hazard(found: HazardModel) -> None:
    turned = HazardModel.fit(months_of(followed(5_000, 3, replace(PLANTED, slope=-1.0))), 90)

    assert turned.slope == 0
    assert (np.diff(found.hazards(GROUPS), axis=0) > 0).all()


@pytest.mark.parametrize("churned", [0, 1, 3])
def test_few_churned_customers_give_smooth_levels(churned: int) -> None:
    rows = followed(300, seed=4)
    month = np.zeros(300, dtype=np.int32)
    month[:churned] = 7
    position = rows.column_names.index("left_in_month")
    rows = rows.set_column(position, "left_in_month", pa.array(month, mask=month == 0))
    found = HazardModel.fit(months_of(rows), 90)
    steps = np.diff(found.levels)

    assert np.isfinite(found.levels).all()
    assert np.abs(steps).max() < 0.5
    assert found.slope == pytest.approx(1, abs=0.5)


def test_months_without_data_have_the_level_of_the_last_one() -> None:
    known = months_of(followed(20_000, seed=5), ended_by=date(2025, 1, 1) + timedelta(days=150))
    found = HazardModel.fit(known, 90)

    assert found.months_observed == 5
    assert len(set(found.levels[4:])) == 1
    assert found.levels[4] == pytest.approx(PLANTED.levels[4], abs=0.15)


def test_equal_months_give_the_constant_hazard() -> None:
    even = HazardModel(90, 12, (-3.0,) * 12, 1.0)
    found = HazardModel.fit(months_of(followed(20_000, 6, even)), 90)

    constant = constant_hazard(GROUPS, 90)[:, None]
    np.testing.assert_allclose(found.hazards(GROUPS), np.tile(constant, 12), rtol=0.15)


def test_returns_within_the_horizon_lower_the_later_hazards() -> None:
    """Twice as many leave in a month as have churned at the horizon's end: half come back."""
    rows = followed(20_000, seed=7)
    doubled = rows["churn_probability"].to_numpy()
    position = rows.column_names.index("churn_probability")
    halved = rows.set_column(position, "churn_probability", pa.array(doubled / 2))
    found = HazardModel.fit(months_of(halved), 90)

    later = found.hazards(np.array([GROUPS[1] / 2]))[0, 3:]
    counted = PLANTED.hazards(GROUPS[[1]])[0, 3:]
    np.testing.assert_allclose(later / counted, 0.5, atol=0.15)
    assert np.exp(found.shift) == pytest.approx(0.5, abs=0.1)


def test_fitting_ends_at_the_holdout_date_and_evaluation_begins_there() -> None:
    rows = followed(5_000, seed=8)
    holdout_date = date(2025, 1, 1) + timedelta(days=210)
    probabilities = rows["churn_probability"].to_numpy()
    position = rows.column_names.index("snapshot_date")
    later = rows.set_column(
        position, "snapshot_date", pa.repeat(pa.scalar(holdout_date), len(rows))
    )
    known = {"horizon_days": 90, "holdout_date": holdout_date}

    result = fit_hazard(
        (rows, probabilities),
        (later, probabilities),
        as_of=holdout_date + timedelta(days=90),
        **known,
    )

    assert result is not None
    assert result.model.months_observed == 7
    assert result.model == HazardModel.fit(months_of(rows, ended_by=holdout_date), 90)
    assert [month.month for month in result.months] == [1, 2, 3, 8, 9, 10]
    assert result.log_loss < result.constant_log_loss
    assert result.log_loss < result.average_log_loss
    for month in result.months:
        assert month.observed == pytest.approx(month.predicted, abs=0.015)


@pytest.fixture(scope="module")
def contracts(examples: pa.Table) -> pa.Table:
    """The planted company as one of contracts: its churned customers leave in the second month."""
    orders = ["days_since_last_order", "days_since_first_order", "purchase_days_lifetime"]
    for column in orders:
        position = examples.column_names.index(column)
        examples = examples.set_column(position, column, pa.nulls(len(examples), pa.int32()))
    left = np.where(np.array(examples["churned"]), 2, 0).astype(np.int32)
    return examples.append_column(
        "months_observed", pa.repeat(pa.scalar(3, pa.int32()), len(examples))
    ).append_column("left_in_month", pa.array(left, mask=left == 0))


@pytest.fixture(scope="module")
def contractual(contracts: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """A model of it, saved and read back."""
    folder = tmp_path_factory.mktemp("contractual")
    result = fit(contracts, replace(TrainingSettings(), kind="contractual"), as_of=AS_OF)
    assert {"hazard_log_loss", "hazard_slope"} <= set(result.all_metrics())
    assert "## Hazard by month" in model_card(result)
    assert "No customer was followed further than month 3" in model_card(result)
    result.model.save(folder)
    loaded = ChurnModel.load(folder)
    assert loaded == result.model
    assert loaded.fingerprint != replace(loaded, hazard=None).fingerprint
    return LoadedModel(loaded, "7", AS_OF)


def test_a_contractual_model_gives_the_hazards_of_scored_customers(
    contractual: LoadedModel, contracts: pa.Table
) -> None:
    assert contractual.model.hazard is not None
    scores = score(contractual, contracts, CATALOGUE)
    hazards = score_hazards(contractual.model.hazard, scores)

    assert hazards.schema == CHURN_HAZARDS
    assert len(hazards) == 12 * len(scores)
    survival = hazards["survival"].to_numpy().reshape(-1, 12)
    np.testing.assert_allclose(
        survival[:, 2], 1 - scores["churn_probability"].to_numpy(), rtol=0, atol=1e-9
    )
    second = hazards["hazard"].to_numpy().reshape(-1, 12)[:, 1]
    assert (second > hazards["hazard"].to_numpy().reshape(-1, 12)[:, 0]).all()


def test_a_non_contractual_model_has_no_hazard_and_its_card_no_section(
    loaded: LoadedModel, result: object
) -> None:
    assert loaded.model.hazard is None
    assert "Hazard by month" not in model_card(result)


def test_the_levels_are_log_odds_of_the_average_customer() -> None:
    average = 1 - np.prod(1 - expit(PLANTED.levels[:3]))

    np.testing.assert_allclose(PLANTED.hazards(np.array([average]))[0], expit(PLANTED.levels))
