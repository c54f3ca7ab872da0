"""Staging as dbt compiles it: the columns of every model, and the macros that read values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).parents[3] / "dbt_project"
ROW = {"_load_id", "_row", "_reject_reason", "source"}
CANONICAL = """
{%- set found = {} -%}
{%- for entity in var('sources_by_entity') -%}
    {%- do found.update({entity: entity_columns(entity)}) -%}
{%- endfor -%}
{{ tojson(found) }}
"""
QUERY = """
select
    cast({{ decimal_comma('given') }} as varchar) as amount,
    strftime({{ day_first('given') }}, '%Y-%m-%d %H:%M:%S') as moment,
    {{ first_failed([('given', decimal_comma('given'), 'price')]) }} as reason
from given
"""

Read = Callable[[str | None], tuple[str | None, str | None, str | None]]


class Staging:
    """The dbt project without a deployment, in which every source is enabled, parsed once."""

    def __init__(self, folder: Path) -> None:
        self._flags = [
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
            *("--log-level", "none", "--log-level-file", "none"),
        ]
        self.manifest: Manifest = self._invoke(dbtRunner(), "parse")

    def compiled(self, *arguments: str) -> dict[str, str]:
        """SQL by name of the node, of what `dbt compile` with these arguments compiles."""
        done = self._invoke(dbtRunner(self.manifest), "compile", *arguments)
        return {result.node.name: result.node.compiled_code for result in done.results}

    def _invoke(self, runner: dbtRunner, *arguments: str) -> Any:
        done = runner.invoke([*arguments, *self._flags])
        DuckDBConnectionManager.close_all_connections()
        assert done.success, done.exception
        return done.result


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    folder = tmp_path_factory.mktemp("staging")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_WAREHOUSE", str(folder / "warehouse.duckdb"))
        yield Staging(folder)


@pytest.fixture(scope="module")
def read(staging: Staging) -> Read:
    (query,) = staging.compiled("--inline", QUERY).values()

    def read(given: str | None) -> tuple[str | None, str | None, str | None]:
        with duckdb.connect() as con:
            con.execute("create table given as select $1::varchar as given", [given])
            (row,) = con.execute(query).fetchall()
        return row

    return read


@pytest.fixture(scope="module")
def queries(staging: Staging) -> dict[str, str]:
    """SQL by name of every staging model and of the models that read the unions of them."""
    return staging.compiled("--select", "path:models/staging", "int_*_unioned+1")


@pytest.fixture(scope="module")
def columns(staging: Staging, queries: dict[str, str]) -> dict[str, set[str]]:
    """Columns by staging model, over empty raw tables that have the columns of their YAML."""
    found = {}
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse")
        con.execute("create schema warehouse.staging")
        for source in staging.manifest.sources.values():
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
def canonical(staging: Staging) -> dict[str, set[str]]:
    """Canonical columns by entity."""
    (found,) = staging.compiled("--inline", CANONICAL).values()
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
                re.findall(r"is null then 'missing (\w+)'", query)
                for name, query in queries.items()
                if f"__dbt__cte__int_{entity}_unioned" in query
            )
        )
        for entity in canonical
    }
    assert all(len(names) > 3 for names in required.values())
    missing = {name: required[entity_of(name)] - names for name, names in columns.items()}
    assert {name: names for name, names in missing.items() if names} == {}


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ("1.234,56", "1234.56"),
        ("-12,00", "-12.00"),
        ("1 234,5", "1234.50"),
        ("1\u202f234\u202f567,89", "1234567.89"),
        ("1\u00a0234,50 €", "1234.50"),
        ("€ 9,90", "9.90"),
        ("-€9,90", "-9.90"),
        ("EUR 9,90", "9.90"),
        ("12,00-", "-12.00"),
        ("−7,5", "-7.50"),
        ("1'234,50", "1234.50"),
        ("1234", "1234.00"),
        ("0,5", "0.50"),
        ("+3,00", "3.00"),
    ],
)
def test_an_amount_with_a_decimal_comma_is_read(read: Read, given: str, amount: str) -> None:
    assert read(given)[0] == amount


@pytest.mark.parametrize(
    "given",
    ["12.50", "1,234.56", "1.23,4", "12,3,4", "1 2 3", "1.2345", "twelve", "€", "-", "1,2x", "--1"],
)
def test_what_is_no_such_amount_is_refused_with_its_reason(read: Read, given: str) -> None:
    amount, _, reason = read(given)
    assert amount is None
    assert reason == f"unreadable price: {given}"


@pytest.mark.parametrize("given", [None, ""])
def test_no_amount_is_none_and_no_fault(read: Read, given: str | None) -> None:
    assert read(given) == (None, None, None)


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("03/07/2026", "2026-07-03 00:00:00"),
        ("3.7.2026 9:05", "2026-07-03 09:05:00"),
        (" 31-12-2026 23:59:58 ", "2026-12-31 23:59:58"),
        ("31/31/2026", None),
        ("03/07/26", None),
        ("2026-07-03", None),
        ("03/07/2026 tomorrow", None),
    ],
)
def test_a_day_is_read_before_its_month(read: Read, given: str, moment: str | None) -> None:
    assert read(given)[1] == moment
