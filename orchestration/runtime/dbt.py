"""dbt, run inside this process: its manifest for the graph, its builds as Dagster events.

dagster-dbt's own resource starts a `dbt` command for every build, which costs 5 to 7 seconds; the
same build through `dbtRunner` starts in one. What its results mean for Dagster is left to
dagster-dbt.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import FACTORY
from dbt.artifacts.schemas.results import NodeStatus
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import msg_to_dict

from deployment.errors import HoldfastError
from deployment.home import Home
from deployment.project import DBT_PROJECT
from warehouse.connection import open_file
from warehouse.errors import busy_error
from warehouse.quoting import identifier

_RESULTS = frozenset({"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"})
_FAILED = frozenset({NodeStatus.Error, NodeStatus.Fail, NodeStatus.RuntimeErr})
_SHOWN_FAILURES = 5
_SECONDS_BETWEEN_CANCELS = 0.2

# What this process has read of projects, by their fingerprint.
_READ: dict[str, Manifest] = {}


class TransformError(HoldfastError):
    """dbt could not parse or build; the text names the nodes that failed and says why."""


@dataclass(frozen=True)
class Dbt:
    """The dbt project of a deployment.

    Args:
        home: where target and logs go, and the warehouse that is built.
        variables: the deployment's variables (`deployment_vars`), the same for every run, so that
            dbt reads the project once and not once a run.
        project: the project's folder, which also holds profiles.yml.
    """

    home: Home
    variables: Mapping[str, Any]
    project: Path = DBT_PROJECT

    def manifest(self) -> dict[str, Any]:
        """The manifest, parsed anew if the project or the variables have changed since.

        Raises:
            TransformError: the project cannot be parsed.
        """
        path = self.home.dbt_target / "manifest.json"
        stamp = self.home.dbt_target / "manifest.stamp"
        current = self._fingerprint()
        if not (path.exists() and stamp.exists() and stamp.read_text() == current):
            self._read().writable_manifest().write(str(path))
            stamp.write_text(current)
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        return manifest

    def build(
        self,
        context: dg.AssetExecutionContext,
        manifest: Mapping[str, Any],
        translator: DagsterDbtTranslator,
    ) -> Iterator[Any]:
        """Build and test what the run selects of these assets; yield each result when it is there.

        Unit tests are left out: they say something of the code, and not of the day.

        Raises:
            WarehouseBusyError: another process holds the warehouse.
            TransformError: a model or a test failed; everything that did not depend on it was
                built, and the results of all were yielded.
        """
        selected = [*_models(context, manifest, translator), *_lone_checks(context)]
        arguments = [
            "build",
            *self._flags(),
            *("--select", *selected),
            # A test whose other tables are built later belongs to the later build.
            *("--indirect-selection", "buildable"),
            *("--exclude-resource-type", "unit_test"),
            # Nobody reads the artefacts, and writing them takes longer than a dozen tables.
            "--no-write-json",
        ]
        # Opened as dbt opens it: connections of one process share one instance of the file.
        with open_file(self.home.warehouse) as con:
            for message in _invoke(arguments, self._parsed(), self.home.warehouse):
                node = message.raw_event["data"]["node_info"]
                for event in message.to_default_asset_events(manifest, translator, context):
                    if isinstance(event, dg.Output) and node["materialized"] != "view":
                        rows = {"dagster/row_count": _row_count(con, node["node_relation"])}
                        yield event.with_metadata({**event.metadata, **rows})
                    else:
                        yield event

    def _parsed(self) -> Manifest:
        """The project as dbt knows it, with nodes of its own: a build leaves in them what it makes.

        Copying them costs a tenth of a second.
        """
        read = self._read()
        return replace(read, nodes=deepcopy(read.nodes))

    def _read(self) -> Manifest:
        """The project, read once a process, which costs one to nine seconds.

        Raises:
            TransformError: it cannot be parsed.
        """
        current = self._fingerprint()
        if current not in _READ:
            result = dbtRunner().invoke(["parse", *self._flags(), "--no-write-json"])
            if not isinstance(result.result, Manifest):
                raise TransformError(f"dbt cannot read {self.project}: {result.exception}")
            _READ[current] = result.result
        return _READ[current]

    def _flags(self) -> list[str]:
        return [
            *("--project-dir", str(self.project)),
            *("--profiles-dir", str(self.project)),
            *("--target-path", str(self.home.dbt_target)),
            *("--log-path", str(self.home.dbt_logs)),
            *("--vars", json.dumps(self.variables, sort_keys=True)),
            # Dagster's log has what went wrong; dbt's own would format every event twice more.
            *("--log-level", "none"),
            *("--log-level-file", "none"),
        ]

    def _fingerprint(self) -> str:
        """A hash of the variables and of the project's files by path, size and time of change.

        Not of the home: nothing that is read depends on it, and a home that was copied or moved
        would have all read again.
        """
        digest = hashlib.sha256(json.dumps(self.variables, sort_keys=True).encode())
        for folder, folders, files in os.walk(self.project):
            folders.sort()
            for name in sorted(files):
                path = Path(folder, name)
                stat = path.stat()
                digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
        return digest.hexdigest()


def _invoke(
    arguments: Sequence[str], manifest: Manifest, warehouse: Path
) -> Iterator[DbtCoreCliEventMessage]:
    """Run dbt beside this thread and yield the results of its nodes as they come.

    Whoever stops reading stops dbt: what it is executing is cancelled, and not committed.
    """
    queue: SimpleQueue[EventMsg | dbtRunnerResult] = SimpleQueue()

    def keep(event: EventMsg) -> None:
        if event.info.name in _RESULTS:
            queue.put(event)

    def run() -> None:
        result = dbtRunner(manifest, callbacks=[keep]).invoke(list(arguments))
        DuckDBConnectionManager.close_all_connections()
        queue.put(result)

    thread = Thread(target=run, name="dbt", daemon=True)
    thread.start()
    try:
        item = queue.get()
        while not isinstance(item, dbtRunnerResult):
            yield DbtCoreCliEventMessage(raw_event=msg_to_dict(item), event_history_metadata={})
            item = queue.get()
    finally:
        while thread.is_alive():
            for adapter in FACTORY.adapters.values():
                adapter.connections.cancel_open()
            thread.join(_SECONDS_BETWEEN_CANCELS)
    if not item.success:
        raise _failure(item, warehouse)


def _failure(result: dbtRunnerResult, warehouse: Path) -> HoldfastError:
    """The error of a failed invocation: of a busy warehouse, or of the nodes that failed."""
    message = _why(result)
    return busy_error(warehouse, message) or TransformError(message)


def _why(result: dbtRunnerResult) -> str:
    if result.exception is not None:
        return f"dbt failed: {result.exception}"
    failed = [entry for entry in getattr(result.result, "results", []) if entry.status in _FAILED]
    shown = [f"{entry.node.name}: {str(entry.message).strip()}" for entry in failed]
    more = len(shown) - _SHOWN_FAILURES
    if more > 0:
        shown = [*shown[:_SHOWN_FAILURES], f"and {more} more"]
    return "dbt failed:\n" + "\n".join(shown)


def _models(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
) -> list[str]:
    """Names of the selected models and seeds, which are unique within a dbt project."""
    return sorted(
        str(node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and translator.get_asset_key(node) in context.selected_asset_keys
    )


def _lone_checks(context: dg.AssetExecutionContext) -> list[str]:
    """Names of the selected tests whose table is not selected itself."""
    return sorted(
        key.name
        for key in context.selected_asset_check_keys
        if key.asset_key not in context.selected_asset_keys
    )


def _row_count(con: duckdb.DuckDBPyConnection, relation: Mapping[str, str]) -> int:
    table = f"{identifier(relation['schema'])}.{identifier(relation['alias'])}"
    row = con.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0
