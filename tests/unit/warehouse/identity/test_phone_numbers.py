from __future__ import annotations

import random

import phonenumbers
import pytest

from warehouse.identity import phone_numbers
from warehouse.identity.phone_numbers import e164


@pytest.mark.parametrize(
    ("phone", "country", "number"),
    [
        ("07700900123", "GB", "+447700900123"),
        ("07700900123.0", "GB", "+447700900123"),
        ("07700 900123 ext 4", "GB", "+447700900123"),
        ("+44 7700 900123 x12", "DE", "+447700900123"),
        ("447700900123", "GB", "+447700900123"),
        ("+49 (0)30 1234567", "GB", "+49301234567"),
        ("0049-30-1234567", "DE", "+49301234567"),
        ("030 123 45 67 / 0151 2345678", "DE", "+49301234567"),
        ("030 1234567; 0151 2345678", "DE", "+49301234567"),
        ("(212) 555-0134", "US", "+12125550134"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("030 1234567", "de", "+49301234567"),
        ("0171-1234567 (mobil)", "DE", "+491711234567"),
        ("0171 1234567 privat", "DE", "+491711234567"),
        ('="01711234567"', "DE", "+491711234567"),
    ],
)
def test_a_number_is_read_in_any_spelling(phone: str, country: str, number: str) -> None:
    assert e164(phone, country) == number


@pytest.mark.parametrize(
    "phone",
    ["4.47701E+11", "4,47701e11", "0000000000", "1111111", "+49 000 0000000", "123456789",
     "0123456789", "987654321", "0151 0000000", "12", "n/a", "", " ", "keine Angabe"],
)  # fmt: skip
def test_a_damaged_or_made_up_number_is_none(phone: str) -> None:
    assert e164(phone, "DE") is None


def test_a_national_number_of_an_unknown_country_is_none() -> None:
    assert e164("030 1234567", "XX") is None
    assert e164("+49 30 1234567", "XX") == "+49301234567"


def test_the_short_way_gives_what_the_library_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = random.Random(7)
    written = []
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        code = phonenumbers.country_code_for_region(country)
        for _ in range(25):
            digits = "".join(drawn.choices("0123456789", k=drawn.randint(6, 12)))
            forms = (digits, f"0{digits}", f"+{code} {digits}", f"00{code}{digits}", f"1{digits}")
            written += [(form, country) for form in forms]
    short = [e164(*pair) for pair in written]
    monkeypatch.setattr(phone_numbers, "_usual_form", lambda _text, _country: None)
    assert short == [e164(*pair) for pair in written]
