"""Hand-over of the published actions: to the day's files, and to each receiver in turn.

A receiver that fails keeps neither the files nor another receiver from its actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from deployment.hand_over import HandOver
from warehouse.connection import as_of_date
from warehouse.hand_over.action_list import (
    action_list,
    actions_not_taken,
    actions_of,
    counts_by_status,
    withdrawn_actions,
)
from warehouse.hand_over.dead_letters import write_dead_letters
from warehouse.hand_over.files import delete_old, has_actions, write_actions, write_withdrawn
from warehouse.hand_over.http_endpoint import HttpEndpoint
from warehouse.hand_over.ledger import record, refused
from warehouse.hand_over.outcomes import Destination
from warehouse.hand_over.postgres_table import PostgresTable


@dataclass
class Delivery:
    """Result of one destination.

    Attributes:
        taken: decisions that it took in this run.
        refused: decisions that it did not take; they are tried again until they expire.
        error: the first reason for which it did not do as asked, None where it did.
    """

    taken: int = 0
    refused: int = 0
    error: str | None = None


@dataclass
class HandOverReport:
    """Result of a hand-over.

    Attributes:
        actions: listed actions by status: ready, or the reason for which they are withheld.
        files: actions in the files that were written, by day.
        deliveries: result by destination.
    """

    actions: dict[str, int]
    files: dict[date, int] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    @property
    def failure(self) -> str | None:
        """Decisions that were not taken, a clause a receiver; None if all of them were taken."""
        failures = [
            f"{name}: {delivery.refused} decisions were not taken: {delivery.error}"
            for name, delivery in self.deliveries.items()
            if delivery.error is not None
        ]
        return "; ".join(failures) or None


def destinations(settings: HandOver) -> list[Destination]:
    """The receivers of the configuration."""
    found: list[Destination] = []
    if settings.postgres is not None:
        found.append(PostgresTable(settings.postgres))
    if settings.http is not None:
        found.append(HttpEndpoint(settings.http))
    return found


def hand_over(
    con: duckdb.DuckDBPyConnection,
    published: Path,
    folder: Path,
    slug: str,
    settings: HandOver,
    days: Sequence[date],
) -> HandOverReport:
    """Hand over the published actions that have not expired and were not taken yet.

    Args:
        con: the warehouse, with `hand_over.action_contacts` as of its latest date.
        published: the published file.
        folder: the folder of the files and of the dead letters.
        slug: the deployment's short name.
        settings: the destinations.
        days: the days of the run, whose files are written.
    """
    with action_list(con, published, slug, days):
        report = HandOverReport(counts_by_status(con))
        as_of = as_of_date(con)
        if settings.files and as_of is not None:
            report.files = _write_files(con, folder, days, as_of)
            write_withdrawn(folder, as_of, withdrawn_actions(con))
            delete_old(folder, as_of, settings.keep_days)
        for destination in destinations(settings):
            report.deliveries[destination.name] = _deliver(con, destination)
        write_dead_letters(folder, refused(con))
    return report


def _write_files(
    con: duckdb.DuckDBPyConnection, folder: Path, days: Sequence[date], as_of: date
) -> dict[date, int]:
    """Write the files of the days with actions; those of an earlier day stay as they are."""
    written = {}
    decided = con.execute("select distinct snapshot_date from action_list").fetchall()
    for day in sorted({day for (day,) in decided} & set(days)):
        if day < as_of and has_actions(folder, day):
            continue
        actions = actions_of(con, day)
        write_actions(folder, day, actions)
        written[day] = len(actions)
    return written


def _deliver(con: duckdb.DuckDBPyConnection, destination: Destination) -> Delivery:
    """Send the actions that a destination has not taken; record each batch."""
    withdrawn = withdrawn_actions(con)["decision_id"].to_pylist()
    delivery = Delivery(error=destination.withdraw(withdrawn) if withdrawn else None)
    for outcomes in destination.send(actions_not_taken(con, destination.name)):
        record(con, destination.name, outcomes)
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        delivery.taken += len(outcomes) - len(errors)
        delivery.refused += len(errors)
        delivery.error = delivery.error or next(iter(errors), None)
    return delivery
