"""Phone numbers in E.164 form, by the library `phonenumbers`, which knows all numbering plans.

The library takes 25 µs a number. Numbers in a usual form follow its metadata directly, with the
same result in 2 µs; a test compares both. Linking records by numbers does not belong here
(`dbt_project/models/intermediate/identity`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata

# A float of a spreadsheet, 07700900123.0, is its digits.
_FLOAT_END = re.compile(r"\.0+$")
# Several numbers in one field: the first counts.
_NEXT_NUMBER = re.compile(r"[;,|\n]|\s/\s|\s(?:or|oder|und|and)\s", re.IGNORECASE)
# Words after the digits, (mobil) or work: the library would dial their letters.
_REMARK = re.compile(r"\s*(?:\([^)\d]*[^\W\d_][^)\d]*\)|[^\W\d_]{2,}\.?)\s*$")
_SCIENTIFIC = re.compile(r"\d[.,]?\d*[eE]\+?\d+")
# Digits with the usual separators, of which none begins a second number or a fraction.
_USUAL = re.compile(r"\+?[0-9 ()/\-\u00a0]+")
_SEPARATORS = str.maketrans("", "", " ()/-\u00a0")
_LEAST_DIGITS = 7
_ASCENDING = "01234567890123456789"
_DESCENDING = _ASCENDING[::-1]
# So many equal digits in a row were typed to fill a field.
_REPEATED = re.compile(r"(\d)\1{6}")


@dataclass(frozen=True)
class _Plan:
    """Numbering plan of one calling code, as far as numbers in a usual form need it.

    `trunk` is the prefix of calls within the country, None without a prefix. `lengths` are the
    possible numbers of digits without it. `abroad` matches the prefix of calls to other countries.
    """

    code: str
    trunk: str | None
    lengths: frozenset[int]
    abroad: re.Pattern[str]


def e164(phone: str, country: str) -> str | None:
    """The number as E.164 (+493012345678), or None for a damaged, impossible or made-up number.

    Args:
        phone: the number as delivered, in any spelling, with or without an extension.
        country: ISO 3166-1 alpha-2 code of the country in which the number was written.
    """
    found = _usual_form(phone, country)
    if found is None:
        text = _first_number(phone)
        found = None if text is None else _usual_form(text, country) or _by_library(text, country)
    if found is None or _is_made_up(found[1]):
        return None
    return f"+{found[0]}{found[1]}"


def _is_made_up(national: str) -> bool:
    """True if the digits after the calling code were typed to fill a field.

    They repeat one digit (0000000000) or count (123456789, 0123456789, 987654321).
    """
    return (
        national in _ASCENDING
        or national in _DESCENDING
        or _REPEATED.search(national) is not None
        or national.count(national[0]) == len(national)
    )


def _first_number(phone: str) -> str | None:
    """The first number of the field; None without enough digits or in scientific notation."""
    text = _FLOAT_END.sub("", phone.strip())
    if _SCIENTIFIC.fullmatch(text):
        return None
    text = _REMARK.sub("", _NEXT_NUMBER.split(text, maxsplit=1)[0])
    return text if sum(map(str.isdigit, text)) >= _LEAST_DIGITS else None


def _usual_form(text: str, country: str) -> tuple[str, str] | None:
    """Calling code and national number; None where the library's rules have to decide."""
    if not _USUAL.fullmatch(text) or " / " in text or "(0)" in text:
        return None
    digits = text.translate(_SEPARATORS)
    if digits.startswith("+"):
        plan = _plan_of_number(digits)
        rest = digits[1 + len(plan.code) :] if plan else ""
    else:
        plan = _plan_of_country(country)
        rest = _without_trunk(digits, plan) if plan else ""
    if (
        plan is None
        or len(rest) not in plan.lengths
        or len(rest) < _LEAST_DIGITS
        or rest[0] == "0"
        or (plan.trunk is not None and rest.startswith(plan.trunk))
    ):
        return None
    return plan.code, rest


def _without_trunk(digits: str, plan: _Plan) -> str:
    """A number as dialled within the country, without its prefix; empty if it may be another."""
    if plan.abroad.match(digits):
        return ""
    if plan.trunk is not None and digits.startswith(plan.trunk):
        return digits[len(plan.trunk) :]
    return "" if digits.startswith(plan.code) else digits


def _by_library(text: str, country: str) -> tuple[str, str] | None:
    """Calling code and national number by the library; None for an impossible number."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    # Possible and not valid: numbering plans grow faster than the metadata.
    found = phonenumbers.is_possible_number_with_reason(number)
    if found != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return str(number.country_code), str(phonenumbers.national_significant_number(number))


def _plan_of_number(digits: str) -> _Plan | None:
    """The plan of a number with a plus: its calling code has one to three digits."""
    return next((plan for size in (3, 2, 4) if (plan := _plan(digits[1:size]))), None)


@cache
def _plan_of_country(country: str) -> _Plan | None:
    """The plan of a country's calling code, None where the country has rules of its own."""
    code = phonenumbers.country_code_for_region(country.upper())
    plan = _plan(str(code)) if code else None
    return plan if plan is not None and plan == _plan_of_region(country.upper()) else None


@cache
def _plan(code: str) -> _Plan | None:
    """The plan of a calling code; None if there is none, or one with rules beyond a prefix."""
    region = phonenumbers.region_code_for_country_code(int(code)) if code else "ZZ"
    return None if region in ("ZZ", "001") else _plan_of_region(region)


def _plan_of_region(region: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.general_desc is None:
        return None
    trunk = metadata.national_prefix_for_parsing
    if trunk is not None and not trunk.isdigit():
        return None
    return _Plan(
        str(metadata.country_code),
        trunk,
        frozenset(metadata.general_desc.possible_length or ()),
        re.compile(metadata.international_prefix or "00"),
    )
