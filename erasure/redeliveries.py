"""Redeliveries: rows of erased people in deliveries that come after the erasure.

The rows are deleted before a model reads them, and then leave their files in the home by the code
that `holdfast erase` uses. `redelivered.json` names these files from before the first of them is
changed until the ledger has the digests of all, so that a killed run is finished by the next one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import duckdb

from deployment.config import DeploymentConfig
from deployment.engine.limits import EngineLimits
from deployment.home import Home
from deployment.private_files import replace_file
from deployment.source_config import Source
from erasure.kept_files import note_kept
from erasure.places.landing_files import find_loaded, find_redelivered
from erasure.places.rewritten_files import (
    RewrittenFile,
    forget_rewritten,
    note_rewritten,
    remove_rows,
)
from erasure.places.warehouse_rows import set_aside, without_old_bytes
from erasure.search.returning_rows import find_returning_rows, unread_loads
from erasure.search.rows import create_rows
from erasure.tombstones import has_tombstones, read_tombstones, write_tombstones
from warehouse.connection import Warehouse, create_tables
from warehouse.transaction import transaction

_PENDING = "redelivered.json"


def set_returning_rows_aside(
    con: duckdb.DuckDBPyConnection, config: DeploymentConfig, home: Home
) -> int:
    """Delete and count the rows of erased people in new loads, in one transaction.

    Args:
        con: the working warehouse, with the staging views of the sources that are configured.
        config: the deployment.
        home: its tombstones; ids that are learned from the rows are added. `finish_files` removes
            the rows from its files.

    Returns:
        The number of delivered rows that were deleted.
    """
    tombstones = read_tombstones(home)
    known = len(tombstones.days)
    with transaction(con):
        create_rows(con)
        find_returning_rows(con, config, tombstones, unread_loads(con))
        # Before the rows are gone: a run killed now learns the ids and the files again.
        if len(tombstones.days) > known:
            write_tombstones(home, tombstones)
        _plan(home, find_loaded(con, config, home))
        return set_aside(con)


def clean_redelivered_files(
    config: DeploymentConfig, home: Home, sources: Mapping[str, Source]
) -> list[str]:
    """Remove the rows again from files that were delivered again as before an erasure.

    Called before an extraction, which then finds them loaded: a file that is delivered twice
    changes nothing.

    Args:
        config: the deployment.
        home: its home.
        sources: the sources that are extracted next.

    Returns:
        The reasons of files that cannot be written again.
    """
    if not has_tombstones(home):
        return []
    problems = finish_files(config, home)
    with Warehouse.of(config, home).connect() as con:
        _plan(home, find_redelivered(con, sources, home))
    return problems + finish_files(config, home)


def finish_files(config: DeploymentConfig, home: Home) -> list[str]:
    """Write the planned files again without the rows, and the warehouse without their bytes.

    Returns:
        The reasons of files that cannot be written again; `erasure.kept_files` keeps them.
    """
    pending = home.erasure / _PENDING
    if not pending.exists():
        return []
    files = [RewrittenFile(**each) for each in json.loads(pending.read_text("utf-8"))]
    kept = remove_rows(config, home, files)
    note_kept(home, kept)
    with Warehouse.of(config, home).connect() as con:
        create_tables(con)
        with transaction(con):
            note_rewritten(con, home, files)
    without_old_bytes(home.warehouse, EngineLimits.of(config.engine, home))
    pending.unlink()
    forget_rewritten(home)
    return list(kept.values())


def _plan(home: Home, files: Sequence[RewrittenFile]) -> None:
    if files:
        text = json.dumps([asdict(file) for file in files])
        replace_file(home.erasure / _PENDING, partial(Path.write_text, data=text, encoding="utf-8"))
