"""A project to connect sources to, and staging models rendered and run without dbt."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
import pytz

from deployment.config_file import load_config
from deployment.home import Home
from deployment.source_config import FilesSource
from ingestion.connect.connection import Connection, connect
from ingestion.connect.mapping.guesses import EntityGuess
from ingestion.extraction.files import extract_files
from ingestion.opened_source import open_source
from warehouse.connection import create_tables

ROOT = Path(__file__).parents[4]


@dataclass
class Project:
    """A copy of what connect adds to, a home, and a folder that sources deliver into."""

    root: Path
    home: Home
    config: Path

    def connect(
        self,
        name: str,
        origin: str | Path,
        *,
        storage_options: Mapping[str, Any] | None = None,
        is_dry: bool = False,
    ) -> Connection:
        return connect(
            name,
            str(origin),
            self.config,
            self.home,
            self.root,
            storage_options=storage_options,
            is_dry=is_dry,
        )

    def staging(self, name: str) -> Path:
        return self.root / "dbt_project" / "models" / "staging" / name

    def entities(self, connection: Connection) -> dict[str, EntityGuess]:
        return {guess.entity: guess for guess in connection.proposal.entities}

    def everything_written(self, name: str) -> str:
        paths = [self.config, *sorted(self.staging(name).iterdir())]
        return "\n".join(path.read_text() for path in paths)

    def staged(self, name: str, entity: str) -> list[dict[str, Any]]:
        """The rows of a staging model over the raw tables, rendered as dbt would."""
        config = load_config(self.config)
        source = config.sources[name]
        assert isinstance(source, FilesSource)
        model = self.staging(name) / f"stg_{name}__{entity}.sql"
        with duckdb.connect() as con:
            create_tables(con)
            opened = open_source(name, source)
            extract_files(con, opened, self.home, config.last_date or date(2026, 1, 1))
            found = con.execute(rendered(model.read_text(), config.time_zone))
            columns = [column for column, *_ in found.description]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def rendered(model: str, time_zone: str = "UTC") -> str:
    """A staging model's SQL with the project's own macros."""
    macros = (ROOT / "dbt_project" / "macros" / "staging.sql").read_text()
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    return environment.from_string(macros + model).render(
        source=lambda source, table: f'"raw_{source}"."{table}"',
        var={"time_zone": time_zone, "currency": "EUR"}.__getitem__,
        modules=SimpleNamespace(pytz=pytz, datetime=SimpleNamespace(datetime=datetime)),
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / "dbt_project").mkdir(parents=True)
    shutil.copy(ROOT / "dbt_project" / "dbt_project.yml", root / "dbt_project")
    return Project(root, Home(tmp_path / "home").create(), root / "config" / "company.yml")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


Deliver = Callable[[str, str], Path]


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    """Write a file into the source's folder, which is returned."""
    folder = tmp_path / "exports"
    folder.mkdir()

    def write(name: str, text: str) -> Path:
        (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write
