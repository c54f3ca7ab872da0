"""Settings of an SMTP server, with sender and recipients of its messages."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from deployment.source_config.base import Section, matching
from deployment.source_config.rest import LOOPBACK, Reference

Address = Annotated[str, matching(r"[^@\s<>]+@[^@\s<>]+", "an address such as team@example.com")]


class MailServer(Section):
    """An SMTP server and the people who get its messages.

    `tls` is starttls (usual on port 587), tls (from the first byte, usual on port 465) or none,
    which only a server on this machine may have.
    """

    host: Annotated[str, Field(min_length=1)]
    port: PositiveInt = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Reference | None = None
    sender: Address
    recipients: Annotated[list[Address], Field(min_length=1)]
    timeout_seconds: PositiveFloat = 30

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.tls == "none" and self.host not in LOOPBACK:
            raise ValueError(
                "expected tls: starttls or tls, without which everybody on the way reads the mail"
            )
        if (self.user is None) != (self.password is None):
            raise ValueError("expected user and password, or neither")
        return self
