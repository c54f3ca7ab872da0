"""Diagnosis: every condition of a run, checked before the run starts.

Nothing is changed; only temporary copies of files in rare encodings are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from cli.doctor.copies import diagnose_copies
from cli.doctor.engine import diagnose_engine
from cli.doctor.erasures import diagnose_erasures
from cli.doctor.files import diagnose_files
from cli.doctor.finding import Finding
from cli.doctor.machine import (
    diagnose_home,
    diagnose_packages,
    diagnose_ports,
    diagnose_python,
    diagnose_warehouse,
)
from cli.doctor.sample.staging import diagnose_sample
from cli.doctor.staging import diagnose_guesses, diagnose_staging, staging_folder
from deployment.config import DeploymentConfig, today_in
from deployment.config_file import ConfigError, load_config
from deployment.home import Home
from deployment.project import ROOT
from deployment.source_config import FilesSource, Source, SqlSource

UI_PORTS: Mapping[str, int] = {"the Dagster UI": 3000, "the MLflow UI": 5000}


def diagnose(
    config_path: Path,
    home: Home,
    *,
    ports: Mapping[str, int] = UI_PORTS,
    project: Path = ROOT,
) -> list[Finding]:
    """Check everything that a run needs; problems are returned and not raised.

    Args:
        config_path: the deployment's YAML.
        home: the folder of its state, which may not exist yet.
        ports: port by the name of its server, on the loopback address.
        project: the folder that holds dbt_project/ and requirements.lock.
    """
    findings = [
        *diagnose_python(),
        *diagnose_packages(project / "requirements.lock"),
        *diagnose_home(home),
        *diagnose_ports(ports),
        *diagnose_guesses(config_path, project),
    ]
    try:
        config = load_config(config_path)
    except ConfigError as error:
        mistakes = str(error).splitlines()
        return findings + [
            Finding("error", "configuration", mistake, "correct the file") for mistake in mistakes
        ]
    findings.append(Finding("ok", "configuration", f"{config_path}: {config.company}"))
    findings += diagnose_warehouse(home, config)
    findings += diagnose_engine(config)
    findings += diagnose_copies(config, home)
    findings += diagnose_erasures(home)
    for name, source in config.sources.items():
        findings += diagnose_guesses(staging_folder(project, name), project)
        findings += _source(name, source, config, home)
        for table_name, table in source.tables.items():
            findings += diagnose_staging(name, table, f"{name}.{table_name}", project)
        if isinstance(source, FilesSource):
            findings += diagnose_sample(name, source, config, home, project)
    return [*findings, *_receivers(config)]


def _receivers(config: DeploymentConfig) -> Iterator[Finding]:
    if config.hand_over.postgres is None and config.hand_over.http is None:
        return
    # The drivers take half a second to import.
    from cli.doctor.receivers import diagnose_receivers

    yield from diagnose_receivers(config.hand_over)


def _source(name: str, source: Source, config: DeploymentConfig, home: Home) -> Iterator[Finding]:
    if isinstance(source, FilesSource):
        yield from diagnose_files(name, source, config, home)
    elif isinstance(source, SqlSource):
        # The modules that read databases take half a second to import.
        from cli.doctor.databases import diagnose_database

        today = datetime.combine(today_in(config.time_zone), datetime.min.time())
        yield from diagnose_database(name, source, today)
    else:
        from cli.doctor.apis import diagnose_api

        yield from diagnose_api(name, source)
