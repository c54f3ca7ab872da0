"""Normal forms of what identifies a person, and their keyed hashes.

A hash is an HMAC (RFC 2104, SHA-256) with a key of the home: who has the hashes alone cannot try
out addresses or numbers.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deployment.home import Home
from deployment.private_files import private_folder, replace_file
from deployment.project import SEEDS
from warehouse.identity.phone_numbers import e164

_KEY_BYTES = 32
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# As the macro first_email of dbt_project/macros/identity/keys.sql; a test compares the two.
_ADDRESS = re.compile(
    r"""[^\s<>()\[\]"',;:|@.][^\s<>()\[\]",;:|@]*@[^\W_](?:[\w-]*[^\W_])?(?:\.[\w-]+)+"""
)


def addresses(text: str) -> list[str]:
    """The e-mail addresses in a text, in lower case."""
    visible = _INVISIBLE.sub("", text.replace("＠", "@"))
    return [found.lower() for found in _ADDRESS.findall(visible)]


def mailbox(address: str) -> str:
    """Normal form of an address in lower case, equal for all spellings that the provider ignores.

    As the macro `mailbox` of `dbt_project/macros/identity/keys.sql`, and from the same seed.
    """
    name, _, domain = address.rpartition("@")
    provider = _providers().get(domain)
    if provider is None:
        return address
    if provider["ignores_dots"] == "true":
        name = name.partition("+")[0].replace(".", "")
    elif provider["ignores_tags"] == "true":
        name = name.partition("+")[0]
    return f"{name}@{provider['mailbox_domain'] or domain}"


def given_name(full_name: str | None) -> str:
    """The given name in lower case without accents; empty if there is none."""
    text = full_name or ""
    given_first = text.partition(",")[2] or text
    plain = unicodedata.normalize("NFKD", given_first.casefold().replace("ß", "ss"))
    words = re.findall(r"[^\W\d_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return words[0] if words else ""


@cache
def _providers(path: Path = SEEDS / "mail_providers.csv") -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["domain"]: row for row in csv.DictReader(file)}


@dataclass(frozen=True, repr=False)
class Hashes:
    """Keyed hashes of one home.

    An address is hashed alone. A phone number is hashed with a given name, because a household
    shares it: a row with the number and another name is of somebody else.
    """

    key: bytes

    def of_address(self, address: str) -> str:
        """Hash of an e-mail address in lower case."""
        return self._of("email", mailbox(address))

    def of_phone(self, phone: str, country: str, full_name: str | None) -> str | None:
        """Hash of a number as delivered, with the name beside it; None for an unusable number."""
        number = e164(phone, country)
        return number and self._of("phone", number, given_name(full_name))

    def of_id(self, entity: str, source: str, value: str) -> str:
        """Hash of an entity's id in its source."""
        return self._of(entity, source, value)

    def _of(self, *parts: str) -> str:
        message = "\0".join(parts).encode()
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()


def hashes_of(home: Home) -> Hashes:
    """The hashes of a home, with its key, which is made at the first erasure."""
    path = private_folder(home.erasure) / "key"
    if not path.exists():
        replace_file(path, lambda fresh: fresh.write_bytes(secrets.token_bytes(_KEY_BYTES)))
    return Hashes(path.read_bytes())
