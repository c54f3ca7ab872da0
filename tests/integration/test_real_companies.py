"""Whole runs on real and realistic companies: what cannot be predicted, and what can.

The data sets are public and not part of the repository: RAVENSTACK_DIR and ONLINE_RETAIL_DIR name
their folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from deployment.config_file import load_config
from deployment.home import Home
from orchestration.resources import Models
from orchestration.runtime.instance import prepare
from orchestration.training.recorded_metrics import recorded_metrics
from tests.integration.deployments import (
    ROOT,
    Deployment,
    stages_at_the_end,
    with_quick_training,
)

RAVENSTACK = ROOT / "config" / "ravenstack.yml"
RAVENSTACK_DAY = date(2024, 12, 31)
ONLINE_RETAIL = ROOT / "config" / "online_retail.yml"
ONLINE_RETAIL_DAY = date(2010, 12, 9)

pytestmark = pytest.mark.shared_data


@contextmanager
def data_in(variable: str) -> Iterator[None]:
    """The variable naming its folder, or a skip that says what to set."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"set {variable} to the folder of the data set")
    if not Path(name).is_dir():
        pytest.skip(f"there is no folder {name} (from {variable})")
    yield


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """RavenStack, whose churn is random, after its only run."""
    folder = tmp_path_factory.mktemp("ravenstack")
    deployment = Deployment(Home(folder / "home"), with_quick_training(RAVENSTACK, folder))
    with data_in("RAVENSTACK_DIR"):
        deployment.day(RAVENSTACK_DAY)
    return deployment


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Online Retail, a year of a real shop, after its only run."""
    folder = tmp_path_factory.mktemp("online_retail")
    deployment = Deployment(Home(folder / "home"), with_quick_training(ONLINE_RETAIL, folder))
    with data_in("ONLINE_RETAIL_DIR"):
        deployment.day(ONLINE_RETAIL_DAY)
    return deployment


def test_random_churn_gives_every_customer_the_base_rate(contracts: Deployment) -> None:
    [(risks, customers, probabilities, reasons, causes)] = contracts.query(
        """
        select
            count(*), count(distinct customer_id), count(distinct churn_probability),
            count_if(reason_1 not like 'No measured%'), count(main_cause)
        from activation.customer_risk_daily
        """
    )
    [(eligible,)] = contracts.warehouse(
        f"""
        select count(*) from features.feat_customer_snapshots
        where is_eligible and snapshot_date = '{RAVENSTACK_DAY}'
        """
    )
    assert risks == customers == eligible > 100
    assert (probabilities, reasons, causes) == (1, 0, 0)


def test_the_average_in_use_is_judged_on_its_holdout(contracts: Deployment) -> None:
    [(auc,)] = contracts.query(
        """
        select roc_auc
        from feedback.prediction_performance
        inner join (select distinct model_version from activation.customer_risk_daily)
            using (model_version)
        """
    )
    assert auc == 0.5


def test_the_registry_says_why_the_average_is_in_use(contracts: Deployment) -> None:
    with data_in("RAVENSTACK_DIR"):
        config = load_config(contracts.config)
    champion = Models(contracts.home, config).registry.champion(RAVENSTACK_DAY)

    assert champion is not None
    assert champion.model.is_average
    assert champion.model.facts.why_average


def test_random_churn_gives_one_survival_curve_that_fits_the_probability(
    contracts: Deployment,
) -> None:
    months = contracts.query(
        """
        select
            month_ahead,
            count(distinct customer_id),
            min(survival),
            max(survival),
            max(abs(survival - (1 - churn_probability)))
        from activation.customer_survival_monthly
        inner join activation.customer_risk_daily using (customer_id, snapshot_date)
        group by month_ahead
        order by month_ahead
        """
    )
    [(customers,)] = contracts.query("select count(*) from activation.customer_risk_daily")

    assert [month for month, *_ in months] == list(range(1, 13))
    assert all(counted == customers for _, counted, *_ in months)
    assert all(low == high for _, _, low, high, _ in months)
    assert months[2][4] < 1e-9


def test_the_month_of_leaving_agrees_with_the_outcome_of_the_horizon(
    contracts: Deployment,
) -> None:
    """A churned customer ends in a month of the horizon; other ended customers came back."""
    [(churned_without_leaving, left_in_horizon, churned)] = contracts.warehouse(
        """
        select
            count_if(churned and coalesce(left_in_month, 99) > 3),
            count_if(left_in_month <= 3),
            count_if(churned)
        from labels.lbl_churn_months
        inner join labels.lbl_churn_outcomes using (customer_id, snapshot_date)
        """
    )
    assert churned_without_leaving == 0
    assert left_in_horizon >= churned > 0


def test_the_stages_of_contracts_and_of_orders_end_where_the_customers_stand(
    contracts: Deployment, shop: Deployment
) -> None:
    for deployment in (contracts, shop):
        ended = stages_at_the_end(deployment)
        assert len(ended) == 3
        assert all(stayed == standing > 0 for _, stayed, standing in ended)


def test_the_model_of_a_real_shop_beats_recency_and_stands_beside_bg_nbd(shop: Deployment) -> None:
    [(version,)] = shop.query("select distinct model_version from activation.customer_risk_daily")
    prepare(shop.home, shop.config)
    with dg.DagsterInstance.get() as instance:
        metrics = recorded_metrics(instance, str(version))

    assert metrics["roc_auc"] > metrics["recency.roc_auc"]
    assert metrics["recency.auc_difference_low"] > 0
    assert 0.5 < metrics["bg_nbd.roc_auc"] < 1


def test_a_shop_with_orders_only_has_order_signals_only(shop: Deployment) -> None:
    signals = {
        signal
        for (signal,) in shop.query(
            "select distinct signal from activation.customer_warnings_daily"
        )
    }
    assert "order_overdue" in signals
    of_orders = {"orders_falling", "orders_sliding", "order_overdue", "returns_rising"}
    assert signals <= {*of_orders, "departing"}
    assert shop.query("select count(*) from activation.demand_forecast_daily") == [(0,)]


def test_customers_with_an_overdue_order_churn_twice_as_often_as_similar_customers(
    shop: Deployment,
) -> None:
    """On the latest date with an outcome, of customers with the pauses that the signal needs."""
    [(warned, rate, base)] = shop.warehouse(
        """
        select
            count(signals.signal),
            avg(cast(churned as integer)) filter (where signals.signal is not null),
            avg(cast(churned as integer))
        from features.feat_customer_snapshots as features
        inner join labels.lbl_churn_outcomes using (customer_id, snapshot_date)
        left join warnings.fct_warning_signals as signals
            on
                features.customer_id = signals.customer_id
                and features.snapshot_date = signals.snapshot_date
                and signals.signal = 'order_overdue'
        where features.snapshot_date = date '2010-09-10' and purchase_days_lifetime >= 3
        """
    )
    assert warned > 30
    assert rate >= 2 * base
