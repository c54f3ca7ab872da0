"""`holdfast connect`: look at a source, propose its mapping, write what is not there yet."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from deployment.home import Home
from deployment.source_config import ENTITIES
from ingestion.connect.drafts.config_entry import new_config, source_entry, with_entry
from ingestion.connect.drafts.dbt_project_file import with_folder
from ingestion.connect.drafts.staging_sql import staging_model
from ingestion.connect.drafts.staging_yaml import models_yaml, sources_yaml
from ingestion.connect.drafts.todo import OpenGuess, open_guesses
from ingestion.connect.errors import ConnectError
from ingestion.connect.mapping.guesses import Findings, Proposal
from ingestion.connect.mapping.mapping import propose
from ingestion.connect.origins.database import offered_database, refuse_literal_secret
from ingestion.connect.origins.folder import offered_files
from ingestion.connect.origins.offered import Offer
from ingestion.connect.profiling.keys import find_key, find_references
from ingestion.connect.profiling.profile import profile_table
from ingestion.errors import SourceError
from ingestion.opened_source import open_origin

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SCHEME = re.compile(r"^([A-Za-z][\w+.-]*)://")
# fsspec lists nothing there that tells a size, so no source can lie there.
_PAGES = {"http", "https"}


@dataclass(frozen=True)
class Connection:
    """What came of it.

    Attributes:
        proposal: the mapping, with all that was found.
        offer: the source as it was found.
        written: the files that were written or added to.
        left_alone: files that were there already, and were not touched.
        open_guesses: the marks that a person has to decide on.
    """

    proposal: Proposal
    offer: Offer
    written: list[Path]
    left_alone: list[Path]
    open_guesses: list[OpenGuess]


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
    """Profile a source, propose what it means and write config entry and staging models.

    What is there already is left as it is: a source in the configuration, a model, a YAML file.

    Args:
        name: what the source is to be called.
        origin: a folder, here or in an object store, a database's URL, or a YAML file with the
            entry of an API; `${NAME}` in it is looked up, and written as it is.
        config_path: the deployment's YAML; made where it is not there.
        home: a relative folder is below its root, as in the configuration.
        project: the folder that holds dbt_project/.
        storage_options: of an object store, as the configuration is to have them.
        is_dry: look and propose only.

    Raises:
        ConnectError: the name or the origin cannot be used, or a file cannot be added to.
    """
    if not _NAME.fullmatch(name):
        raise ConnectError(
            f"expected a name of lower-case letters, digits and _, a letter first, found {name!r}"
        )
    with duckdb.connect() as con:
        con.execute("set preserve_insertion_order = true")
        offer = _offer(con, name, origin, home, storage_options or {})
        findings = _findings(con, offer)
        offer, findings = _keyed(offer, findings)
        proposal = propose(findings)
        texts = _texts(name, proposal, offer, config_path, project)
    written, left_alone = ([], []) if is_dry else _write(texts)
    marks = [mark for path in (config_path, _folder(project, name)) for mark in open_guesses(path)]
    return Connection(proposal, offer, written, left_alone, marks)


def _offer(
    con: duckdb.DuckDBPyConnection,
    name: str,
    origin: str,
    home: Home,
    storage_options: Mapping[str, Any],
) -> Offer:
    try:
        revealed = open_origin(name, origin).value(origin)
    except SourceError as error:
        raise ConnectError(str(error)) from None
    found = _SCHEME.match(revealed)
    scheme = found.group(1).casefold() if found else None
    if scheme in _PAGES:
        raise ConnectError(
            f"--from is a {scheme} address: bring one delivery to a folder and connect that; of an"
            " API, name a YAML file with its entry"
        )
    if scheme and _is_of_a_store(scheme):
        from ingestion.connect.origins.store import offered_store

        return offered_store(con, name, origin, storage_options)
    if storage_options:
        raise ConnectError("--storage-option is for an object store, such as s3://bucket/folder")
    if scheme:
        refuse_literal_secret(name, origin)
        return offered_database(con, name, origin)
    if Path(revealed).suffix in (".yml", ".yaml"):
        from ingestion.connect.origins.api import offered_api

        return offered_api(con, Path(revealed).expanduser())
    folder = home.root / Path(revealed).expanduser()
    if not folder.is_dir() and Path(revealed).expanduser().is_dir():
        # A path as the shell completes it: relative to where the command is typed.
        folder = Path(revealed).expanduser().resolve()
        origin = str(folder)
    if not folder.is_dir():
        raise ConnectError(
            f"--from: expected a folder (relative to {home.root}), the URL of an object store or a"
            f" database, or the YAML of an API's entry, found none of them in {origin}"
        )
    return offered_files(con, origin, folder)


def _is_of_a_store(scheme: str) -> bool:
    from fsspec import available_protocols

    return scheme in available_protocols()


def _findings(con: duckdb.DuckDBPyConnection, offer: Offer) -> Findings:
    tables = {table.name: profile_table(con, table) for table in offer.tables}
    keys = {name: find_key(con, table) for name, table in tables.items()}
    return Findings(con, tables, keys, find_references(con, tables, keys))


def _keyed(offer: Offer, findings: Findings) -> tuple[Offer, Findings]:
    """Without the tables that live in the source and have no key: they cannot be configured."""
    if offer.kind == "files":
        return offer, findings
    bare = {name for name in findings.tables if not findings.keys[name].columns}
    told = [
        f"{name}: no column and no two tell its rows apart, and a table that is read where it"
        " lives needs a key"
        for name in sorted(bare)
    ]
    kept = {name: table for name, table in findings.tables.items() if name not in bare}
    if not kept:
        raise ConnectError("no table has a key: " + "; ".join(told))
    references = [each for each in findings.references if each.table not in bare]
    return (
        replace(offer, passed_over=[*offer.passed_over, *told]),
        replace(findings, tables=kept, references=references),
    )


def _texts(
    name: str, proposal: Proposal, offer: Offer, config_path: Path, project: Path
) -> Mapping[Path, str | None]:
    """What is to be in each file; None where it stays as it is."""
    entry = source_entry(name, offer, proposal)
    folder = _folder(project, name)
    texts: dict[Path, str | None] = {}
    if config_path.is_file():
        text = config_path.read_text(encoding="utf-8")
        texts[config_path] = with_entry(config_path, text, name, entry)
    else:
        texts[config_path] = new_config(name, proposal, entry)
    project_file = project / "dbt_project" / "dbt_project.yml"
    text = project_file.read_text(encoding="utf-8")
    enabled = with_folder(project_file, text, name)
    texts[project_file] = enabled if enabled != text else None
    models = {folder / f"_{name}__sources.yml": sources_yaml(name, proposal)}
    if proposal.entities:
        models[folder / f"_{name}__models.yml"] = models_yaml(name, proposal)
    for entity in ENTITIES:
        for guess in proposal.entities:
            if guess.entity == entity:
                model = staging_model(name, proposal.findings, guess)
                models[folder / f"stg_{name}__{entity}.sql"] = model
    return texts | {path: None if path.exists() else text for path, text in models.items()}


def _write(texts: Mapping[Path, str | None]) -> tuple[list[Path], list[Path]]:
    written, left_alone = [], []
    for path, text in texts.items():
        if text is None:
            left_alone.append(path)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        _put(path.resolve(), text)
        written.append(path)
    return written, left_alone


def _put(path: Path, text: str) -> None:
    """Write a file in one step: whoever is killed leaves the old one or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    if path.exists():
        shutil.copymode(path, beside)
    beside.replace(path)


def _folder(project: Path, name: str) -> Path:
    return project / "dbt_project" / "models" / "staging" / name
