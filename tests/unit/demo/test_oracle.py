"""The oracle knows the effect of every decision, and no decision changes another's effect."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from demo import sql_files
from demo.oracle import potential_outcomes

COMPANY = {
    "people": 300,
    "seed": 7,
    "first_date": date(2024, 7, 1),
    "last_date": date(2026, 6, 30),
}
OUTCOMES = "person_id, sent_on, action_id, would_order_untreated, would_order_treated, redeems"


@pytest.fixture(scope="module")
def sent(company) -> pa.Table:
    """Outcomes of every action for each touch of the past campaigns, from the truth's file."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {OUTCOMES} from '{company.truth}/potential_outcomes.parquet' order by all"
        ).to_arrow_table()


@pytest.fixture(scope="module")
def undecided() -> pa.Table:
    """Every action for every person on two following days, on which nobody was touched by plan."""
    with duckdb.connect() as connection:
        decisions = connection.execute(
            """
            select
                person_id, date '2025-10-14' + day_no::integer as sent_on,
                unnest(['voucher_15', 'service_call', 'newsletter']) as action_id
            from range(1, 301) as people (person_id), range(2) as days (day_no)
            """
        ).to_arrow_table()
    return potential_outcomes(decisions, **COMPANY)


def test_touches_of_the_past_campaigns_have_the_outcomes_of_the_truth(sent):
    found = potential_outcomes(sent.select(["person_id", "sent_on", "action_id"]), **COMPANY)

    assert found.select(sent.column_names).to_pylist() == sent.to_pylist()
    assert len(sent) > 1_000


def test_the_outcome_of_a_decision_depends_on_no_other_decision(undecided):
    few = undecided.take(pa.array([5, 500, 1_200]))

    found = potential_outcomes(few.select(["person_id", "sent_on", "action_id"]), **COMPANY)

    assert found.to_pylist() == few.to_pylist()


def test_the_cut_into_batches_changes_no_outcome(undecided, monkeypatch):
    monkeypatch.setattr(sql_files, "PEOPLE_A_BATCH", 90)

    found = potential_outcomes(undecided.select(["person_id", "sent_on", "action_id"]), **COMPANY)

    assert found.equals(undecided)


def test_another_seed_gives_other_outcomes(undecided):
    decisions = undecided.select(["person_id", "sent_on", "action_id"])

    other = potential_outcomes(decisions, **{**COMPANY, "seed": 8})

    assert not other["would_order_untreated"].equals(undecided["would_order_untreated"])


def test_the_next_day_keeps_a_person_as_well_as_the_day_before(undecided):
    days = {
        day: undecided.filter(pc.equal(undecided["sent_on"], pa.scalar(day))).to_pylist()
        for day in (date(2025, 10, 14), date(2025, 10, 15))
    }
    same = [
        (before["would_order_treated"], after["would_order_treated"])
        for before, after in zip(*days.values(), strict=True)
        if not (before["would_order_untreated"] or after["would_order_untreated"])
        and (before["cause"], before["is_lost"]) == (after["cause"], after["is_lost"])
    ]

    assert (True, True) in same
    assert all(before == after for before, after in same)
