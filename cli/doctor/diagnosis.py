"""What stands in the way of a run, said in plain words before it is started.

Looks and never mends: nothing is written but temporary copies of files in odd encodings.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from importlib import metadata
from pathlib import Path

import duckdb

from cli.doctor.finding import Finding
from deployment.config import DeploymentConfig, run_date, today_in
from deployment.config_file import ConfigError, load_config
from deployment.home import Home
from deployment.project import ROOT
from deployment.source_config import FilesSource, FileTable, SourceTable, SqlSource
from ingestion.connect.drafts.todo import MARKER, open_questions
from ingestion.errors import SourceError
from ingestion.files.drops import Drop
from ingestion.files.duckdb_messages import explain
from ingestion.files.folders import Folder, open_folder
from ingestion.files.formats.archives import unpacked
from ingestion.files.formats.readers import DeliveredFile, Reading, open_file
from ingestion.landing.schema_drift import Comparison, Delivery
from warehouse.connection import Warehouse, warehouse_owner
from warehouse.errors import WarehouseError
from warehouse.quoting import identifier

UI_PORTS: Mapping[str, int] = {"the Dagster UI": 3000, "the MLflow UI": 5000}

_OLDEST_PYTHON = (3, 11)
_LEAST_FREE_BYTES = 1 << 30
_SAMPLE_ROWS = 100_000


def diagnose(
    config_path: Path,
    home: Home,
    *,
    ports: Mapping[str, int] = UI_PORTS,
    project: Path = ROOT,
) -> list[Finding]:
    """Look at everything that a run needs; never raises for what it finds.

    Args:
        config_path: the deployment's YAML.
        home: where its state is, or will be.
        ports: port by what will listen there, on the loopback address.
        project: the folder that holds dbt_project/ and requirements.lock.
    """
    findings = [*_python(), *_packages(project / "requirements.lock"), *_home(home)]
    findings += _ports(ports)
    findings += _open_guesses(config_path, project)
    try:
        config = load_config(config_path)
    except ConfigError as error:
        mistakes = str(error).splitlines()
        return findings + [
            Finding("error", "configuration", mistake, "correct the file") for mistake in mistakes
        ]
    findings.append(Finding("ok", "configuration", f"{config_path}: {config.company}"))
    findings += _warehouse(home, config)
    for name, source in config.sources.items():
        findings += _open_guesses(_staging_folder(project, name), project)
        if isinstance(source, FilesSource):
            findings += _files(name, source, config, home)
        elif isinstance(source, SqlSource):
            # What reads databases takes half a second to import.
            from cli.doctor.databases import diagnose_database

            today = datetime.combine(today_in(config.time_zone), datetime.min.time())
            findings += diagnose_database(name, source, today)
        else:
            from cli.doctor.apis import diagnose_api

            findings += diagnose_api(name, source)
        for table_name, table in source.tables.items():
            findings += _staging(name, table, f"{name}.{table_name}", project)
    return findings


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        wanted = ".".join(map(str, _OLDEST_PYTHON))
        yield Finding("error", "Python", f"{found} runs", f"install Python {wanted} or newer")
    else:
        yield Finding("ok", "Python", found)


def _packages(lock: Path) -> Iterator[Finding]:
    """Installed versions against the pins."""
    if not lock.is_file():
        yield Finding("warning", "packages", f"there is no {lock} to compare them with")
        return
    text = lock.read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)(.*)$", text, re.MULTILINE)
    different = 0
    for name, pinned, rest in pins:
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            if ";" in rest:  # for another system or another Python
                continue
            found = "not installed"
        if found != pinned:
            different += 1
            yield Finding(
                "error" if found == "not installed" else "warning",
                f"package {name}",
                f"{found}, pinned is {pinned}",
                "install what requirements.lock says: make env",
            )
    if not different:
        yield Finding("ok", "packages", f"all {len(pins)} as pinned")


def _home(home: Home) -> Iterator[Finding]:
    existing = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(
            "error",
            "home",
            f"{home.root} cannot be written ({existing} is not a folder of yours)",
            "set HOLDFAST_HOME to a folder that can be written",
        )
        return
    yield Finding("ok", "home", str(home.root))
    free = shutil.disk_usage(existing).free
    # A publication holds the old file and the new one at once, a build its temporary tables.
    held = sum(path.stat().st_size for path in (home.warehouse, home.published) if path.exists())
    needed = max(_LEAST_FREE_BYTES, held)
    if free < needed:
        yield Finding(
            "warning",
            "disk",
            f"{_gigabytes(free)} free, a run may need {_gigabytes(needed)}",
            "free some space, or set HOLDFAST_HOME to another disk",
        )
    else:
        yield Finding("ok", "disk", f"{_gigabytes(free)} free")


def _ports(ports: Mapping[str, int]) -> Iterator[Finding]:
    for name, port in ports.items():
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                yield Finding(
                    "warning",
                    f"port {port}",
                    f"in use, {name} would listen there",
                    "stop what listens there, unless it is that very UI",
                )
            else:
                yield Finding("ok", f"port {port}", f"free for {name}")


def _warehouse(home: Home, config: DeploymentConfig) -> Iterator[Finding]:
    if not home.warehouse.exists():
        yield Finding("ok", "warehouse", "not built yet: the first run makes it")
        return
    try:
        with Warehouse(home.warehouse).connect(read_only=True) as con:
            owner = warehouse_owner(con)
    except (WarehouseError, duckdb.Error) as error:
        problem = str(error).splitlines()[0]
        yield Finding("warning", "warehouse", problem, "run again when no run is going on")
        return
    if owner not in (None, config.slug):
        yield Finding(
            "error",
            "warehouse",
            f"it belongs to {owner}, the configuration is for {config.slug}",
            "set HOLDFAST_HOME to another folder",
        )
    else:
        yield Finding("ok", "warehouse", f"belongs to {config.slug}")


def _files(
    name: str, source: FilesSource, config: DeploymentConfig, home: Home
) -> Iterator[Finding]:
    try:
        folder = open_folder(name, source, home)
    except SourceError as error:
        yield Finding("error", f"source {name}", str(error), "create it, or correct location")
        return
    expected_until = run_date(config, today_in(config.time_zone))
    expected_from = expected_until - timedelta(days=source.stale_after_days)
    for table_name, table in source.tables.items():
        compared = Comparison(name, table_name, table, {})
        yield from _table(compared, table, folder, expected_from, home)


def _open_guesses(path: Path, project: Path) -> Iterator[Finding]:
    """What `holdfast connect` was not sure of, and nobody has decided yet."""
    for mark in open_questions(path):
        is_inside = mark.path.is_relative_to(project)
        shown = mark.path.relative_to(project) if is_inside else mark.path
        yield Finding(
            "error",
            f"{shown}:{mark.line}",
            f"{MARKER}: {mark.question}",
            "decide, correct the lines below it if need be, and take the comment out",
        )


def _staging_folder(project: Path, name: str) -> Path:
    return project / "dbt_project" / "models" / "staging" / name


def _staging(name: str, table: SourceTable, subject: str, project: Path) -> Iterator[Finding]:
    """Whether each entity that the table provides has its staging model."""
    folder = _staging_folder(project, name)
    for entity in table.provides:
        model = folder / f"stg_{name}__{entity}.sql"
        if not model.is_file():
            yield Finding(
                "error",
                subject,
                f"it provides {entity}, and there is no model {model.relative_to(project)}",
                "write it, as docs/connect_your_data.md shows, or take the entity out of provides",
            )


def _table(
    compared: Comparison, table: FileTable, folder: Folder, expected_from: date, home: Home
) -> Iterator[Finding]:
    subject = f"{compared.source}.{compared.table}"
    try:
        drops = folder.drops(table.path)
        near = folder.near_misses(table.path) if table.is_dated else []
        if near:
            yield Finding(
                "warning",
                subject,
                f"passed over, because not named {table.path}: {', '.join(near[:3])}",
                "a date in a name is written YYYY-MM-DD",
            )
        if not drops:
            yield Finding(
                "ok" if table.optional else "error",
                subject,
                f"no file {folder.address}/{table.path}",
                "" if table.optional else "deliver it, correct path, or say optional: true",
            )
            return
        newest = drops[-1]
        if newest.drop_date is not None and newest.drop_date < expected_from:
            yield Finding(
                "warning",
                subject,
                f"the newest drop is of {newest.drop_date}",
                "find out why nothing has come since",
            )
        yield from _newest_file(compared, table, folder, newest, len(drops), home)
    except SourceError as error:
        yield Finding("error", subject, str(error), "mend the file, or the configuration")
    except OSError as error:
        yield Finding("error", subject, f"it cannot be read: {error.strerror}", "check permissions")


def _newest_file(
    compared: Comparison, table: FileTable, folder: Folder, drop: Drop, files: int, home: Home
) -> Iterator[Finding]:
    """Whether the newest file can be read, and its key tells rows apart.

    Raises:
        SourceError: it cannot be read.
    """
    subject = f"{compared.source}.{compared.table}"
    root = home.root if home.root.is_dir() else None
    with tempfile.TemporaryDirectory(dir=root) as name, duckdb.connect() as con:
        scratch = Path(name)
        path, _ = folder.fetch(drop, scratch)
        if table.is_zip:
            path = unpacked(drop.name, path, table.member, scratch)
        file = DeliveredFile(drop.name, path, scratch)
        reading = open_file(con, file, table)
        if reading.columns or table.format != "jsonl":
            compared.read_configuration(con)
            compared.take(con, Delivery(drop.name, reading.columns, reading.relation))
        try:
            rows, repeated = _sample(con, table, reading)
        except duckdb.Error as error:
            if table.format != "csv":
                raise explain(drop.name, error) from None
            reading = open_file(con, file, table, row_by_row=True)
            rows, repeated = _sample(con, table, reading)
    if reading.faults:
        yield Finding(
            "warning",
            subject,
            f"{reading.faults.count} rows of {drop.relative} cannot be read and will be rejected",
            "see the reasons in ops.rejected_rows, and correct the export",
        )
    if repeated:
        yield Finding(
            "warning",
            subject,
            f"{repeated} of the first {rows} rows of {drop.relative} repeat {', '.join(table.key)}",
            "check key: of rows with one key only the newest counts",
        )
    yield Finding("ok", subject, f"{files} {'file' if files == 1 else 'files'}, columns as told")


def _sample(con: duckdb.DuckDBPyConnection, table: FileTable, reading: Reading) -> tuple[int, int]:
    """Rows in the first part of a file, and how many of them repeat a key."""
    if not table.key or not reading.columns:
        return 0, 0
    key = ", ".join(identifier(column) for column in table.key)
    row = con.execute(
        f"""
        select count(*), count(*) - count(distinct row({key}))
        from (select {key} from {reading.relation} limit {_SAMPLE_ROWS})
        """
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _gigabytes(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB"
