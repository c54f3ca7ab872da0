"""Normal forms of addresses and names, and hashes that need the home's key."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployment.home import Home
from erasure.keys import Hashes, addresses, given_name, hashes_of, mailbox


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ADA@Example.com", ["ada@example.com"]),
        ("Ada Lovelace <ada@example.com>; bo@example.com", ["ada@example.com", "bo@example.com"]),
        ("mailto:ada\u200b@example.com", ["ada@example.com"]),
        ("write to ada@example.com.", ["ada@example.com"]),
        ("no address", []),
    ],
)
def test_the_addresses_of_a_text_are_found_in_lower_case(text: str, found: list[str]) -> None:
    assert addresses(text) == found


def test_spellings_that_a_provider_ignores_are_one_mailbox() -> None:
    assert mailbox("a.da+shop@googlemail.com") == mailbox("ada@gmail.com") == "ada@gmail.com"
    assert mailbox("a.da@example.com") == "a.da@example.com"


@pytest.mark.parametrize(
    ("full_name", "given"),
    [("Mia Kern", "mia"), ("KERN, Mia", "mia"), ("Jürgen Groß", "jurgen"), ("", ""), (None, "")],
)
def test_a_given_name_has_one_form(full_name: str | None, given: str) -> None:
    assert given_name(full_name) == given


def test_the_hash_of_a_number_depends_on_the_given_name_and_not_on_the_spelling() -> None:
    hashes = Hashes(b"key")
    of_ada = hashes.of_phone("030 1234567", "DE", "Ada Lovelace")
    assert of_ada == hashes.of_phone("+49 30 1234567", "GB", "Lovelace, Ada")
    assert of_ada != hashes.of_phone("030 1234567", "DE", "Bo Lovelace")
    assert hashes.of_phone("0000000000", "DE", "Ada Lovelace") is None


def test_two_homes_have_different_hashes_and_one_home_has_always_the_same(tmp_path: Path) -> None:
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    address = "ada@example.com"
    assert hashes_of(one).of_address(address) == hashes_of(one).of_address(address)
    assert hashes_of(one).of_address(address) != hashes_of(other).of_address(address)
    assert (one.erasure / "key").stat().st_mode & 0o777 == 0o600
    assert one.erasure.stat().st_mode & 0o777 == 0o700
