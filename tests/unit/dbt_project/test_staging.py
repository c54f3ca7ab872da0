"""The macros that read amounts and days as people write them, compiled by dbt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).parents[3] / "dbt_project"
QUERY = """
select
    cast({{ decimal_comma('given') }} as varchar) as amount,
    strftime({{ day_first('given') }}, '%Y-%m-%d %H:%M:%S') as moment,
    {{ first_failed([('given', decimal_comma('given'), 'price')]) }} as reason
from given
"""

Read = Callable[[str | None], tuple[str | None, str | None, str | None]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("staging")
    flags = [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        *("--vars", json.dumps({})),
        *("--log-level", "none", "--log-level-file", "none"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_WAREHOUSE", str(folder / "warehouse.duckdb"))
        result = dbtRunner().invoke(["compile", *flags, "--inline", QUERY])
        DuckDBConnectionManager.close_all_connections()
    assert result.success, result.exception
    query = str(result.result.results[0].node.compiled_code)

    def read(given: str | None) -> tuple[str | None, str | None, str | None]:
        with duckdb.connect() as con:
            con.execute("create table given as select $1::varchar as given", [given])
            (row,) = con.execute(query).fetchall()
        return row

    return read


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
