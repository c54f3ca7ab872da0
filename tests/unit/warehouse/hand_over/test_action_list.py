"""The list of actions: its rows, their ids, and the part of the contact in each."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from tests.unit.warehouse.hand_over.decided_company import (
    DAY,
    EMAIL,
    NAME,
    PHONE,
    SLUG,
    DecidedCompany,
)
from warehouse.errors import WarehouseError
from warehouse.hand_over.action_list import (
    CONTACT_COLUMNS,
    action_list,
    actions_not_taken,
    actions_of,
    counts_by_status,
    withdrawn_actions,
)
from warehouse.hand_over.ledger import record
from warehouse.hand_over.outcomes import Outcome


@pytest.mark.parametrize(
    ("action_id", "expected"),
    [
        ("voucher", {"email": EMAIL}),
        ("service_call", {"phone": PHONE, "full_name": NAME}),
        ("letter", {"full_name": NAME, "city": "Kiel", "country": "DE"}),
    ],
)
def test_a_channel_gets_the_part_of_the_contact_that_it_needs(
    company: DecidedCompany, action_id: str, expected: dict[str, str]
) -> None:
    company.contact("c1")
    company.decide("c1", action_id)
    (action,) = company.listed()
    assert {name: action[name] for name in CONTACT_COLUMNS if action[name]} == expected
    assert action["status"] == "ready"


def test_the_id_of_a_decision_is_a_digest_of_what_makes_it_unique(company: DecidedCompany) -> None:
    company.contact("c1")
    company.decide("c1")
    (action,) = company.listed()
    expected = hashlib.sha256(f"{SLUG}/2026-06-30/c1/voucher".encode()).hexdigest()
    assert action["decision_id"] == expected


def test_only_treatments_are_listed_and_only_those_that_were_published(
    company: DecidedCompany,
) -> None:
    company.contact("c1")
    company.decide("c1", arm="control")
    company.execute(
        "insert into ops.decided_actions by name select date '2026-06-30' as snapshot_date,"
        " 'c1' as customer_id, 'voucher' as action_id, 'treatment' as arm,"
        " 1 as chosen_with_probability"
    )
    assert company.listed(DAY) == []


@pytest.mark.parametrize(
    ("contact", "action_id", "status"),
    [
        ({"has_consent": False}, "voucher", "consent_withdrawn"),
        ({"is_suppressed": True}, "voucher", "suppressed"),
        ({"is_suppressed": True, "has_consent": False}, "service_call", "suppressed"),
        ({"is_erased": True}, "service_call", "customer_erased"),
        ({"email": None}, "voucher", "no_contact"),
        ({"phone": None}, "service_call", "no_contact"),
    ],
)
def test_an_action_is_withheld_for_a_reason_known_today(
    company: DecidedCompany, contact: dict[str, object], action_id: str, status: str
) -> None:
    company.contact("c1", **contact)
    company.decide("c1", action_id)
    assert [action["status"] for action in company.listed()] == [status]


def test_a_customer_without_any_contact_row_gets_nothing(company: DecidedCompany) -> None:
    company.decide("c1", "service_call")
    assert [action["status"] for action in company.listed()] == ["customer_erased"]


def test_an_action_expires_on_its_last_day_because_that_day_has_ended(
    company: DecidedCompany,
) -> None:
    company.contact("c1")
    company.decide("c1", expires_on=DAY + timedelta(days=2))
    assert [action["status"] for action in company.listed()] == ["ready"]
    company.run(DAY + timedelta(days=1))
    assert [action["status"] for action in company.listed()] == ["ready"]
    company.run(DAY + timedelta(days=2))
    assert company.listed() == []
    assert [action["status"] for action in company.listed(DAY)] == ["expired"]


def test_a_receiver_is_asked_for_what_it_has_not_taken_the_most_valuable_first(
    company: DecidedCompany,
) -> None:
    for customer, value in (("c1", 1), ("c2", 3), ("c3", 2), ("c4", 9)):
        company.contact(customer, has_consent=customer != "c4")
        company.decide(customer, expected_net_value=value)
    with (
        company.warehouse.connect() as con,
        action_list(con, company.published, SLUG, [DAY]),
    ):
        assert counts_by_status(con) == {"consent_withdrawn": 1, "ready": 3}
        assert actions_of(con, DAY)["customer_id"].to_pylist() == ["c2", "c3", "c1"]
        assert actions_of(con, DAY - timedelta(days=1)).num_rows == 0
        first, second, _ = actions_of(con, DAY)["decision_id"].to_pylist()
        record(con, "http", [Outcome(first, 1), Outcome(second, 5, "it fails")])
        assert actions_not_taken(con, "http")["customer_id"].to_pylist() == ["c3", "c1"]
        assert actions_not_taken(con, "postgres").num_rows == 3
        assert withdrawn_actions(con).select(["customer_id", "status"]).to_pylist() == [
            {"customer_id": "c4", "status": "consent_withdrawn"}
        ]


def test_the_published_file_is_left_alone_and_the_list_is_dropped(company: DecidedCompany) -> None:
    company.contact("c1")
    company.decide("c1")
    company.published.chmod(0o400)
    assert len(company.listed()) == 1
    assert company.rows("select count(*) from duckdb_tables() where temporary") == [(0,)]


def test_nothing_is_handed_over_before_the_first_publication(company: DecidedCompany) -> None:
    company.published.unlink()
    with pytest.raises(WarehouseError, match="run the daily job first"):
        company.listed()
