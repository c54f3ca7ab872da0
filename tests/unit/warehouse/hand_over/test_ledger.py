from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.warehouse.hand_over.decided_company import DAY, SLUG, DecidedCompany
from warehouse.hand_over.action_list import action_list
from warehouse.hand_over.ledger import record, refused
from warehouse.hand_over.outcomes import Outcome

ROWS = """
select customer_id, destination, attempts, handed_over_at is not null, error
from ops.handed_over order by all
"""


def decision_id(company: DecidedCompany, customer_id: str) -> str:
    (found,) = [each for each in company.listed(DAY) if each["customer_id"] == customer_id]
    return str(found["decision_id"])


@pytest.fixture
def decided(company: DecidedCompany) -> DecidedCompany:
    for customer in ("c1", "c2"):
        company.contact(customer)
        company.decide(customer)
    return company


def write(company: DecidedCompany, destination: str, *outcomes: Outcome) -> None:
    with company.warehouse.connect() as con, action_list(con, company.published, SLUG, [DAY]):
        record(con, destination, outcomes)


def dead(company: DecidedCompany) -> list[tuple[str, str, bool]]:
    with company.warehouse.connect() as con, action_list(con, company.published, SLUG, []):
        return [
            (row["customer_id"], row["destination"], row["is_tried_again"])
            for row in refused(con).to_pylist()
        ]


def test_attempts_of_all_runs_are_added_and_the_latest_error_stands(
    decided: DecidedCompany,
) -> None:
    first, second = (decision_id(decided, customer) for customer in ("c1", "c2"))
    write(decided, "http", Outcome(first, 5, "it answers 500"), Outcome(second, 1))
    write(decided, "http", Outcome(first, 2, "it answers 422"))
    write(decided, "postgres", Outcome(first, 1))
    assert decided.rows(ROWS) == [
        ("c1", "http", 7, False, "it answers 422"),
        ("c1", "postgres", 1, True, None),
        ("c2", "http", 1, True, None),
    ]
    write(decided, "http", Outcome(first, 1))
    assert decided.rows(ROWS)[0] == ("c1", "http", 8, True, None)


def test_the_time_at_which_a_decision_was_taken_stays(decided: DecidedCompany) -> None:
    outcome = Outcome(decision_id(decided, "c1"), 1)
    write(decided, "http", outcome)
    times = decided.rows("select handed_over_at from ops.handed_over")
    write(decided, "http", outcome)
    assert decided.rows("select handed_over_at from ops.handed_over") == times


def test_a_refused_decision_is_tried_again_until_it_expires_or_is_withheld(
    decided: DecidedCompany,
) -> None:
    first, second = (decision_id(decided, customer) for customer in ("c1", "c2"))
    write(decided, "http", Outcome(first, 5, "500"), Outcome(second, 5, "500"))
    write(decided, "postgres", Outcome(first, 1))
    assert sorted(dead(decided)) == [("c1", "http", True), ("c2", "http", True)]
    decided.contact("c2", has_consent=False)
    assert sorted(dead(decided)) == [("c1", "http", True), ("c2", "http", False)]
    decided.run(DAY + timedelta(days=7))
    assert sorted(dead(decided)) == [("c1", "http", False), ("c2", "http", False)]
