"""`holdfast connect`: profile a source, propose its mapping, write the missing drafts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from deployment.home import Home
from ingestion.connect.drafts.config_entry import new_config, source_entry
from ingestion.connect.drafts.config_file import with_entry
from ingestion.connect.drafts.staging_model import staging_model
from ingestion.connect.drafts.staging_yaml import models_yaml, sources_yaml
from ingestion.connect.drafts.todo import OpenQuestion, open_questions
from ingestion.connect.mapping.matching import propose
from ingestion.connect.mapping.proposal import Proposal
from ingestion.connect.origins.catalog import Catalog
from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.origin import read_catalog
from ingestion.connect.profiling.source_profile import SourceProfile, profile_source

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Connection:
    """Result of `holdfast connect`.

    Attributes:
        proposal: the mapping, with the source's profile.
        catalog: the source's tables.
        written: files that were written or extended.
        unchanged: files that existed and were not changed.
        open_questions: the TODOs in the configuration and in the staging folder.
    """

    proposal: Proposal
    catalog: Catalog
    written: list[Path]
    unchanged: list[Path]
    open_questions: list[OpenQuestion]


def connect(
    name: str,
    origin: str,
    config_path: Path,
    home: Home,
    project: Path,
    *,
    storage_options: Mapping[str, Any] | None = None,
    is_dry: bool = False,
) -> Connection:
    """Profile a source, propose a mapping, and write the config entry and the staging models.

    A source in the configuration, a model or a YAML file that exists is not changed.

    Args:
        name: name of the source.
        origin: a local folder, a folder of an object store, a database's URL, or a YAML file with
            an API's entry. `${NAME}` is looked up, and is written to the configuration as it is.
        config_path: the deployment's YAML; created if it does not exist.
        home: a relative folder is below its root, as in the configuration.
        project: the folder that holds dbt_project/.
        storage_options: of an object store, as in the configuration.
        is_dry: whether to write nothing.

    Raises:
        ConnectError: the name or the origin is invalid, or the configuration cannot be extended.
    """
    if not _NAME.fullmatch(name):
        raise ConnectError(
            f"expected a name of lower-case letters, digits and _, a letter first, found {name!r}"
        )
    folder = project / "dbt_project" / "models" / "staging" / name
    with duckdb.connect() as con:
        con.execute("set preserve_insertion_order = true")
        catalog = read_catalog(con, name, origin, home, storage_options or {})
        catalog, profile = _with_keys(catalog, profile_source(con, catalog))
        proposal = propose(profile)
        drafts = {
            config_path: _config(config_path, name, catalog, proposal),
            **_staging(folder, name, proposal),
        }
    written, unchanged = ([], []) if is_dry else _write(drafts)
    questions = [each for path in (config_path, folder) for each in open_questions(path)]
    return Connection(proposal, catalog, written, unchanged, questions)


def _with_keys(catalog: Catalog, profile: SourceProfile) -> tuple[Catalog, SourceProfile]:
    """Leave out tables of databases and APIs without a key, which the configuration requires."""
    if catalog.kind == "files":
        return catalog, profile
    skipped = {
        name: f"{name}: no column and no pair of columns is unique, and a table of a database or an"
        " API needs a key"
        for name in sorted(profile.tables)
        if not profile.keys[name].columns
    }
    kept = {name: table for name, table in profile.tables.items() if name not in skipped}
    if not kept:
        raise ConnectError("no table has a key: " + "; ".join(skipped.values()))
    references = [each for each in profile.references if each.table in kept]
    return (
        replace(catalog, skipped=[*catalog.skipped, *skipped.values()]),
        replace(profile, tables=kept, references=references),
    )


def _config(path: Path, name: str, catalog: Catalog, proposal: Proposal) -> str | None:
    """Return the configuration with the source, or None if it has the source."""
    entry = source_entry(name, catalog, proposal)
    if path.is_file():
        return with_entry(path, path.read_text(encoding="utf-8"), name, entry)
    return new_config(name, proposal, entry)


def _staging(folder: Path, name: str, proposal: Proposal) -> dict[Path, str | None]:
    """Return the text of each file of the staging folder, None for files that exist."""
    drafts = {folder / f"_{name}__sources.yml": sources_yaml(name, proposal)}
    if proposal.entities:
        drafts[folder / f"_{name}__models.yml"] = models_yaml(name, proposal)
    for each in proposal.entities:
        path = folder / f"stg_{name}__{each.entity}.sql"
        drafts[path] = staging_model(name, proposal.profile, each)
    return {path: None if path.exists() else text for path, text in drafts.items()}


def _write(drafts: Mapping[Path, str | None]) -> tuple[list[Path], list[Path]]:
    """Write the drafts that have a text; return the paths written and the paths unchanged."""
    written, unchanged = [], []
    for path, text in drafts.items():
        if text is None:
            unchanged.append(path)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path.resolve(), text)
        written.append(path)
    return written, unchanged


def _replace(path: Path, text: str) -> None:
    """Write a file atomically: a killed process leaves the old file or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    if path.exists():
        shutil.copymode(path, beside)
    beside.replace(path)
