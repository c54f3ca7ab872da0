"""A shared key makes one customer only where names, birth years and use agree with it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.identity_models import Identity


def row(record: str, **columns: object) -> dict[str, object]:
    return {"source_customer_id": record, **columns}


def one(*records: str) -> frozenset[str]:
    return frozenset(records)


def test_a_family_phone_and_a_shared_mailbox_fuse_nobody(identity: Identity) -> None:
    identity.deliver(
        [
            row(
                "601",
                full_name="Mia Kern",
                email="mia@example.com",
                phone="+49301234567",
                birth_year=1988,
            ),
            row(
                "602",
                full_name="Paul Kern",
                email="paul@example.com",
                phone="+49301234567",
                birth_year=1985,
            ),
            row("603", full_name="Jo Lang", email="info@shop.example", birth_year=1990),
            row("604", full_name="Kim Brandt", email="info@shop.example", birth_year=1971),
        ]
    )
    identity.resolve()
    assert identity.people() == {one("601"), one("602"), one("603"), one("604")}


@pytest.mark.parametrize("records", [2, 5, 40])
def test_guest_checkouts_with_one_address_are_one_buyer(identity: Identity, records: int) -> None:
    identity.deliver(
        row(str(700 + n), email="lea@example.com", created_at=date(2025, 1 + n % 12, 1))
        for n in range(records)
    )
    identity.resolve()
    assert identity.people() == {one(*(str(700 + n) for n in range(records)))}


def test_an_address_that_many_accounts_use_by_turns_links_nothing(identity: Identity) -> None:
    records = [str(n) for n in range(5)]
    identity.deliver(row(record, email="kitchen@x.de") for record in records)
    identity.order(*((record, date(2026, month, 1)) for month in (1, 2, 3) for record in records))
    identity.resolve()
    assert identity.people() == {one(record) for record in records}


def test_guest_checkouts_between_orders_of_an_account_are_one_buyer(identity: Identity) -> None:
    identity.deliver(row(record, email="lea@x.de") for record in ("account", "1", "2", "3", "4"))
    identity.order(
        *((str(month), date(2026, month, 10)) for month in (1, 2, 3, 4)),
        *(("account", date(2026, month, 1)) for month in (1, 2, 3, 4, 5)),
    )
    identity.resolve()
    assert identity.people() == {one("account", "1", "2", "3", "4")}


def test_spellings_of_a_guest_s_name_are_one_name(identity: Identity) -> None:
    names = [
        "Lea Kern",
        "KERN, Lea",
        "L. Kern",
        "lea kern",
        "Léa Kern",
        "Lea-Marie Kern",
        "Frau Lea Kern",
        "Leaa Kern",
        None,
    ]
    identity.deliver(
        row(str(n), email="lea@example.com", full_name=name) for n, name in enumerate(names)
    )
    identity.resolve()
    assert identity.people() == {one(*map(str, range(len(names))))}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Katherine Weiß", "Kate Weiss"),
        ("Jürgen Müller", "Juergen Mueller"),
        ("Sebastian Frei", "Sebastain Frei"),
        ("M. Kern", "Mia Kern"),
        ("Kern Mia", "Mia Kern"),
        ("Hans Peter Kern", "Peter Kern"),
        ("王 伟", "伟 王"),
        ("王 伟", "Wei Wang"),
        ("Mia Kern", "Kern GmbH"),
        ("Mia Kern", "Guest"),
    ],
)
def test_one_address_and_two_forms_of_a_name_are_one_person(
    identity: Identity, a: str, b: str
) -> None:
    identity.deliver(
        [row("1", email="k@example.com", full_name=a), row("2", email="k@example.com", full_name=b)]
    )
    identity.resolve()
    assert identity.people() == {one("1", "2")}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"full_name": "Mia Kern"}, {"full_name": "Tom Kern"}),
        (
            {"full_name": "Paul Kern", "email": "paul@x.de"},
            {"full_name": "Paula Kern", "email": "paula@x.de"},
        ),
        (
            {"full_name": "Hans Kern", "birth_year": 1950},
            {"full_name": "Hans Kern", "birth_year": 1984},
        ),
        ({"birth_year": 1950}, {"birth_year": 1984}),
        ({"full_name": "M. Kern"}, {"full_name": "Max Lang"}),
    ],
)
def test_one_phone_and_a_contradiction_are_two_people(
    identity: Identity, a: dict[str, object], b: dict[str, object]
) -> None:
    identity.deliver([row("1", phone="030 1234567", **a), row("2", phone="030 1234567", **b)])
    identity.resolve()
    assert identity.people() == {one("1"), one("2")}


def test_a_phone_alone_links_where_nothing_contradicts(identity: Identity) -> None:
    identity.deliver(
        [
            row("1", phone="030 1234567", full_name="Mia Kern", email="mia@x.de"),
            row(
                "2",
                phone="+49 30 1234567",
                full_name="Mia Kern",
                email="mia.kern@y.de",
                birth_year=1988,
            ),
            row("3", phone="0049301234567"),
        ]
    )
    identity.resolve()
    assert identity.people() == {one("1", "2", "3")}


def test_a_shop_s_own_number_links_nothing_even_for_one_name(identity: Identity) -> None:
    names = ["Mia Kern", "Tom Lang", "Ute Frei", "Jan Huber", "Mia Kern", "Eva Novak"]
    identity.deliver(
        row(str(n), phone="030 5550100", full_name=name, email=f"p{n}@x.de")
        for n, name in enumerate(names)
    )
    identity.deliver(row(f"n{n}", phone="030 5550199", email=f"q{n}@x.de") for n in range(5))
    identity.resolve()
    assert identity.people() == {*map(one, map(str, range(6))), *(one(f"n{n}") for n in range(5))}


def test_a_number_turns_out_to_be_shared_on_the_day_of_the_fourth_person(
    identity: Identity,
) -> None:
    names = ["Mia Kern", "Mia Kern", "Tom Lang", "Ute Frei"]
    identity.deliver(
        row(str(n), phone="030 5550100", full_name=name) for n, name in enumerate(names)
    )
    identity.deliver(
        [row("9", phone="030 5550100", full_name="Eva Novak", known_from=date(2026, 1, 12))]
    )
    identity.resolve()
    assert one("0", "1") in identity.people(date(2026, 1, 11))
    assert one("0") in identity.people(date(2026, 1, 12))


def test_a_record_that_fits_two_people_belongs_to_the_one_with_more_evidence(
    identity: Identity,
) -> None:
    identity.deliver(
        [
            row("mia", full_name="Mia Kern", email="mia@x.de", phone="030 1234567"),
            row("max", full_name="Max Kern", email="max@x.de", phone="030 1234567"),
            row("m", full_name="M. Kern", email="mia@x.de", phone="030 1234567"),
            row("nobody", phone="030 1234567"),
        ]
    )
    identity.resolve()
    assert identity.people() == {one("mia", "m"), one("max"), one("nobody")}


def test_a_record_without_a_name_joins_no_two_people(identity: Identity) -> None:
    identity.deliver(
        [
            row("mia", full_name="Mia Kern", email="mia@x.de"),
            row("tom", full_name="Tom Lang", phone="030 1234567"),
            row("both", email="mia@x.de", phone="030 1234567"),
        ]
    )
    identity.resolve()
    assert identity.people() == {one("mia", "both"), one("tom")}


def test_a_cross_id_links_in_spite_of_other_names(identity: Identity) -> None:
    identity.deliver(
        [
            row("1", source="crm", full_name="Mia Kern", external_ids=["shop:9"]),
            row("9", full_name="Tom Lang"),
        ]
    )
    identity.resolve()
    assert identity.people() == {one("1", "9")}


def test_a_role_s_mailbox_links_records_of_one_name_only(identity: Identity) -> None:
    identity.deliver(
        [
            row("1", email="office@firm.de", full_name="Mia Kern"),
            row("2", email="office@firm.de", full_name="Mia Kern", source="crm"),
            row("3", email="office@firm.de"),
            row("4", email="office@firm.de"),
        ]
    )
    identity.resolve()
    assert identity.people() == {one("1", "2"), one("3"), one("4")}


def test_a_name_that_becomes_known_separates_from_its_day(identity: Identity) -> None:
    day = date(2026, 3, 1)
    identity.deliver(
        [
            row("1", email="k@x.de", full_name="Mia Kern"),
            row("2", email="k@x.de"),
            row("2", email="k@x.de", full_name="Tom Kern", known_from=day),
        ]
    )
    identity.resolve()
    assert identity.people(date(2026, 2, 28)) == {one("1", "2")}
    assert identity.people(day) == {one("1"), one("2")}


def test_a_merge_keeps_the_oldest_id(identity: Identity) -> None:
    identity.deliver(
        [
            row("1", source="crm", email="a@b.de"),
            row("9", source="shop"),
            row(
                "5",
                source="desk",
                email="a@b.de",
                external_ids=["shop:9"],
                known_from=date(2026, 1, 10),
            ),
        ]
    )
    identity.resolve()
    stretches = identity.con.execute(
        """
        select
            history.source,
            oldest.source || ':' || oldest.source_customer_id,
            valid_from,
            valid_to,
            is_first_stretch
        from intermediate.int_identity_history as history
        inner join intermediate.int_customer_records as oldest
            on history.customer_id
                = 'c' || left(md5(oldest.source || ':' || oldest.source_customer_id), 15)
        order by history.source, valid_from
        """
    ).fetchall()
    start, merged, end = date(1, 1, 1), date(2026, 1, 10), date(9999, 12, 31)
    assert stretches == [
        ("crm", "crm:1", start, end, True),
        ("desk", "crm:1", merged, end, True),
        ("shop", "shop:9", start, merged, True),
        ("shop", "crm:1", merged, end, False),
    ]
