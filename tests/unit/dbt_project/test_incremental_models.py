"""The project's own materialisations, contract check and comments, in a small project.

The models read tables of the schema `delivered`, so that the project is parsed once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from deployment.home import Home
from deployment.project import DBT_PROJECT
from orchestration.runtime.dbt import Dbt, TransformError

PROJECT = "{name: small, profile: holdfast, flags: {send_anonymous_usage_stats: false}}\n"
# Settings of each model.
MODELS = {
    "by_day": "incremental_strategy='delete+insert', unique_key='day'",
    "by_key": "incremental_strategy='delete+insert', unique_key=['id', 'day']",
    "appended": "incremental_strategy='append'",
    "widened": "incremental_strategy='append', on_schema_change='append_new_columns'",
    "described": "incremental_strategy='append', on_schema_change='append_new_columns'",
    "merged": "incremental_strategy='merge', unique_key='id'",
    "unkeyed": "incremental_strategy='delete+insert'",
    "synced": "incremental_strategy='append', on_schema_change='sync_all_columns'",
}
CONTRACT = """
models:
  - name: described
    description: Rows that are kept.
    config: {contract: {enforced: true}, persist_docs: {relation: true, columns: true}}
    columns:
      - {name: id, data_type: integer, description: The customer's number.}
      - {name: name, data_type: varchar, description: "The name, 'as' given"}
"""
PYTHON = """
import pyarrow as pa

def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append")
    known = session.query(f"select * from {dbt.this}").fetchall() if dbt.is_incremental else []
    return pa.table({"id": [len(known) + 1]})
"""
BEGIN = "(values (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')) as t (id, day, name)"


class SmallProject:
    """A dbt project with the macros and the profile of this one, and its warehouse."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home").create()
        project = folder / "project"
        (project / "models").mkdir(parents=True)
        shutil.copytree(DBT_PROJECT / "macros" / "dbt", project / "macros")
        shutil.copy(DBT_PROJECT / "profiles.yml", project)
        (project / "dbt_project.yml").write_text(PROJECT)
        (project / "models" / "described.yml").write_text(CONTRACT)
        (project / "models" / "counted.py").write_text(PYTHON)
        for name, settings in MODELS.items():
            text = f"{{{{ config(materialized='incremental', {settings}) }}}}"
            text += f" select * from delivered.{name}"
            (project / "models" / f"{name}.sql").write_text(text)
        self._dbt = Dbt(self.home, {}, project)

    def deliver(self, **rows: str) -> None:
        """Replace the rows that models read by those of a relation."""
        self.query("create schema if not exists delivered")
        for name, relation in rows.items():
            self.query(f"create or replace table delivered.{name} as select * from {relation}")

    def build(self, *models: str) -> None:
        self._dbt.command("build", "--select", *models)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.warehouse)) as con:
            return con.execute(statement).fetchall()

    def rows(self, model: str) -> list[tuple[Any, ...]]:
        return self.query(f"select * from main.{model} order by all")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    """The project after its first build."""
    small = SmallProject(tmp_path_factory.mktemp("small"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_WAREHOUSE", str(small.home.warehouse))
        small.deliver(**dict.fromkeys(MODELS, BEGIN))
        small.deliver(described="(values (1, 'a')) as t (id, name)")
        small.build("*")
        yield small


def test_the_rows_of_the_new_keys_are_replaced(project: SmallProject) -> None:
    new = "(values (1, 1, 'd'), (3, 1, 'e')) as t (id, day, name)"
    project.deliver(by_day=new, by_key=new)
    project.build("by_day", "by_key")
    assert project.rows("by_day") == [(1, 1, "d"), (1, 2, "b"), (3, 1, "e")]
    assert project.rows("by_key") == [(1, 1, "d"), (1, 2, "b"), (2, 1, "c"), (3, 1, "e")]


def test_new_columns_are_added_or_ignored_as_the_model_says(project: SmallProject) -> None:
    new = "(values ('d', 2.5, 3, 1)) as t (name, amount, id, day)"
    project.deliver(appended=new, widened=new)
    project.build("appended", "widened")
    assert project.rows("appended") == [(1, 1, "a"), (1, 2, "b"), (2, 1, "c"), (3, 1, "d")]
    assert [row[2:] for row in project.rows("widened")] == [
        ("a", None),
        ("b", None),
        ("c", None),
        ("d", 2.5),
    ]
    # A column that the model no longer has is null from then on.
    project.deliver(widened="(values (4)) as t (id)")
    project.build("widened")
    assert project.rows("widened")[-1] == (4, None, None, None)


def test_a_failed_model_keeps_its_rows_and_leaves_nothing_behind(project: SmallProject) -> None:
    before = project.rows("by_day")
    # The rows are deleted first; only the insertion finds the text that is no number.
    project.deliver(by_day="(values ('no number', 1, 'd')) as t (id, day, name)")
    with pytest.raises(TransformError, match="Conversion Error"):
        project.build("by_day")
    assert project.rows("by_day") == before
    tables = {name for (name,) in project.query("select table_name from duckdb_tables()")}
    assert tables == {*MODELS, "counted"}


@pytest.mark.parametrize("model", ["merged", "unkeyed", "synced"])
def test_a_setting_that_is_not_supported_is_reported(project: SmallProject, model: str) -> None:
    with pytest.raises(TransformError, match=r"(incremental_strategy|on_schema_change) must be"):
        project.build(model)


def test_descriptions_under_contract_are_comments(project: SmallProject) -> None:
    project.query("comment on table main.described is null")
    project.build("described")
    comments = "select comment from duckdb_columns() where schema_name || table_name = "
    assert project.query(f"{comments} 'maindescribed'") == [
        ("The customer's number.",),
        ("The name, 'as' given",),
    ]
    assert project.query(
        "select comment from duckdb_tables() where schema_name || table_name = 'maindescribed'"
    ) == [("Rows that are kept.",)]


@pytest.mark.parametrize(
    "rows",
    [
        "(values (1)) as t (id)",
        "(values (1, 'a', 2)) as t (id, name, other)",
        "(values ('1', 'a')) as t (id, name)",
    ],
)
def test_a_breach_of_the_contract_is_reported(project: SmallProject, rows: str) -> None:
    project.deliver(described=rows)
    with pytest.raises(TransformError, match="This model has an enforced contract that failed"):
        project.build("described")


def test_a_model_in_python_leaves_no_table_of_its_new_rows(project: SmallProject) -> None:
    # Left by an earlier version, and by a killed run.
    project.query("create table main.counted__dbt_tmp20260630 as select 1 as id")
    project.query("create table main.counted__new_rows as select 1 as other")
    project.build("counted")
    assert project.rows("counted") == [(1,), (2,)]
    assert (
        project.query("select table_name from duckdb_tables() where table_name ~ 'counted_.*'")
        == []
    )
