"""Decisions of the deployment make and undo merges, and show in customer_identities."""

from __future__ import annotations

from datetime import date

from tests.identity_models import Identity

HOUSEHOLD = [
    {"source_customer_id": "1", "email": "k@x.de"},
    {"source_customer_id": "2", "email": "k@x.de"},
    {"source_customer_id": "3", "email": "k@x.de", "phone": "030 1234567"},
    {"source": "crm", "source_customer_id": "c2", "external_ids": ["shop:2"]},
    {"source": "crm", "source_customer_id": "c9", "phone": "030 1234567"},
]


def test_a_wrong_merge_is_undone_for_all_ways_that_connect_the_two(identity: Identity) -> None:
    identity.deliver(HOUSEHOLD)
    identity.decide("never_same", "shop:1", "shop:2")
    identity.resolve()
    assert identity.people() == {frozenset({"1", "3", "c9"}), frozenset({"2", "c2"})}


def test_a_decision_counts_from_its_day_and_survives_a_redelivery(identity: Identity) -> None:
    day = date(2026, 3, 1)
    identity.deliver(HOUSEHOLD)
    identity.deliver({**row, "known_from": date(2026, 4, 1)} for row in HOUSEHOLD)
    identity.decide("never_same", "shop:2", "shop:1", day)
    identity.resolve()
    assert identity.people(date(2026, 2, 28)) == {frozenset({"1", "2", "3", "c2", "c9"})}
    for later in (day, date(2026, 4, 1)):
        assert identity.people(later) == {frozenset({"1", "3", "c9"}), frozenset({"2", "c2"})}


def test_a_missed_merge_is_made_in_spite_of_a_contradiction(identity: Identity) -> None:
    identity.deliver(
        [
            {
                "source_customer_id": "1",
                "email": "m@x.de",
                "full_name": "Mia Kern",
                "birth_year": 1950,
            },
            {
                "source_customer_id": "2",
                "email": "m@x.de",
                "full_name": "Eva Lang",
                "birth_year": 1980,
            },
        ]
    )
    identity.decide("always_same", "shop:1", "shop:2")
    identity.resolve()
    assert identity.people() == {frozenset({"1", "2"})}


def test_a_separated_record_may_be_joined_with_its_own_second_record(identity: Identity) -> None:
    identity.deliver([{"source_customer_id": str(n), "email": "k@x.de"} for n in range(1, 5)])
    identity.decide("never_same", "shop:1", "shop:2")
    identity.decide("always_same", "shop:2", "shop:4")
    identity.resolve()
    assert identity.people() == {frozenset({"1", "3"}), frozenset({"2", "4"})}


def test_three_records_that_are_never_the_same_are_three_people(identity: Identity) -> None:
    identity.deliver([{"source_customer_id": str(n), "email": "k@x.de"} for n in range(1, 5)])
    for a, b in (("1", "2"), ("1", "3"), ("2", "3")):
        identity.decide("never_same", f"shop:{a}", f"shop:{b}")
    identity.resolve()
    together = identity.people()
    assert not any(len(person & {"1", "2", "3"}) > 1 for person in together)
    assert frozenset({"1", "4"}) in together


def test_a_decision_on_an_unknown_record_changes_nothing(identity: Identity) -> None:
    identity.deliver(HOUSEHOLD[:2])
    identity.decide("always_same", "shop:1", "shop:77")
    identity.resolve()
    assert identity.people() == {frozenset({"1", "2"})}


def test_the_evidence_of_a_record_names_the_decision(identity: Identity) -> None:
    identity.deliver(HOUSEHOLD)
    identity.decide("never_same", "shop:1", "shop:2")
    identity.resolve()
    evidence = dict(
        identity.con.execute(
            "select source_customer_id, matched_by from marts.customer_identities"
        ).fetchall()
    )
    assert evidence == {
        "1": "decision+email",
        "2": "cross_id+decision",
        "3": "email+phone",
        "c2": "cross_id",
        "c9": "phone",
    }
