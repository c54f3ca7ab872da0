"""Causes of churn in the demo company are planted; the named cause must be the planted one.

Two in three of the churned customers say why before they leave, and one complaint in ten names
another cause. Where nobody says anything, behaviour alone reveals little, and no cause is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from demo import generate
from deployment.home import Home
from evaluation.lead_times import planted_lead_times
from evaluation.logs import data_of
from evaluation.planted import DAY, CausePairs, causes_of_churn
from evaluation.reasons import first_reasons
from ml.schemas import CAUSES
from orchestration.resources import Models
from tests.integration.deployments import DEMO, Deployment
from warehouse.connection import Warehouse

PEOPLE = 2500
# Listed customers who are expected to stay (config/demo.yml).
BUDGET = 10


@dataclass(frozen=True)
class Company:
    """A deployment in Chinese after its run, and where its truth lies."""

    deployment: Deployment
    truth: Path


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("causes")
    home = Home(folder / "home")
    generate(home.landing, folder / "truth", people=PEOPLE, daily_drops=0)
    config = folder / "demo.yml"
    # Neither the search for better trees nor earlier holdouts have to do with causes.
    text = DEMO.read_text(encoding="utf-8").replace("language: en", "language: zh")
    text = text.replace("training: {", "training: {tuning_trials: 0, earlier_origins: 0, ")
    config.write_text(text, encoding="utf-8")
    deployment = Deployment(home, config)
    deployment.day(DAY)
    return Company(deployment, folder / "truth")


@pytest.fixture(scope="module")
def causes(company: Company) -> CausePairs:
    """The planted and the named cause of each churned customer."""
    home, runner = company.deployment.home, company.deployment.runner()
    used = Models(home, runner.config).registry.champion(DAY)
    assert used is not None
    warehouse = Warehouse(home.warehouse, runner.config.time_zone)
    return causes_of_churn(warehouse, company.truth, used)


def right(pairs: CausePairs) -> float:
    return sum(planted == found for planted, found in pairs) / len(pairs)


def test_the_main_cause_is_named_for_two_churned_customers_in_three_and_mostly_right(
    causes: CausePairs,
) -> None:
    named = [pair for pair in causes if pair[1] is not None]

    assert len(causes) > 200
    # Of seed 7, .73 are named, and .80 of these are right. By the model alone: .40 and .63.
    assert len(named) > 0.65 * len(causes)
    assert right(named) >= 0.7


def test_every_main_cause_is_right_far_above_chance(
    causes: CausePairs,
) -> None:
    for cause in CAUSES:
        named = [pair for pair in causes if pair[1] == cause]
        if len(named) >= 10:
            share = sum(planted == cause for planted, _ in causes) / len(causes)
            assert right(named) > 2 * share, cause
            assert right(named) > 0.5, cause


def test_the_first_reason_separates_on_a_later_date_more_often_if_it_was_measured(
    company: Company,
) -> None:
    data = data_of(company.deployment.runner().config, company.deployment.home, DAY)

    every, measured = first_reasons(data)

    assert not every.is_measured
    assert measured.is_measured
    # With three seeds it was .42 to .51 without evidence and .70 to .82 with it.
    assert measured.separating_share > 0.65 > 0.58 > every.separating_share
    assert measured.given_share > 0.65
    assert measured.unknown_cause == every.unknown_cause


def test_the_list_finds_the_planted_departures_within_its_budget(company: Company) -> None:
    """Among halves of the customers of seeds 7 and 11, .21 to .30 of the departing were shown.

    .57 to .76 of the shown were departing, and .08 to .09 of all. The former list, by the churn
    probability, showed .08 to .12 of the departing.
    """
    found = planted_lead_times(company.deployment.home.published, company.truth, DAY, DAY)

    assert found.reachable_share == 1
    assert found.precision > 3 * found.base_rate
    assert found.seen_share > 0.15
    assert found.shown_customers - found.shown_departing <= 2 * BUDGET
    assert found.median_days_to_limit is not None
    assert found.median_days_to_limit > 14


def test_a_company_with_chinese_in_its_configuration_reads_chinese(company: Company) -> None:
    [(customers, reasons, chinese)] = company.deployment.query(
        r"""
        select
            count(*),
            count(reason_1),
            count_if(regexp_matches(concat(reason_1, reason_2, reason_3), '\p{Han}'))
        from activation.customer_risk_daily
        where risk_tier <> 'low'
        """
    )

    assert customers == reasons == chinese
    assert isinstance(customers, int)
    assert customers > 100
