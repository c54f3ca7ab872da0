"""Queries of ephemeral models in front of a model's own, as dbt's own function puts them."""

from __future__ import annotations

import inspect

import pytest
from dbt.artifacts.resources.v1.components import InjectedCTE

from orchestration.runtime.ephemeral_models import Injection, by_pattern
from tests.unit.orchestration.runtime.dbts_own import dbts_own_module

CTES = [
    InjectedCTE("model.holdfast.one", " __dbt__cte__one as (\nselect 1 as x\n)"),
    InjectedCTE("model.holdfast.two", " __dbt__cte__two as (\nselect ')' as y\n)"),
]


@pytest.fixture(scope="module")
def parsing() -> Injection:
    """Return dbt's own function, from a copy of its module in which it was not replaced."""
    injection: Injection = dbts_own_module("dbt.compilation").inject_ctes_into_sql
    return injection


@pytest.mark.parametrize(
    "sql",
    [
        "with\n\nown as (\n    select * from __dbt__cte__one\n)\n\nselect * from own",
        "\n\n  WITH recursive steps (n) as (select 1 union select n + 1 from steps) from steps",
        "with recursive\n\nwithout as (select 1) select * from without",
        "with recursion as (select 1) select * from recursion",
        "select * from __dbt__cte__one",
        "\n-- with a comment first\nwith own as (select 1) select * from own",
        "/* a block */ with own as (select 1) select * from own",
        "select 'with ' as word, w.* from __dbt__cte__two as w",
    ],
)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_result_is_dbts_own(parsing: Injection, sql: str, count: int) -> None:
    assert by_pattern(parsing)(sql, CTES[:count]) == parsing(sql, CTES[:count])


def test_dbt_still_parses_the_whole_query(parsing: Injection) -> None:
    assert "sqlparse.parse(sql)" in inspect.getsource(parsing), (
        "dbt no longer parses each model: delete orchestration/runtime/ephemeral_models.py"
    )
