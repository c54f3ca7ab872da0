"""The address of a PostgreSQL database as a setting: its password is a reference."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from deployment.source_config.references import is_reference
from deployment.source_config.sql import check_password


def check_postgres_url(url: str) -> str:
    """Refuse an address of another kind, or one with a password in the open.

    Raises:
        ValueError: the message never quotes the address.
    """
    check_password(url)
    if not is_reference(url.partition(":")[0]) and not re.match(r"postgres(ql)?://", url):
        raise ValueError(
            "expected an address such as postgresql://user:${DB_PASSWORD}@host/database, or a"
            " reference such as ${DB_URL}, found another text"
        )
    return url


# As libpq writes it; all of it, or its password, is a reference such as ${DB_URL}.
PostgresUrl = Annotated[str, Field(min_length=1), AfterValidator(check_postgres_url)]
