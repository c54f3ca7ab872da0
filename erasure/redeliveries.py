"""Redeliveries: rows of erased people in the loads that no model has read yet."""

from __future__ import annotations

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from erasure.places.warehouse_rows import set_aside
from erasure.search.returning_rows import find_returning_rows, unread_loads
from erasure.search.rows import create_rows
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
        create_rows(con)
        find_returning_rows(con, config, tombstones, unread_loads(con))
        # Before the rows are gone: a run killed now learns the ids again.
        if len(tombstones.days) > known:
            write_tombstones(home, tombstones)
        return set_aside(con)
