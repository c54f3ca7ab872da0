"""The published file, its briefs and its copies: a new version without the person's rows.

All earlier versions are removed. The other rows, the day and the model stay as they were published;
the warehouse is not read, because it may hold a day that is blocked.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

import duckdb

from brief.archive import FOLDER, write_briefs
from brief.page import Definitions
from deployment.config import DeploymentConfig
from deployment.engine.limits import EngineLimits
from deployment.home import Home
from erasure.places.duckdb_files import remove, write_again
from erasure.search.person import Person, create_entities
from erasure.search.rows import create_rows
from erasure.search.tables import Rule, create_person_tables, rules_of
from warehouse.published.contents import read_contents
from warehouse.published.copies.copy_report import CopyError
from warehouse.published.tables import tables_from_manifest
from warehouse.published.versions import current_version, keep_versions, put_in_place
from warehouse.quoting import literal

_FILE = "published_file"


def find(home: Home, person: Person) -> dict[str, int]:
    """Number of the person's rows by published table, and of the briefs that name them."""
    if not home.published.exists():
        return {}
    with duckdb.connect() as con:
        con.execute(f"attach {literal(str(home.published.resolve()))} as {_FILE} (read_only)")
        counts = {rule.label: rule.count(con, _FILE) for rule in _rules(con, person)}
    days = _days_of_briefs(home, person)
    return {label: number for label, number in counts.items() if number} | (
        {"briefs": len(days)} if days else {}
    )


def publish_without(config: DeploymentConfig, home: Home, person: Person) -> None:
    """Publish a version without the person's rows, and remove all earlier versions."""
    root = home.published.parent
    shutil.rmtree(home.root / FOLDER, ignore_errors=True)  # pages that were written on request
    if not home.published.exists():
        return
    if find(home, person):
        changed = home.published.with_name(f"{home.published.name}.erased")
        fresh = home.published.with_name(f"{home.published.name}.new")
        remove(changed)
        shutil.copyfile(home.published.resolve(), changed)
        with duckdb.connect() as con:
            con.execute(f"attach {literal(str(changed))} as {_FILE}")
            for rule in _rules(con, person):
                rule.delete(con, _FILE)
            description = read_contents(con, _FILE).description(
                published_at=(current_version(home.published) or {}).get("published_at")
            )
            con.execute(f"detach {_FILE}")
        write_again(changed, fresh, EngineLimits.of(config.engine, home))
        remove(changed)
        briefs = partial(write_briefs, definitions=Definitions.of(config))
        days = _days_of_briefs(home, person)
        put_in_place(fresh, home.published, description, days, [briefs])
    keep_versions(root, {home.published.resolve().parent})


def copy_again(config: DeploymentConfig, home: Home) -> list[str]:
    """Replace the copies by the new version; the reasons for which one could not be replaced."""
    if not home.published.exists():
        return []
    return [problem for copy in (_to_parquet, _to_postgres) for problem in copy(config, home)]


def _to_parquet(config: DeploymentConfig, home: Home) -> Iterator[str]:
    from warehouse.published.copies.parquet import copy_to_parquet

    if config.publish.parquet is None:
        return
    folder = home.file(config.publish.parquet.folder)
    try:
        copy_to_parquet(home.published, folder)
        keep_versions(folder, {(folder / "current").resolve()})
    except CopyError as error:
        yield f"Parquet copy: {error}"


def _to_postgres(config: DeploymentConfig, home: Home) -> Iterator[str]:
    from warehouse.published.copies.postgres import copy_to_postgres

    settings = config.publish.postgres
    if settings is None:
        return
    keys = {table.label: table.order_by for table in tables_from_manifest(_manifest(home))}
    try:
        report = copy_to_postgres(home.published, settings, config.slug, keys)
    except CopyError as error:
        yield f"PostgreSQL copy: {error}"
    else:
        yield from (f"PostgreSQL copy: {warning}" for warning in report.warnings)


def _manifest(home: Home) -> dict[str, Any]:
    """The manifest with which the home's tables were built."""
    found: dict[str, Any] = json.loads(
        (home.dbt_target / "manifest.json").read_text(encoding="utf-8")
    )
    return found


def _rules(con: duckdb.DuckDBPyConnection, person: Person) -> Sequence[Rule]:
    create_entities(con, person.entities)
    create_rows(con)
    create_person_tables(con, person.customer_ids, [], [])
    rules, _ = rules_of(con, _FILE)
    return rules


def _days_of_briefs(home: Home, person: Person) -> set[date]:
    """Days whose brief names the customer."""
    folder = home.published.resolve().with_name(FOLDER)
    return {
        date.fromisoformat(page.stem)
        for page in folder.glob("*.html")
        if any(customer in page.read_text(encoding="utf-8") for customer in person.customer_ids)
    }
