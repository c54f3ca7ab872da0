"""Staging as dbt compiles it: the columns of every model."""

from __future__ import annotations

import json
import re

import duckdb
import pytest

from deployment.project import DBT_PROJECT, SEEDS
from tests.unit.dbt_project.conftest import ParsedProject

ROW = {"_load_id", "_row", "_reject_reason", "_lost_fields", "source"}
CANONICAL = """
{%- set found = {} -%}
{%- for entity in var('sources_by_entity') -%}
    {%- do found.update({entity: entity_columns(entity)}) -%}
{%- endfor -%}
{{ tojson(found) }}
"""


@pytest.fixture(scope="module")
def queries(project: ParsedProject) -> dict[str, str]:
    """SQL by name of every staging model and of the models that read the unions of them."""
    return project.compiled("--select", "path:models/staging", "int_*_unioned+1")


@pytest.fixture(scope="module")
def columns(project: ParsedProject, queries: dict[str, str]) -> dict[str, set[str]]:
    """Columns by staging model, over empty raw tables that have the columns of their YAML."""
    found = {}
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse")
        con.execute("create schema warehouse.staging; create schema warehouse.seeds")
        con.execute(f"create table warehouse.seeds.currencies as from '{SEEDS / 'currencies.csv'}'")
        for source in project.manifest.sources.values():
            described = ", ".join(f'"{name}" varchar' for name in source.columns)
            con.execute(f"create schema if not exists warehouse.{source.schema}")
            con.execute(
                f"create table warehouse.{source.schema}.{source.name}"
                f" (_load_id bigint, _row bigint, {described})"
            )
        # dbt compiles a model after those that it reads.
        for name, query in queries.items():
            if name.startswith(("base_", "stg_")):
                con.execute(f"create view warehouse.staging.{name} as {query}")
                described = con.execute(f"describe warehouse.staging.{name}").fetchall()
                found[name] = {column for column, *_ in described}
    return {name: names for name, names in found.items() if name.startswith("stg_")}


@pytest.fixture(scope="module")
def canonical(project: ParsedProject) -> dict[str, set[str]]:
    """Canonical columns by entity."""
    (found,) = project.compiled("--inline", CANONICAL).values()
    return {entity: set(types) for entity, types in json.loads(found).items()}


def entity_of(model: str) -> str:
    return model.rpartition("__")[2]


def test_a_staging_model_has_no_column_but_those_of_its_entity(
    columns: dict[str, set[str]], canonical: dict[str, set[str]]
) -> None:
    # The union matches columns by name: a misspelled one is dropped, and the right one is null.
    strange = {name: names - canonical[entity_of(name)] - ROW for name, names in columns.items()}
    assert {name: names for name, names in strange.items() if names} == {}


def test_a_staging_model_has_every_column_without_which_its_rows_are_rejected(
    queries: dict[str, str], columns: dict[str, set[str]], canonical: dict[str, set[str]]
) -> None:
    required = {
        entity: {"_load_id", "_row", "source"}.union(
            *(
                re.findall(r"else 'missing (\w+)'", query)
                for name, query in queries.items()
                if f"__dbt__cte__int_{entity}_unioned" in query
            )
        )
        for entity in canonical
    }
    assert all(len(names) > 3 for names in required.values())
    missing = {name: required[entity_of(name)] - names for name, names in columns.items()}
    assert {name: names for name, names in missing.items() if names} == {}


def test_no_staging_model_casts_a_text_to_a_time_or_an_amount() -> None:
    # Sums and products of amounts that a macro has read may be cast.
    bare = re.compile(r"strptime|as (timestamp|date)\b|cast\(\s*[\w.\"]+ as decimal|\bcast\(sum")
    models = sorted((DBT_PROJECT / "models" / "staging").rglob("*.sql"))
    assert len(models) > 20
    found = {model.name: bare.findall(model.read_text("utf-8")) for model in models}
    assert {name: casts for name, casts in found.items() if casts} == {}
