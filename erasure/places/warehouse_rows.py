"""Rows of the working warehouse: one transaction, and then the file is written again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from deployment.config import DeploymentConfig
from deployment.engine.limits import EngineLimits
from deployment.home import Home, write_ahead_log
from erasure.places.duckdb_files import remove, write_again
from erasure.places.rewritten_files import RewrittenFile, note_rewritten
from erasure.search.person import Person, create_entities
from erasure.search.queries import rows_of
from erasure.search.returning_rows import find_returning_rows, unread_loads
from erasure.search.rows import entity_tables, find_rows, raw_tables
from erasure.search.tables import close_gaps, create_person_tables, number_records, rules_of
from erasure.tombstones import Tombstones
from warehouse.quoting import identifier
from warehouse.transaction import transaction


def find(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    person: Person,
    tombstones: Tombstones,
) -> dict[str, int]:
    """Number of the person's rows by table; fills the temporary tables that `delete` reads.

    Rows of loads that no model has read, as after a run that failed, are known by the tombstones.
    """
    create_entities(con, person.entities)
    find_rows(con, person)
    find_returning_rows(con, config, tombstones, unread_loads(con))
    create_person_tables(
        con, person.customer_ids, [phone for phone, _ in person.phones], person.phrases
    )
    number_records(con)
    database = _name(con)
    rules, _ = rules_of(con, database)
    counts = {rule.label: rule.count(con, database) for rule in rules}
    return {label: number for label, number in counts.items() if number}


def delete(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    home: Home,
    person: Person,
    tombstones: Tombstones,
    rewritten: Sequence[RewrittenFile],
) -> None:
    """Delete the person's rows and count them by load, in one transaction.

    The loads of landing files that were written again get the digest of the new file.
    """
    with transaction(con):
        if find(con, config, person, tombstones):
            database = _name(con)
            set_aside(con)
            rules, _ = rules_of(con, database)
            for rule in rules:
                rule.delete(con, database)
            close_gaps(con)
        note_rewritten(con, home, rewritten)


def set_aside(con: duckdb.DuckDBPyConnection) -> int:
    """Count the rows of `erased_rows` in `ops.erased_rows` by load, and delete them where they are.

    Returns:
        The number of delivered rows. Raw tables and `ops.unreadable_rows` have them, except those
        that were removed because of their age (`keep.raw_days`), which have a version only.
    """
    tables = {identifier(*table): ("_load_id", "_row") for table in raw_tables(con)}
    tables["ops.unreadable_rows"] = ("load_id", "row_no")
    versions = dict.fromkeys(entity_tables(con), ("_load_id", "_row"))
    held = " union ".join(
        f"select {load_id} as load_id, {row_no} as row_no from {table}"
        f" where ({load_id}, {row_no}) in (from temp.erased_rows)"
        for table, (load_id, row_no) in (tables | versions).items()
    )
    counts = rows_of(con, f"select load_id, count(*) from ({held}) group by load_id")
    if counts:
        con.executemany(
            "insert into ops.erased_rows values (?, ?)"
            " on conflict (load_id) do update set rows = rows + excluded.rows",
            counts,
        )
    for table, (load_id, row_no) in tables.items():
        con.execute(f"delete from {table} where ({load_id}, {row_no}) in (from temp.erased_rows)")
    return sum(number for _, number in counts)


def without_old_bytes(path: Path, limits: EngineLimits) -> None:
    """Write the file again and put it in its place, by one rename."""
    fresh = path.with_name(f"{path.name}.erased")
    with duckdb.connect(str(path)) as con:
        con.execute("checkpoint")
    write_again(path, fresh, limits)
    fresh.replace(path)
    remove(fresh)
    write_ahead_log(path).unlink(missing_ok=True)
    # Left by a killed process of a version before the spill folder.
    shutil.rmtree(f"{path}.tmp", ignore_errors=True)


def _name(con: duckdb.DuckDBPyConnection) -> str:
    (name,) = con.execute("select current_database()").fetchone() or ("",)
    return str(name)
