"""Settings of the hand-over: the receivers of the actions that were decided and published."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator

from deployment.postgres_url import PostgresUrl
from deployment.source_config.base import Section, matching
from deployment.source_config.references import is_reference
from deployment.source_config.rest import LOOPBACK, Reference

TableName = Annotated[
    str,
    matching(r"([A-Za-z_]\w*\.)?[A-Za-z_]\w*", "a table's name, such as actions or crm.actions"),
]


class PostgresReceiver(Section):
    """A table of a PostgreSQL database, made if it is missing.

    `url` is the address as libpq writes it; its password is a reference: `${CRM_URL}`.
    """

    url: PostgresUrl
    table: TableName = "holdfast_actions"


class HttpReceiver(Section):
    """An HTTP endpoint that takes one POST a decision, signed with `secret`.

    A request is sent up to `attempts` times. The wait between two attempts doubles from
    `first_wait_seconds` to `longest_wait_seconds`, and is shortened at random by up to half.
    """

    url: Annotated[str, Field(min_length=1)]
    secret: Reference
    timeout_seconds: PositiveFloat = 10
    attempts: PositiveInt = 5
    first_wait_seconds: NonNegativeFloat = 1
    longest_wait_seconds: NonNegativeFloat = 60

    @field_validator("url")
    @classmethod
    def _url_is_safe(cls, url: str) -> str:
        if not is_reference(url.partition("/")[0]):
            check_endpoint(url)
        return url


class HandOver(Section):
    """Destinations of the actions: files in the home, and receivers on request.

    Folders of files are deleted `keep_days` after their day, because they hold personal data.
    """

    files: bool = True
    keep_days: PositiveInt = 90
    postgres: PostgresReceiver | None = None
    http: HttpReceiver | None = None


def check_endpoint(url: str) -> None:
    """Refuse the address of an endpoint to which personal data would be sent in the open.

    Raises:
        ValueError: the address is not HTTPS, or has a user in it; the message never quotes it.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None  # reading an impossible port raises
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("expected an address such as https://crm.example.com, found another text")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("expected an address without user, password and fragment")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ValueError("expected https, without which everybody on the way reads the contacts")
