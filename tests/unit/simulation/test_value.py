"""The value of touches is the difference of the orders with and without them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from demo.oracle import potential_outcomes
from simulation.run import as_decisions
from simulation.value import customers_on, margins, value_by_day
from tests.unit.simulation.conftest import COMPANY

SENT = COMPANY.start + timedelta(1)


def touches(action: str, people: int = COMPANY.people) -> pa.Table:
    return pa.table(
        {
            "person_id": pa.array(range(1, people + 1), pa.int64()),
            "action_id": [action] * people,
            "sent_on": pa.array([SENT] * people, pa.date32()),
            "contact_cost": [2.0] * people,
        }
    )


def outcomes_of(sent: pa.Table) -> pa.Table:
    return potential_outcomes(
        sent.select(["person_id", "sent_on", "action_id"]),
        people=COMPANY.people,
        seed=COMPANY.seed,
        first_date=COMPANY.first_date,
        last_date=COMPANY.last_date,
    )


@pytest.mark.parametrize(
    ("action", "sign"), [("newsletter", 0), ("courtesy_call", -1), ("personal_letter", 1)]
)
def test_the_sign_of_the_margin_is_that_of_the_planted_effect(
    action: str, sign: int, untouched: Path, tmp_path: Path
) -> None:
    sent = touches(action)
    COMPANY.write_world(tmp_path / "touched", as_decisions(sent))
    outcomes = outcomes_of(sent)
    [row] = value_by_day(untouched, tmp_path / "touched", sent, outcomes).to_pylist()
    gained = pc.sum(
        pc.and_not(outcomes["would_order_treated"], outcomes["would_order_untreated"])
    ).as_py()
    assert (row["sent_on"], row["treated"], row["kept"]) == (SENT, COMPANY.people, gained)
    assert row["contact_cost"] == 2.0 * COMPANY.people
    assert (row["margin"] > 0) - (row["margin"] < 0) == sign
    assert (row["kept"] > row["lost"]) - (row["kept"] < row["lost"]) == sign


def test_an_order_earns_its_net_amount_less_the_cost_of_the_goods(untouched: Path) -> None:
    [(orders, people, share)] = duckdb.sql(
        f"select count(*), count(distinct person_id), sum(margin) / sum(net_amount)"
        f" from ({margins(untouched)})"
    ).fetchall()
    assert orders > 1_000
    assert people > 150
    assert 0.2 < share < 0.8


def test_eligible_people_ordered_within_180_days(untouched: Path) -> None:
    customers = customers_on(untouched, SENT, 90)
    [(latest,)] = duckdb.sql(f"select max({SENT.toordinal()} - 0) from customers").fetchall()
    assert latest == SENT.toordinal()
    known = duckdb.sql(
        f"""
        select count(distinct person_id) from ({margins(untouched)})
        where ordered_on < '{SENT}' and ordered_on >= date '{SENT}' - 180
        """
    ).fetchall()
    assert [(len(customers),)] == known
    assert pc.min(customers["order_amount"]).as_py() > 0
