"""Connections to a PostgreSQL that receives rows, and its errors without the rows they quote."""

from __future__ import annotations

import re

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from deployment.secrets import hide

_CONNECT_SECONDS = 15
# What the driver raises if the server, the connection or a value is at fault.
ERRORS = (adbc_driver_manager.Error, pa.ArrowException, OSError, ValueError)
_QUOTED = re.compile(r"\".*\"", re.DOTALL)


def connect(url: str) -> dbapi.Connection:
    """A connection with a time limit for connecting; libpq has none by default."""
    if "connect_timeout=" not in url:
        url = f"{url}{'&' if '?' in url else '?'}connect_timeout={_CONNECT_SECONDS}"
    return dbapi.connect(url)


def reason(error: Exception, url: str) -> str:
    """Code and first line of the server's message, with `…` in place of what it quotes."""
    words = re.sub(r"^(\w+: )?(\[libpq\] )?|.*(?=(ERROR|FATAL): )", "", str(error)).strip()
    if not words:
        return type(error).__name__
    code = getattr(error, "sqlstate", None)
    first = hide(_QUOTED.sub("…", words.splitlines()[0].strip()), url)
    return f"SQLSTATE {code}, {first}" if code else first
