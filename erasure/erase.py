"""Erasure of a person from a home, in an order in which a killed erasure can be finished.

The plan is written first and deleted last. Every step deletes what is left to delete, so that a
second execution of a step changes nothing. While a plan is there, no run begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from deployment.config import DeploymentConfig
from deployment.engine.limits import EngineLimits
from deployment.engine.spill import make_empty
from deployment.home import Home
from erasure.errors import NobodyError
from erasure.kept_files import note_kept
from erasure.places import (
    hand_over_files,
    landing_files,
    other_files,
    published_file,
    warehouse_rows,
)
from erasure.places.rewritten_files import forget_rewritten, remove_rows
from erasure.remains import Remains, find_remains
from erasure.request import Plan, close_request, pending_plan, write_plan
from erasure.search.person import Person, find_person
from erasure.search.queries import count
from erasure.search.tables import rules_of
from erasure.tombstones import Tombstones, read_tombstones, write_tombstones
from erasure.trained_models import TrainedModel, trained_models
from warehouse.connection import Warehouse, create_tables
from warehouse.lake import Lake

_NOBODY = "nobody has this id or address: check its spelling, or name the customer by id"


@dataclass(frozen=True)
class ErasureReport:
    """Result of an erasure, or of the search for what it would erase.

    Attributes:
        counts: number of the person's rows by place and table or file.
        files: delivered files with rows of the person: path and number of rows.
        models: models that were trained while the person was known.
        remains: where the person can still be found; empty after a search.
        unfinished: what a person has to settle at a system outside of the home.
        shared_keys: number of addresses and numbers that stay, because another customer has them.
        unsearched: what could not be searched.
        was_resumed: whether an interrupted erasure was finished, and not a new one begun.
    """

    counts: dict[str, dict[str, int]]
    files: dict[str, int]
    models: list[TrainedModel]
    remains: Remains
    unfinished: list[str]
    shared_keys: int
    unsearched: list[str]
    was_resumed: bool = False


def plan_erasure(
    config: DeploymentConfig,
    home: Home,
    customer_ids: Sequence[str],
    emails: Sequence[str],
    on: date,
    by: str,
) -> Plan:
    """Find a person in all places; no row is changed.

    Args:
        config: the deployment.
        home: its home, after a run.
        customer_ids: ids of any day.
        emails: addresses in any spelling.
        on: the day of the request.
        by: who asks for it.

    Raises:
        NobodyError: nothing in the home has an id or an address.
        ErasureError: several customers have an address, or no run has built the warehouse.
        WarehouseBusyError: a run is in progress.
    """
    warehouse = Warehouse.of(config, home)
    warehouse.require()
    with warehouse.connect() as con:
        if not count(
            con, "select count(*) from duckdb_tables() where table_name = 'removed_positions'"
        ):
            create_tables(con)  # the home is of an earlier release
        _bring_back(con, config, home)
        person = find_person(con, customer_ids, emails, config.default_country)
        if person is None:
            raise NobodyError(_NOBODY)
        tombstones = read_tombstones(home)
        left = _hashes(person, tombstones)
        before = set(tombstones.days)
        tombstones.add(left, on)
        rows = warehouse_rows.find(con, config, person, tombstones)
        files, unsearched = landing_files.find(con, config, home, tombstones)
        # With the ids of records that unread rows and waiting files have of the person.
        left += sorted(tombstones.days.keys() - before - set(left))
        _, unknown = rules_of(con, con.execute("select current_database()").fetchall()[0][0])
    unsearched += [f"{label}: a table without a rule of erasure" for label in unknown]
    counts = {
        "warehouse": rows,
        "published": published_file.find(home, person),
        "hand-over": hand_over_files.find(home, person),
        "other files": other_files.find(home, person),
    }
    if not any(counts.values()) and not files:
        raise NobodyError(_NOBODY)
    return Plan(person, files, left, on, by, counts, unsearched)


def report_of(config: DeploymentConfig, home: Home, plan: Plan) -> ErasureReport:
    """Report of a plan that is not executed."""
    return _report(config, home, plan, Remains({}, {}), [], was_resumed=False)


def erase(config: DeploymentConfig, home: Home, plan: Plan, finished_at: datetime) -> ErasureReport:
    """Erase the person of a plan, new or interrupted.

    Raises:
        WarehouseBusyError: a run is in progress; the erasure can be finished later.
    """
    was_resumed = pending_plan(home) is not None
    if not was_resumed:
        write_plan(home, plan)
    tombstones = read_tombstones(home)
    tombstones.add(plan.tombstones, plan.erased_on)
    write_tombstones(home, tombstones)
    kept = remove_rows(config, home, plan.files)
    note_kept(home, kept)
    unfinished = list(kept.values())
    person, limits = plan.person, EngineLimits.of(config.engine, home)
    unfinished += hand_over_files.withdraw(config, person)
    warehouse = Warehouse.of(config, home)
    with warehouse.connect() as con:
        create_tables(con)
        _bring_back(con, config, home)
        warehouse_rows.delete(con, config, home, person, tombstones, plan.files)
    warehouse_rows.without_old_bytes(home.warehouse, limits)
    published_file.publish_without(config, home, person)
    unfinished += published_file.copy_again(config, home)
    hand_over_files.delete(home, person)
    unfinished += other_files.replace(home, person)
    with home.scratch():
        pass  # what a killed extraction left there is deleted
    make_empty(limits.spill)
    with warehouse.connect(read_only=True) as con:
        remains = find_remains(con, home, person)
    close_request(home, plan, finished_at, remains.counts, unfinished)
    forget_rewritten(home)
    return _report(config, home, plan, remains, unfinished, was_resumed=was_resumed)


def _bring_back(con: duckdb.DuckDBPyConnection, config: DeploymentConfig, home: Home) -> None:
    """Bring tables back from the lake, where no row can be deleted; the next run moves them."""
    if config.engine.spark is not None:
        Lake(home.file(config.engine.spark.lake)).bring_back(con)


def _hashes(person: Person, tombstones: Tombstones) -> list[str]:
    """The keyed hashes of everything by which the person's rows would return.

    A number is hashed with each name of the person and without any.
    """
    hashes = tombstones.hashes
    found = [hashes.of_id(*each) for each in person.entities]
    found += [hashes.of_address(address) for address in person.addresses]
    found += [
        hashed
        for phone, country in person.phones
        for name in (None, *person.full_names)
        if (hashed := hashes.of_phone(phone, country, name)) is not None
    ]
    return list(dict.fromkeys(found))


def _report(
    config: DeploymentConfig,
    home: Home,
    plan: Plan,
    remains: Remains,
    unfinished: list[str],
    *,
    was_resumed: bool,
) -> ErasureReport:
    return ErasureReport(
        plan.counts,
        {file.path: len(file.positions) for file in plan.files},
        trained_models(home, plan.person.known_since),
        remains,
        unfinished,
        plan.person.shared_keys,
        plan.unsearched,
        was_resumed,
    )
