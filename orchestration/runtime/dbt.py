"""dbt in this process: the manifest for the asset graph, and builds as Dagster events.

dagster-dbt's own resource starts a `dbt` command for every build, which costs 5 to 7 s; the same
build through `dbtRunner` starts in 1 s. dagster-dbt translates its results into Dagster events.
Selections of models do not belong here (`assets/warehouse.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import dagster as dg
import dbt.compilation
import duckdb
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import FACTORY
from dbt.artifacts.schemas.results import NodeStatus
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import EventMsg
from dbt_common.events.event_manager_client import ctx_set_event_manager
from dbt_common.events.functions import msg_to_dict

from deployment.engine.free_memory import return_free_memory
from deployment.engine.limits import Engine, EngineLimits
from deployment.errors import HoldfastError
from deployment.home import Home
from deployment.project import DBT_PROJECT
from orchestration.runtime.compiled_templates import CompiledTemplates
from orchestration.runtime.ephemeral_models import by_pattern
from orchestration.runtime.unchanged_relations import InOrder, note, stamp_of, stampable, unchanged
from orchestration.runtime.unread_events import UnreadEvents, build_when_read
from warehouse.connection import open_file
from warehouse.errors import busy_error
from warehouse.lake import Lake
from warehouse.quoting import identifier, literal

_RESULTS = frozenset({"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"})
_FAILED = frozenset({NodeStatus.Error, NodeStatus.Fail, NodeStatus.RuntimeErr})
_SHOWN_FAILURES = 5
_SECONDS_BETWEEN_CANCELS = 0.2
# Two workers of dbt, its queue and Dagster share Python's lock. At the default of 5 ms they pass it
# on so often that a day of 5,000 people takes about a tenth more CPU (median of three pairs).
_SWITCH_SECONDS = 0.05

dbt.compilation.inject_ctes_into_sql = by_pattern(dbt.compilation.inject_ctes_into_sql)
build_when_read()
ctx_set_event_manager(UnreadEvents())
_TEMPLATES = CompiledTemplates()
setattr(MacroFuzzEnvironment, "compile", _TEMPLATES.remembering(MacroFuzzEnvironment.compile))  # noqa: B010


class TransformError(HoldfastError):
    """dbt could not parse or build; the text names the nodes that failed, with their messages."""


@dataclass(frozen=True)
class ParsedProject:
    """A parsed dbt project: dbt's object, and its two serialisations.

    Attributes:
        manifest: as dbt takes it.
        as_json: in dbt's documented format, as dagster-dbt takes it.
        packed: as msgpack, in which dbt's own partial parsing stores it.
    """

    manifest: Manifest
    as_json: bytes
    packed: bytes


# Projects that this process has read, by their fingerprint.
_READ: dict[str, ParsedProject] = {}


@dataclass(frozen=True)
class StoredProject:
    """A parsed project in the target folder, valid for one fingerprint of its files.

    dbt's partial parsing parses all again when the path of the warehouse changes, and otherwise
    compares every file, which takes 1.5 s of CPU; reading the stored project takes 0.6 s. The
    fingerprint is written last and removed first, so that an interrupted write is not valid.
    """

    folder: Path

    def is_of(self, fingerprint: str) -> bool:
        """True if the stored project has the fingerprint."""
        return self._stamp.exists() and self._stamp.read_text() == fingerprint

    def read(self, fingerprint: str) -> ParsedProject | None:
        """The project; None if none is stored, or another one."""
        if not self.is_of(fingerprint):
            return None
        packed = self._packed.read_bytes()
        manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
        manifest.build_flat_graph()
        return ParsedProject(manifest, self._json.read_bytes(), packed)

    def write(self, fingerprint: str, project: ParsedProject) -> None:
        """Replace the stored project."""
        self._stamp.unlink(missing_ok=True)
        self._json.write_bytes(project.as_json)
        self._packed.write_bytes(project.packed)
        self._stamp.write_text(fingerprint)

    @property
    def _json(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def _packed(self) -> Path:
        return self.folder / "manifest.msgpack"

    @property
    def _stamp(self) -> Path:
        return self.folder / "manifest.stamp"


@dataclass(frozen=True)
class Dbt:
    """The dbt project of a deployment.

    Args:
        home: where target and logs go, and the warehouse that is built.
        variables: the deployment's variables (`deployment_vars`). They are the same in every run,
            so that the project is parsed once.
        project: the project's folder, with profiles.yml in it.
        limits: memory, threads and spill folder of the run; None leaves DuckDB's defaults.
        engine: what builds the models; None for DuckDB.
    """

    home: Home
    variables: Mapping[str, Any]
    project: Path = DBT_PROJECT
    limits: EngineLimits | None = None
    engine: Engine | None = None

    def manifest(self) -> dict[str, Any]:
        """The manifest as a dictionary, parsed again if the project or the variables have changed.

        Raises:
            TransformError: the project cannot be parsed.
        """
        manifest: dict[str, Any] = json.loads(self._project().as_json)
        return manifest

    def build(
        self,
        context: dg.AssetExecutionContext,
        manifest: Mapping[str, Any],
        translator: DagsterDbtTranslator,
    ) -> Iterator[Any]:
        """Build and test the selected models; yield each result as soon as it is known.

        Unit tests are left out, because they test the code and not the day's data. Seeds and views
        that nothing has changed are left as they are.

        Raises:
            WarehouseBusyError: another process holds the warehouse.
            TransformError: a model or a test failed; everything that did not depend on it was
                built, and the results of all were yielded.
        """
        nodes = _nodes(context, manifest, translator)
        with self._opened() as (con, cancel):
            stamp = stamp_of(con, self._fingerprint(), manifest)
            stamped = stampable(manifest, nodes)
            kept = unchanged(con, stamp, stamped)
            made = [node for node in nodes if node not in kept]
            in_order = InOrder(manifest, kept, made)
            yield from (_unchanged(con, node, translator) for node in in_order.after())
            for message in self._built(made, _lone_checks(context), cancel):
                unique_id = message.raw_event["data"]["node_info"]["unique_id"]
                for event in message.to_default_asset_events(manifest, translator, context):
                    if not isinstance(event, dg.Output):
                        yield event
                        continue
                    node = manifest["nodes"][unique_id]
                    if node in stamped:
                        note(con, stamp, node)
                    yield event.with_metadata({**event.metadata, **_row_count(con, node)})
                    following = in_order.after(unique_id)
                    yield from (_unchanged(con, each, translator) for each in following)

    def _built(
        self, nodes: Sequence[Mapping[str, Any]], checks: Sequence[str], cancel: Callable[[], None]
    ) -> Iterator[DbtCoreCliEventMessage]:
        """Build the nodes with their tests, and run further tests; the results as they arrive."""
        selected = [*sorted(str(node["name"]) for node in nodes), *checks]
        if not selected:
            return iter(())
        arguments = [
            "build",
            *self._flags(),
            *("--select", *selected),
            # A test that reads a table of a later build runs in that build.
            *("--indirect-selection", "buildable"),
            *("--exclude-resource-type", "unit_test"),
            # The artefacts are not read, and writing them takes longer than a dozen tables.
            "--no-write-json",
            # Only the schemas of this build's models, and not all of them in each build.
            "--cache-selected-only",
        ]
        return _invoke(arguments, self._own_nodes(), self.home.warehouse, cancel)

    def command(self, *arguments: str) -> list[str]:
        """Run a command of dbt's own, such as `build --select orders`, in this process.

        Returns:
            The names of the models, seeds and tests that were run.

        Raises:
            WarehouseBusyError: another process holds the warehouse.
            TransformError: a model or a test failed.
        """
        with self._opened() as (_, cancel):
            given = [*arguments, *self._flags()]
            messages = list(_invoke(given, self._own_nodes(), self.home.warehouse, cancel))
        return [message.raw_event["data"]["node_info"]["node_name"] for message in messages]

    @contextmanager
    def _opened(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Callable[[], None]]]:
        """The file as dbt opens it, and a function that cancels what runs outside of DuckDB.

        dbt's connections share the file's instance, and with it the limits and functions.

        Raises:
            WarehouseBusyError: another process holds the warehouse.
            SparkError: Spark is to build models, and cannot start here.
        """
        return_free_memory()
        with open_file(self.home.warehouse) as con:
            settings = {} if self.limits is None else self.limits.duckdb_settings()
            for name, value in settings.items():
                con.execute(f"set global {name} = {literal(str(value))}")
            with _cluster(con, self.engine, self.home) as cancel:
                yield con, cancel

    def _own_nodes(self) -> Manifest:
        """The manifest with a copy of its nodes, to which a build adds what it compiles.

        Copying them costs 0.1 s.
        """
        manifest = self._project().manifest
        _TEMPLATES.store_in(self.home.dbt_target / "templates")
        return replace(manifest, nodes=deepcopy(manifest.nodes))

    def _project(self) -> ParsedProject:
        """The project as this process has read it, as stored in the home, or parsed again.

        Raises:
            TransformError: the project cannot be parsed.
        """
        current, stored = self._fingerprint(), StoredProject(self.home.dbt_target)
        if current not in _READ:
            _READ[current] = stored.read(current) or self.parse()
        if not stored.is_of(current):
            stored.write(current, _READ[current])
        return _READ[current]

    def parse(self) -> ParsedProject:
        """Parse the project, which takes 2 to 9 s.

        dbt's partial parsing is off, because it keeps the old paths of seeds in a moved project.
        """
        flags = [*self._flags(), "--no-write-json", "--no-partial-parse"]
        result = dbtRunner().invoke(["parse", *flags])
        if not isinstance(result.result, Manifest):
            raise TransformError(f"dbt cannot parse {self.project}: {result.exception}")
        manifest = result.result
        with TemporaryDirectory() as folder:
            path = Path(folder, "manifest.json")
            manifest.writable_manifest().write(str(path))
            as_json = path.read_bytes()
        return ParsedProject(manifest, as_json, manifest.to_msgpack(extended_mashumaro_encoder))

    def _flags(self) -> list[str]:
        return [
            *("--project-dir", str(self.project)),
            *("--profiles-dir", str(self.project)),
            *("--target-path", str(self.home.dbt_target)),
            *("--log-path", str(self.home.dbt_logs)),
            *("--vars", json.dumps(self.variables, sort_keys=True)),
            # Dagster's log has the failures; dbt's own logs would format every event twice more.
            *("--log-level", "none"),
            *("--log-level-file", "none"),
        ]

    def _fingerprint(self) -> str:
        """A hash of dbt's version, the variables, and the files' paths, sizes and change times.

        The home is no part of it: the manifest does not depend on the home, and a copied or moved
        home needs no new parse.
        """
        given = {"dbt": version("dbt-core"), "vars": self.variables}
        digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode())
        for folder, folders, files in os.walk(self.project):
            folders.sort()
            for name in sorted(files):
                path = Path(folder, name)
                stat = path.stat()
                digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
        return digest.hexdigest()


@contextmanager
def _cluster(
    con: duckdb.DuckDBPyConnection, engine: Engine | None, home: Home
) -> Iterator[Callable[[], None]]:
    """Let Spark build the models that are its own; yields a function that cancels its jobs.

    Where the deployment has gone back to DuckDB, the tables come back from the lake first.

    Raises:
        SparkError: Spark cannot start here.
    """
    if engine is None or engine.spark is None:
        yield _nothing
        return
    lake = Lake(home.file(engine.spark.lake))
    if engine.kind == "duckdb":
        if lake.root.exists():
            lake.bring_back(con)
        yield _nothing
        return
    from spark.engine.builds import Builds
    from spark.engine.session import Session, require

    require()
    builds = Builds(con, lake, Session(engine.spark))
    with builds.offered():
        yield builds.cancel


def _nothing() -> None:
    """Cancels nothing: all statements are DuckDB's."""


def _invoke(
    arguments: Sequence[str], manifest: Manifest, warehouse: Path, cancel: Callable[[], None]
) -> Iterator[DbtCoreCliEventMessage]:
    """Run dbt in another thread and yield the results of its nodes as they arrive.

    Closing the generator cancels dbt's running statements, which are then not committed; `cancel`
    cancels those that run outside of DuckDB.
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
    with _few_switches():
        thread.start()
        try:
            item = queue.get()
            while not isinstance(item, dbtRunnerResult):
                yield DbtCoreCliEventMessage(raw_event=msg_to_dict(item), event_history_metadata={})
                item = queue.get()
        finally:
            while thread.is_alive():
                cancel()
                for adapter in FACTORY.adapters.values():
                    adapter.connections.cancel_open()
                thread.join(_SECONDS_BETWEEN_CANCELS)
    if not item.success:
        raise _failure(item, warehouse)


@contextmanager
def _few_switches() -> Iterator[None]:
    """Let a thread keep Python's lock for `_SWITCH_SECONDS` before another may claim it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


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


def _nodes(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
) -> list[Mapping[str, Any]]:
    """The selected models and seeds."""
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and translator.get_asset_key(node) in context.selected_asset_keys
    ]


def _lone_checks(context: dg.AssetExecutionContext) -> list[str]:
    """Names of the selected tests whose table is not selected itself."""
    return sorted(
        key.name
        for key in context.selected_asset_check_keys
        if key.asset_key not in context.selected_asset_keys
    )


def _unchanged(
    con: duckdb.DuckDBPyConnection, node: Mapping[str, Any], translator: DagsterDbtTranslator
) -> dg.MaterializeResult[None]:
    """The result of a seed or view that was left as it is."""
    metadata = {"unchanged": True, **_row_count(con, node)}
    return dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata=metadata)


def _row_count(con: duckdb.DuckDBPyConnection, node: Mapping[str, Any]) -> dict[str, int]:
    """The number of rows as Dagster's metadata; none of a view, which has no rows of its own."""
    if node["config"]["materialized"] == "view":
        return {}
    table = identifier(node["schema"], node["alias"])
    row = con.execute(f"select count(*) from {table}").fetchone()
    return {"dagster/row_count": int(row[0]) if row else 0}
