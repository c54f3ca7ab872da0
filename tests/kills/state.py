"""State of a home that must not depend on kills, and its comparison with another home's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from hashlib import sha256

import dagster as dg

from deployment.config_file import load_config
from ml.registry.version_index import VersionIndex
from orchestration.resources import Models
from orchestration.runtime.instance import prepare
from orchestration.training.recorded_metrics import model_metrics
from orchestration.unattended.alerting import open_faults
from tests.integration.deployments import Deployment, differences
from tests.unit.warehouse.hand_over.receiver import Receiver
from warehouse.hand_over.http_endpoint import BATCH

# Characters of a value in the sentence of a difference; the home itself is kept.
_SHOWN = 300


@dataclass(frozen=True)
class State:
    """A home's state beside its published tables; every value is compared.

    Attributes:
        loads: rows loaded by source and table, and by the day of delivery.
        files: hash of each hand-over file by its path.
        delivered: idempotency keys that the receiver has taken.
        repeated: decisions that it has taken again, beyond those of one batch.
        versions: the last registered version of each model and date: promoted, judged.
        has_metrics: whether the latest promoted model is shown with metrics.
        erasures: entries of the journal of erasures, and whether one is unfinished.
        faults: keys of the faults that `holdfast status` shows.
        kept: rows in each table from which a removal of old data took some, and the account of it.
        leftovers: files beside the warehouse that a killed command has left.
    """

    loads: list[tuple[object, ...]]
    files: dict[str, str]
    delivered: set[str]
    repeated: int
    versions: dict[tuple[str, str], tuple[bool, bool]]
    has_metrics: bool
    erasures: list[object]
    faults: list[str]
    kept: list[tuple[object, ...]]
    leftovers: list[str]


def read_state(deployment: Deployment, receiver: Receiver) -> State:
    """The state of a home in which no process runs, and of its receiver of actions."""
    home, config = deployment.home, load_config(deployment.config)
    prepare(home, deployment.config)
    index = VersionIndex(home.mlflow_database, home.mlflow_database.with_name("kills.json"))
    versions = [version for model in index.models("") for version in index.versions(model)]
    models = Models(home, config)
    in_use = models.churn_models.in_use()
    with dg.DagsterInstance.get() as instance:
        has_metrics = bool(model_metrics(instance, models, in_use[max(in_use)]))
        faults = open_faults(config, home, instance)
    journal = home.erasure / "requests.jsonl"
    lines = journal.read_text("utf-8").splitlines() if journal.exists() else []
    return State(
        loads=deployment.warehouse(
            """
            select source, table_name, delivered_on, count(*), sum(rows), count(superseded_by)
            from ops.load_ledger
            group by all
            order by all
            """
        ),
        files={
            str(path.relative_to(home.hand_over)): sha256(path.read_bytes()).hexdigest()
            for path in sorted(home.hand_over.rglob("*.*"))
            if path.is_file()
        },
        delivered=set(receiver.taken),
        repeated=max(0, receiver.taken.total() - len(receiver.taken) - BATCH),
        versions={
            (each.model, each.as_of): (each.is_promoted, each.is_judged) for each in versions
        },
        has_metrics=has_metrics,
        erasures=[
            *(json.loads(line)["left"] for line in lines),
            (home.erasure / "pending.json").exists(),
        ],
        faults=sorted(fault.key for fault in faults),
        kept=_kept(deployment),
        leftovers=sorted(path.name for path in home.root.glob("warehouse.duckdb.*")),
    )


def _kept(deployment: Deployment) -> list[tuple[object, ...]]:
    """Setting, table, first kept day, rows removed and kept, by table of `ops.removed_rows`."""
    removed = deployment.warehouse(
        """
        select setting, table_name, removed_before, sum(rows)
        from ops.removed_rows group by all order by all
        """
    )
    return [(*row, *deployment.warehouse(f"select count(*) from {row[1]}")[0]) for row in removed]


def compared(
    one: Deployment, state: State, undisturbed: Deployment, expected: State
) -> Iterator[str]:
    """Differences of a home from an undisturbed one, one sentence each."""
    yield from differences(undisturbed, one)
    for field in fields(State):
        here, there = getattr(state, field.name), getattr(expected, field.name)
        if here != there:
            yield f"{field.name}: {str(here)[:_SHOWN]} instead of {str(there)[:_SHOWN]}"
