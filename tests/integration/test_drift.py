"""A shop that delivers its past again, and whose amounts change their meaning with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.drift.gate import shifts_of
from orchestration.runtime.instance import RunError
from orchestration.training.retrain_reason import RETRAIN_REASON
from tests.integration.deployments import HISTORY, Deployment, differences

NEXT = HISTORY + timedelta(days=1)
IN_YUAN = 7.8


MISSING_ORDERS = 10


@dataclass(frozen=True)
class Accepted:
    """A deployment whose shift was held back, accepted by a person, and published.

    Attributes:
        deployment: it, in the end.
        message: what the run that was held back said.
        published_when_held: published tables that differed from the day before's while it was.
        scored_when_held: customers with a score of the day while it was.
    """

    deployment: Deployment
    message: str
    published_when_held: list[str]
    scored_when_held: int

    def held(self) -> list[str]:
        return re.findall(r"--feature (\w+)", self.message)

    def scored(self) -> int:
        return scored(self.deployment)


@pytest.fixture(scope="module")
def accepted(first_day: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Accepted:
    """The company after its shop delivered all but a few of its orders again, in another currency.

    The shift is accepted by the command that the run that was held back names.
    """
    deployment = first_day.copy(tmp_path_factory.mktemp("drift") / "home")
    deliver_again_in_another_currency(deployment)
    with pytest.raises(RunError, match="publication is blocked before scoring") as raised:
        deployment.day(NEXT)
    untouched = differences(first_day, deployment)
    known = Accepted(deployment, str(raised.value), untouched, scored(deployment))

    options = [option for name in known.held() for option in ("--feature", name)]
    accepted = deployment.cli(
        "accept-drift", "--date", str(NEXT), *options, "--reason", "Prices are in yuan."
    )
    assert accepted.returncode == 0, accepted.stderr
    deployment.day(NEXT)
    return known


def deliver_again_in_another_currency(deployment: Deployment) -> None:
    """The shop delivers its orders again without a few, every amount in another currency."""
    file = deployment.home.landing / "shop" / "orders" / f"orders_{HISTORY}.parquet"
    amounts = ("gross_amount", "discount_amount", "net_amount", "refunded_amount")
    changed = ", ".join(f"{amount} * {IN_YUAN} as {amount}" for amount in amounts)
    with duckdb.connect() as con:
        con.execute(
            f"""
            copy (
                select * replace ({changed}) from '{file}'
                order by order_no offset {MISSING_ORDERS}
            ) to '{file}.new' (format parquet)
            """
        )
    Path(f"{file}.new").rename(file)


def scored(deployment: Deployment) -> int:
    """Customers with a score of the day."""
    [(count,)] = deployment.warehouse(
        f"select count(*) from ml.churn_scores where snapshot_date = '{NEXT}'"
    )
    assert isinstance(count, int)
    return count


def test_a_currency_that_changes_silently_is_held_back_until_a_person_accepts_it(
    accepted: Accepted,
) -> None:
    # Which amounts the model reads enough of to be held is the model's own business.
    assert accepted.held()
    assert all(re.search("revenue|value|margin", name) for name in accepted.held()), accepted
    assert accepted.published_when_held == []
    assert accepted.scored_when_held == 0

    assert accepted.scored() > 0
    reasons = accepted.deployment.warehouse(
        "select distinct snapshot_date, reason from ops.accepted_drift"
    )
    assert reasons == [(NEXT, "Prices are in yuan.")]


def test_a_corrected_file_replaces_what_it_said(first_day: Deployment, accepted: Accepted) -> None:
    [(before,)] = first_day.query("select count(*) from marts.fct_orders")
    [(superseded,)] = accepted.deployment.query(
        f"""
        select superseded from ops.data_quality_daily
        where table_name = 'orders' and snapshot_date = '{NEXT}'
        """
    )
    assert isinstance(before, int)
    assert isinstance(superseded, int)
    assert superseded >= before


def test_the_gate_and_the_published_table_give_the_same_index(first_day: Deployment) -> None:
    with duckdb.connect(str(first_day.home.warehouse), read_only=True) as con:
        gate = {shift.feature: shift for shift in shifts_of(con, HISTORY)}
    rows = first_day.query(
        "select feature, training_psi, null_share, reference_null_share, chance_psi, compared_with"
        " from feedback.drift_daily"
    )
    published = {str(name): figures for name, *figures in rows}

    assert set(published) == {*gate, "churn_probability"}
    for name, shift in gate.items():
        psi, nulls, trained_nulls, chance, compared_with = published[name]
        assert psi == pytest.approx(shift.psi, abs=1e-9), name
        assert nulls == pytest.approx(shift.null_share, abs=1e-9), name
        assert trained_nulls == pytest.approx(shift.reference_null_share, abs=1e-9), name
        assert compared_with == "earlier day" or chance == pytest.approx(shift.chance, abs=1e-6)


def test_the_first_model_says_why_it_was_trained(first_day: Deployment) -> None:
    import dagster as dg

    first_day.runner()
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(dg.RunsFilter(tags={"dagster/partition": str(HISTORY)}))
    assert run.tags[RETRAIN_REASON] == f"no model was in use for {HISTORY}"
