"""Opens a snapshot of a database by the kind of its URL.

PostgreSQL is read through its own driver, which copies rows into Arrow, and every other database
through SQLAlchemy.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

from ingestion.databases.snapshot import Snapshot

_POSTGRES = re.compile(r"postgres(ql)?(\+\w+)?://")


def open_snapshot(name: str, url: str) -> AbstractContextManager[Snapshot]:
    """Connect to a database and keep the state that it has at that moment.

    Args:
        name: the source's name, for messages.
        url: with its secrets.

    Raises:
        SourceError: the database cannot be reached, or its driver is not installed.
    """
    # A kind's driver is imported where it is used.
    if _POSTGRES.match(url):
        from ingestion.databases.postgres import open_postgres

        return open_postgres(name, _POSTGRES.sub("postgresql://", url, count=1))
    from ingestion.databases.sqlalchemy import open_other

    return open_other(name, url)
