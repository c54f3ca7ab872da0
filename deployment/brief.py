"""Settings of the daily brief: where its links lead, and the server by which it is sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from deployment.source_config.base import Section, matching
from deployment.source_config.rest import LOOPBACK, Reference

Address = Annotated[str, matching(r"[^@\s<>]+@[^@\s<>]+", "an address such as team@example.com")]


class Mail(Section):
    """The SMTP server and the people of the brief.

    `tls` is starttls (usual on port 587), tls (from the first byte, usual on port 465) or none,
    which only a server on this machine may have. `language` is the first language of the mail; by
    default the deployment's.
    """

    host: Annotated[str, Field(min_length=1)]
    port: PositiveInt = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Reference | None = None
    sender: Address
    recipients: Annotated[list[Address], Field(min_length=1)]
    language: str | None = None
    timeout_seconds: PositiveFloat = 30

    @model_validator(mode="after")
    def _is_safe(self) -> Mail:
        if self.tls == "none" and self.host not in LOOPBACK:
            raise ValueError(
                "expected tls: starttls or tls, without which everybody on the way reads the brief"
            )
        if (self.user is None) != (self.password is None):
            raise ValueError("expected user and password, or neither")
        return self


Superset = Annotated[
    str,
    matching(
        r"https?://[^\s/?#@\"'<>]+(/[^\s?#\"'<>]*)?", "an address such as http://127.0.0.1:8088"
    ),
]


class Brief(Section):
    """The daily brief; it is sent only if `mail` is given.

    `dashboards` is the address of the Superset with the dashboards of `bi/superset`, as the readers
    of the brief reach it; each customer's code is then a link to the customer's page.
    """

    dashboards: Superset | None = None
    mail: Mail | None = None
