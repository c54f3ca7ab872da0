"""Identity models, compiled by dbt, and empty warehouses to run them in."""

from __future__ import annotations

import json
from collections.abc import Callable

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from deployment.project import DBT_PROJECT, SEEDS
from tests.identity_models import MODELS, SCHEMAS, TABLES, Identity


@pytest.fixture(scope="session")
def compiled_identity(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str]]:
    """The models' SQL for a default country, without the name of the database."""
    folder = tmp_path_factory.mktemp("identity")
    known: dict[str, dict[str, str]] = {}

    def compile_once(country: str) -> dict[str, str]:
        if country not in known:
            flags = [
                *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
                *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
                *("--vars", json.dumps({"default_country": country})),
                *("--log-level", "none", "--log-level-file", "none"),
            ]
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("HOLDFAST_WAREHOUSE", str(folder / "identity.duckdb"))
                result = dbtRunner().invoke(
                    ["compile", *flags, "--full-refresh", "--select", *MODELS]
                )
                DuckDBConnectionManager.close_all_connections()
            assert result.success, result.exception
            known[country] = {
                entry.node.name: str(entry.node.compiled_code).replace('"identity".', "")
                for entry in result.result.results
            }
        return known[country]

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
