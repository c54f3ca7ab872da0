"""Schema version of a warehouse: migrations from older releases, and refusal of newer ones.

`schema.sql` is executed at every start and adds missing tables and columns by itself. A change that
it cannot make, or after which an older release would misread the warehouse, is a migration here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from warehouse.errors import NewerReleaseError
from warehouse.transaction import transaction

Migration = Callable[[duckdb.DuckDBPyConnection], None]


def _drop_keys_without_their_end(con: duckdb.DuckDBPyConnection) -> None:
    """Drop dbt's keys of records as of 0.1.0, which lack `known_to`; the next run builds them.

    Old rows cannot be completed, so they are derived again from the versions of the source's rows.
    """
    present = con.execute(
        """
        select count(*), count(*) filter (where column_name = 'known_to')
        from duckdb_columns()
        where schema_name = 'intermediate' and table_name = 'int_identity_keys'
        """
    ).fetchone()
    if present and present[0] and not present[1]:
        con.execute("drop table intermediate.int_identity_keys")


# The migration at position n makes version n + 1 of version n. A warehouse of a release before
# versions has version 0, and so has a new one, which has nothing to migrate.
MIGRATIONS: Sequence[Migration] = (_drop_keys_without_their_end,)


def schema_version(con: duckdb.DuckDBPyConnection) -> int:
    """The version that a warehouse was migrated to; 0 before the first run."""
    try:
        row = con.execute("select schema_version from ops.deployment").fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        return 0
    return int(row[0] or 0) if row else 0


def require_known_version(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Check that no newer release has written a warehouse.

    Raises:
        NewerReleaseError: one has; this release would misread it, or write what that one misreads.
    """
    version, known = schema_version(con), len(MIGRATIONS)
    if version > known:
        raise NewerReleaseError(path, f"schema version {version}; this one knows {known}")


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Bring a warehouse that has an owner to the latest version, in one transaction a step."""
    for version, migration in enumerate(MIGRATIONS, start=1):
        if version > schema_version(con):
            with transaction(con):
                migration(con)
                con.execute("update ops.deployment set schema_version = ?", [version])
