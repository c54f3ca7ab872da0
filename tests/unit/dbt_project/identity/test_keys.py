"""Keys in their normal form, values that are no key, and erased people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.identity_models import Identity

ERASURE = date(2026, 2, 1)


def test_erased_people_stay_themselves_and_lose_their_keys(
    warehouse_of: Callable[[str], Identity],
) -> None:
    identity = warehouse_of("GB")
    erased = {"email": "deleted@site.invalid", "phone": "0000000000", "known_from": ERASURE}
    identity.deliver(
        [
            {"source_customer_id": "201", "email": "ann@example.com", "phone": "07700900201"},
            {"source_customer_id": "202", "email": "bob@example.com", "phone": "07700900202"},
            {
                "source": "crm",
                "source_customer_id": "c1",
                "email": "ann@example.com",
                "full_name": "Ann Lee",
            },
            {"source_customer_id": "201", **erased},
            {"source_customer_id": "202", **erased},
            {
                "source_customer_id": "203",
                "email": "carl@example.com",
                "phone": "07700900203",
                "known_from": ERASURE,
            },
            {
                "source_customer_id": "204",
                "email": "bob@example.com",
                "phone": "07700900202",
                "known_from": ERASURE,
            },
        ]
    )
    identity.resolve()
    assert identity.people() == {
        frozenset({"201", "c1"}),
        frozenset({"202"}),
        frozenset({"203"}),
        frozenset({"204"}),
    }
    held = identity.con.execute(
        "select string_agg(key_value) from intermediate.int_identity_keys"
        " where source_customer_id in ('201', '202')"
    ).fetchone()[0]
    assert "example.com" not in held
    assert "+44" not in held


def test_an_erased_person_s_name_goes_and_still_tells_people_apart(identity: Identity) -> None:
    identity.deliver(
        [
            {"source_customer_id": "1", "phone": "030 1234567", "full_name": "Mia Kern"},
            {"source_customer_id": "2", "phone": "030 1234567", "full_name": "Tom Kern"},
            {"source_customer_id": "1", "full_name": "Deleted User", "known_from": ERASURE},
        ]
    )
    identity.resolve()
    assert identity.people(date(2026, 1, 1)) == {frozenset({"1"}), frozenset({"2"})}
    assert identity.people() == {frozenset({"1"}), frozenset({"2"})}
    names = identity.con.execute(
        "select key_value from intermediate.int_identity_keys where key_type = 'name' order by 1"
    ).fetchall()
    assert names == [("mia",), ("tom kern",)]


def test_phones_from_a_spreadsheet(warehouse_of: Callable[[str], Identity]) -> None:
    identity = warehouse_of("GB")
    phones = ["4.47701E+11", "4.47701E+11", "07700900123.0", "07700 900123 ext 4", "07700900123"]
    identity.deliver(
        {"source_customer_id": str(301 + n), "email": f"{'abcde'[n]}@example.com", "phone": phone}
        for n, phone in enumerate(phones)
    )
    identity.resolve()
    assert identity.people() == {
        frozenset({"301"}),
        frozenset({"302"}),
        frozenset({"303", "304", "305"}),
    }
    assert identity.keys_of("301") == {
        "email": "a@example.com",
        "unusable_phone": "scientific notation",
    }
    assert {identity.keys_of(str(n))["phone"] for n in (303, 304, 305)} == {"+447700900123"}


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann <Ann@x.de>", "ann@x.de"),
        ("mailto:ann@x.de?subject=Hi", "ann@x.de"),
        ("<ann@x.de>", "ann@x.de"),
        ("ann@x.de;", "ann@x.de"),
        (" ann@x.de. ", "ann@x.de"),
        ("\u200bann@x.de\u00a0", "ann@x.de"),
        ("an\u00adn@x.de\ufeff", "ann@x.de"),
        ("'ann@x.de'", "ann@x.de"),
        ("a@x.de; b@y.de", "a@x.de"),
        ("a@x.de,b@y.de", "a@x.de"),
        ("J.Doe+shop@GoogleMail.com", "jdoe@gmail.com"),
        ("o'neil@x.ie", "o'neil@x.ie"),
        ("na1987@qq.com", "na1987@qq.com"),
        ("contest@x.de", "contest@x.de"),
        ("info@shop.example", "info@shop.example"),
    ],
)
def test_an_address_is_read_in_spite_of_surplus_signs(
    identity: Identity, written: str, mailbox: str
) -> None:
    identity.deliver([{"source_customer_id": "1", "email": written}])
    assert identity.keys_of("1")["email"] == mailbox


@pytest.mark.parametrize(
    "written",
    [
        "noreply@x.de", "no-reply@example.com", "none@example.com", "test@mail.de", "test12@x.de",
        "na@example.com", "ann@site.invalid", "ann@x.test", "root@localhost", "root@a.localhost",
        "deleted@site.invalid", "5f3a@site.invalid", "anonymous@psgdpr.com", "redacted",
        "[deleted]", "REDACTED@x.de", "deleted-4711@x.de", "gdpr-deleted@x.de",
        "user@example.com", "not an address", "@x.de", "ann@", "n/a",
        "user_123_deleted@x.de", "gelöscht@x.de", "anonym@x.de", "supprimé-12@x.fr",
        "5f3a@deleted.zendesk.com", "d41d8cd9@anonymized.local",
    ],
)  # fmt: skip
def test_a_value_in_place_of_an_address_is_no_key(identity: Identity, written: str) -> None:
    identity.deliver([{"source_customer_id": "1", "email": written}])
    keys = identity.keys_of("1")
    assert "email" not in keys
    assert keys["unusable_email"] in ("erased", "placeholder", "unreadable")


def test_a_list_of_addresses_is_reported(identity: Identity) -> None:
    identity.deliver([{"source_customer_id": "1", "email": "a@x.de; b@y.de"}])
    assert identity.keys_of("1") == {"email": "a@x.de", "several_emails": "first taken"}


@pytest.mark.parametrize(
    "written",
    ["0000000000", "+49 000 0000000", "1111111111", "0123456789", "123456789", "n/a", "0"],
)
def test_a_value_in_place_of_a_phone_is_no_key(identity: Identity, written: str) -> None:
    identity.deliver([{"source_customer_id": "1", "phone": written}])
    assert set(identity.keys_of("1")) == {"unusable_phone"}
