"""A shop whose amounts change their meaning over night."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.drift_gate import shifts_of
from orchestration.instance import RunError
from orchestration.retraining import RETRAIN_REASON
from tests.integration.deployments import HISTORY, Deployment, differences

NEXT = HISTORY + timedelta(days=1)
IN_YUAN = 7.8


def deliver_in_another_currency(deployment: Deployment) -> None:
    """The shop delivers all of its orders again, every amount in another currency."""
    file = deployment.home.landing / "shop" / "orders" / f"orders_{HISTORY}.parquet"
    amounts = ("gross_amount", "discount_amount", "net_amount", "refunded_amount")
    changed = ", ".join(f"{amount} * {IN_YUAN} as {amount}" for amount in amounts)
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * replace ({changed}) from '{file}') to '{file}.new' (format parquet)"
        )
    Path(f"{file}.new").rename(file)


def test_a_currency_that_changes_silently_is_held_back_until_a_person_accepts_it(
    first_day: Deployment, home_copy: Path
) -> None:
    deployment = first_day.copy(home_copy)
    deliver_in_another_currency(deployment)

    with pytest.raises(RunError, match="is held back before scoring") as raised:
        deployment.day(NEXT)
    held = re.findall(r"--feature (\w+)", str(raised.value))
    # Which amounts the model reads enough of to be held is the model's own business.
    assert held
    assert all(re.search("revenue|value|margin", name) for name in held), held
    assert differences(first_day, deployment) == []
    scored = f"select count(*) from ml.churn_scores where snapshot_date = '{NEXT}'"
    assert deployment.warehouse(scored) == [(0,)]

    options = [option for name in held for option in ("--feature", name)]
    accepted = deployment.cli(
        "accept-drift", "--date", str(NEXT), *options, "--reason", "Prices are in yuan."
    )
    assert accepted.returncode == 0, accepted.stderr
    deployment.day(NEXT)
    assert deployment.warehouse(scored)[0] > (0,)
    reasons = deployment.warehouse("select distinct snapshot_date, reason from ops.accepted_drift")
    assert reasons == [(NEXT, "Prices are in yuan.")]


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
    assert run.tags[RETRAIN_REASON] == f"there was no model for {HISTORY}"
