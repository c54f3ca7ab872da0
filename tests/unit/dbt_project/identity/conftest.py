"""Identity models, compiled by dbt, and empty warehouses to run them in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import duckdb
import pytest

from deployment.project import SEEDS
from tests.identity_models import MODELS, SCHEMAS, TABLES, Identity
from tests.unit.dbt_project.conftest import ParsedProject


@pytest.fixture(scope="session")
def compiled_identity(project: ParsedProject) -> Callable[[str], dict[str, str]]:
    """The models' SQL for a default country, without the name of the database."""

    @cache
    def compile_once(country: str) -> dict[str, str]:
        arguments = ("--full-refresh", "--select", *MODELS)
        compiled = project.compiled(*arguments, default_country=country)
        database = f'"{project.warehouse.stem}".'
        return {name: sql.replace(database, "") for name, sql in compiled.items()}

    return compile_once


@pytest.fixture
def warehouse_of(
    compiled_identity: Callable[[str], dict[str, str]],
) -> Callable[[str], Identity]:
    """An empty warehouse for a deployment's country."""

    def make(country: str) -> Identity:
        con = duckdb.connect(config={"threads": 1})
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
        con.execute(TABLES)
        for path in SEEDS.glob("*.csv"):
            con.execute(
                f"create table seeds.{path.stem} as from read_csv('{path}', all_varchar = true)"
            )
        con.execute("alter table seeds.mail_providers alter ignores_dots type boolean")
        con.execute("alter table seeds.mail_providers alter ignores_tags type boolean")
        return Identity(con, compiled_identity(country), country)

    return make


@pytest.fixture
def identity(warehouse_of: Callable[[str], Identity]) -> Identity:
    """An empty warehouse of a German deployment."""
    return warehouse_of("DE")
