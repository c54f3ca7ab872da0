"""Aggregates in both engines: groups with nulls, with one row, and without any."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

SALES = """
    select * from (values
        (1, 'a', 10, 1.5::double, 2.25::decimal(9,2), true, date '2024-01-01'),
        (2, 'a', 20, 2.5, 3.75, false, date '2024-01-02'),
        (3, 'a', null, null, null, null, date '2024-01-03'),
        (4, 'a', 40, 7.0, 1.00, true, date '2024-01-04'),
        (5, 'b', 5, -1.0, -2.00, false, date '2024-01-01'),
        (6, 'c', null, null, null, null, null)
    ) as t(row_no, shop, n, x, m, b, d)
"""


def test_aggregates_of_groups_agree(engines: Engines) -> None:
    engines.table("sales", SALES)
    of_all = [
        "sum(n)", "sum(b::integer)", "avg(m)", "avg(n)", "count(n)", "count(distinct m)",
        "count_if(b)", "any_value(n)", "arg_max(x, n)", "arg_min(x, d)", "arg_max(row_no, (m, d))",
        "median(x)", "median(n)", "quantile_disc(n, 0.5)", "list(n order by d)",
        "list(row_no order by d desc, n)", "list(distinct b order by b)", "bool_or(b)",
        "bool_and(b)", "max(d)", "min(m)", "string_agg(shop, '-' order by d)", "bit_or(n)",
        "sum(x) / count(*)",
    ]  # fmt: skip
    filtered = [f"{each} filter (where n > 10)" for each in of_all if " / " not in each]
    columns = ", ".join(f"{each} as c{place}" for place, each in enumerate((*of_all, *filtered)))
    engines.assert_same(f"select shop, {columns} from sales group by shop")


def test_aggregates_of_windows_agree(engines: Engines) -> None:
    engines.table("sales", SALES)
    engines.assert_same(
        "select row_no, sum(n) over shops, sum(n) filter (where b) over shops, lag(n) over shops,"
        " count(*) filter (where n > 10) over shops, median(x) over (partition by shop),"
        " median(x) filter (where b) over (partition by shop), lead(n, 1, 0) over shops,"
        " list(n) over shops, row_number() over shops, percent_rank() over (order by row_no),"
        " first_value(n ignore nulls) over shops, last_value(n ignore nulls) over shops,"
        " max(n) over (shops rows between 1 preceding and current row)"
        " from sales window shops as (partition by shop order by d, row_no)"
    )


def test_an_unknown_aggregate_is_refused() -> None:
    con = duckdb.connect()
    con.execute("create table sales (x double)")
    with pytest.raises(UnsupportedConstructError, match=r"(?i)kurtosis"):
        to_spark("select kurtosis(x) as k from sales", con)
