"""The project's own materialisations, contract check and comments, in a small project."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from deployment.home import Home
from deployment.project import DBT_PROJECT
from orchestration.runtime.dbt import Dbt, TransformError

PROJECT = """
name: small
profile: holdfast
flags: {send_anonymous_usage_stats: false}
vars: {rows: "(values (1, 'a')) as t (id, name)"}
"""
CONTRACT = """
models:
  - name: kept
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

Build = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A dbt project with the macros and the profile of this one."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    shutil.copytree(DBT_PROJECT / "macros" / "dbt", folder / "macros")
    shutil.copy(DBT_PROJECT / "profiles.yml", folder)
    (folder / "dbt_project.yml").write_text(PROJECT)
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home").create()
    monkeypatch.setenv("HOLDFAST_WAREHOUSE", str(home.warehouse))
    return home


@pytest.fixture
def build(project: Path, home: Home) -> Build:
    """Build the model `kept` of some rows, and return what it holds then."""

    def built(rows: str, **config: object) -> list[tuple[Any, ...]]:
        settings = "".join(f", {key}={value!r}" for key, value in config.items())
        config_block = f"{{{{ config(materialized='incremental'{settings}) }}}}"
        text = f"{config_block} select * from {{{{ var('rows') }}}}"
        (project / "models" / "kept.sql").write_text(text)
        Dbt(home, {"rows": rows}, project).command("build")
        return query(home, "select * from main.kept order by all")

    return built


def query(home: Home, statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.warehouse)) as con:
        return con.execute(statement).fetchall()


@pytest.mark.parametrize("key", ["id", ["id", "day"]])
def test_the_rows_of_the_new_keys_are_replaced(build: Build, key: str | list[str]) -> None:
    config = {"incremental_strategy": "delete+insert", "unique_key": key}
    build("(values (1, 1, 'a'), (1, 1, 'b'), (2, 1, 'c')) as t (id, day, name)", **config)
    assert build("(values (1, 1, 'd'), (3, 1, 'e')) as t (id, day, name)", **config) == [
        (1, 1, "d"),
        (2, 1, "c"),
        (3, 1, "e"),
    ]


def test_rows_are_appended(build: Build) -> None:
    build("(values (1)) as t (id)", incremental_strategy="append")
    assert build("(values (1)) as t (id)", incremental_strategy="append") == [(1,), (1,)]


def test_a_new_column_is_added_where_the_model_says_so(build: Build) -> None:
    config = {"incremental_strategy": "append", "on_schema_change": "append_new_columns"}
    build("(values (1, 'a')) as t (id, name)", **config)
    assert build("(values ('b', 2.5, 2)) as t (name, amount, id)", **config) == [
        (1, "a", None),
        (2, "b", 2.5),
    ]
    # A column that the model no longer has is null from then on.
    assert build("(values (3)) as t (id)", **config)[-1] == (3, None, None)


def test_a_new_column_is_ignored_by_default(build: Build) -> None:
    build("(values (1)) as t (id)", incremental_strategy="append")
    rows = build("(values ('b', 2)) as t (name, id)", incremental_strategy="append")
    assert rows == [(1,), (2,)]


def test_a_failed_model_keeps_its_rows_and_leaves_nothing_behind(build: Build, home: Home) -> None:
    config = {"incremental_strategy": "delete+insert", "unique_key": "id"}
    build("(values (1, 10)) as t (id, amount)", **config)
    # The rows are deleted first; only the insertion finds the text that is no number.
    with pytest.raises(TransformError, match="Conversion Error"):
        build("(values (1, 'no number')) as t (id, amount)", **config)
    assert query(home, "select * from main.kept") == [(1, 10)]
    assert query(home, "select table_name from duckdb_tables()") == [("kept",)]


@pytest.mark.parametrize(
    "config",
    [
        {"incremental_strategy": "merge", "unique_key": "id"},
        {"incremental_strategy": "delete+insert"},
        {"incremental_strategy": "append", "on_schema_change": "sync_all_columns"},
    ],
)
def test_settings_that_are_not_supported_are_reported(
    build: Build, config: dict[str, object]
) -> None:
    build("(values (1)) as t (id)", **config)
    with pytest.raises(TransformError, match=r"must be"):
        build("(values (1)) as t (id)", **config)


def test_a_contract_is_checked_and_its_descriptions_are_comments(
    build: Build, home: Home, project: Path
) -> None:
    (project / "models" / "kept.yml").write_text(CONTRACT)
    config = {"incremental_strategy": "append", "on_schema_change": "append_new_columns"}
    for _ in range(2):
        build("(values (1, 'a')) as t (id, name)", **config)
        comments = query(home, "select comment from duckdb_columns() where table_name = 'kept'")
        assert comments == [("The customer's number.",), ("The name, 'as' given",)]
        assert query(home, "select comment from duckdb_tables()") == [("Rows that are kept.",)]
    for rows in (
        "(values (1)) as t (id)",
        "(values (1, 'a', 2)) as t (id, name, other)",
        "(values ('1', 'a')) as t (id, name)",
    ):
        with pytest.raises(TransformError, match="This model has an enforced contract that failed"):
            build(rows, **config)


def test_a_model_in_python_leaves_no_table_of_its_new_rows(project: Path, home: Home) -> None:
    (project / "models" / "counted.py").write_text(PYTHON)
    dbt = Dbt(home, {}, project)
    dbt.command("build")
    # Left by an earlier version, and by a killed run.
    query(home, "create table main.counted__dbt_tmp20260630 as select 1 as id")
    query(home, "create table main.counted__new_rows as select 1 as other")
    dbt.command("build")
    assert query(home, "select * from main.counted") == [(1,), (2,)]
    assert query(home, "select table_name from duckdb_tables()") == [("counted",)]
