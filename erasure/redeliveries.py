"""Redeliveries: rows of erased people in the loads that no model has read yet."""

from __future__ import annotations

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from erasure.places.warehouse_rows import set_aside
from erasure.queries import column, count
from erasure.returning_rows import find_returning_rows
from erasure.tombstones import read_tombstones, write_tombstones
from warehouse.transaction import transaction


def set_returning_rows_aside(
    con: duckdb.DuckDBPyConnection, config: DeploymentConfig, home: Home
) -> int:
    """Delete and count the rows of erased people in new loads, in one transaction.

    Args:
        con: the working warehouse, with the staging views of the sources that are configured.
        config: the deployment.
        home: its tombstones; ids that are learned from the rows are added.

    Returns:
        The number of delivered rows that were deleted.
    """
    tombstones = read_tombstones(home)
    known = len(tombstones.days)
    with transaction(con):
        find_returning_rows(con, config, tombstones, _new_loads(con))
        # Before the rows are gone: a run killed now learns the ids again.
        if len(tombstones.days) > known:
            write_tombstones(home, tombstones)
        return set_aside(con)


def _new_loads(con: duckdb.DuckDBPyConnection) -> list[int]:
    """Loads that the models have not read: they are in the ledger and in no account."""
    has_accounts = count(
        con,
        "select count(*) from duckdb_tables()"
        " where schema_name = 'intermediate' and table_name = 'int_load_accounts'",
    )
    accounted = "select load_id from intermediate.int_load_accounts" if has_accounts else "select 0"
    return column(
        con, f"select load_id from ops.load_ledger where load_id not in ({accounted}) order by 1"
    )
