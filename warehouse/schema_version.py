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

SCHEMA = Path(__file__).with_name("schema.sql")

# dbt's incremental tables of delivered rows: each row is read once, by the rules of its day.
READ_ONCE = (
    "int_consents_versions",
    "int_customer_records",
    "int_customers_versions",
    "int_event_days",
    "int_events_checked",
    "int_feedback_versions",
    "int_identity_keys",
    "int_order_baskets",
    "int_order_lines_versions",
    "int_orders_versions",
    "int_phone_numbers",
    "int_refunds_versions",
    "int_subscriptions_versions",
    "int_suppressions_versions",
    "int_tickets_versions",
    "int_touches_versions",
)


def read_delivered_rows_again(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what was read in the raw tables; the next run reads them again, by today's rules.

    Published days, scores, decisions and customer ids stay. A release that changes how staging
    reads or rejects rows needs this migration: otherwise rows that the release before rejected
    stay rejected. The next run takes about as long as a first one.
    """
    # A table that Spark builds is a view.
    relations = con.execute(
        """
        select 'table', table_name from duckdb_tables() where schema_name = 'intermediate'
        union all
        select 'view', view_name from duckdb_views() where schema_name = 'intermediate'
        """
    ).fetchall()
    for kind, name in relations:
        if name in READ_ONCE:
            con.execute(f"drop {kind} intermediate.{name}")


def drop_key_of_decisions(con: duckdb.DuckDBPyConnection) -> None:
    """Write `ops.decided_actions` again without its primary key.

    DuckDB gives no block back that deleted rows leave in a table with a key, and the key took two
    thirds of the table's blocks.
    """
    con.execute("create temp table decisions as from ops.decided_actions")
    con.execute("drop table ops.decided_actions")
    con.execute(SCHEMA.read_text(encoding="utf-8"))
    con.execute("insert into ops.decided_actions by name from decisions")
    con.execute("drop table decisions")


# The migration at position n makes version n + 1 of version n. A warehouse of a release before
# versions has version 0. A new one begins with the latest.
MIGRATIONS: Sequence[Migration] = (
    # 0.1.0 rejected rows for values that may be missing, and its keys of records have no end.
    read_delivered_rows_again,
    drop_key_of_decisions,
)


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
