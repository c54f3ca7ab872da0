"""Rows of open windows, by which the level of a day is forecast."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow.compute as pc

from warehouse.ml_tables.model_tables import MAX_WINDOW_ROWS, open_windows

TODAY = date(2026, 6, 16)


def company(customers: int) -> duckdb.DuckDBPyConnection:
    """Customers who are eligible on two earlier dates, every third of whom is away."""
    con = duckdb.connect()
    con.execute("create schema labels; create schema features")
    con.execute(
        f"""
        create table features.feat_customer_snapshots as
        select
            'c' || customer_no as customer_id,
            snapshot_date,
            customer_no as orders_365d
        from range({customers}) as customers (customer_no)
        cross join (values
            (date '2026-04-17'), (date '2026-05-17'), (date '2026-06-16')
        ) as dates (snapshot_date)
        """
    )
    con.execute(
        """
        create table labels.lbl_open_windows as
        select
            customer_id,
            snapshot_date,
            date '2026-06-16' as as_of_date,
            orders_365d % 3 = 0 as is_away
        from features.feat_customer_snapshots
        where snapshot_date < date '2026-06-16'
        """
    )
    return con


def test_a_small_company_has_all_of_its_customers() -> None:
    found = open_windows(company(500), TODAY)
    assert len(found) == 1_000
    assert found.column_names == ["customer_id", "snapshot_date", "orders_365d", "is_away"]


def test_a_large_company_has_a_sample_of_whole_customers_in_a_fixed_order() -> None:
    found = open_windows(company(60_000), TODAY)
    assert 0.95 * MAX_WINDOW_ROWS < len(found) <= MAX_WINDOW_ROWS
    dates = pc.value_counts(found["snapshot_date"]).field("counts").to_pylist()
    assert dates == [len(found) // 2] * 2
    keys = list(
        zip(found["snapshot_date"].to_pylist(), found["customer_id"].to_pylist(), strict=True)
    )
    assert keys == sorted(keys)
    share = pc.mean(found["is_away"]).as_py()
    assert abs(share - 1 / 3) < 0.012, "four standard errors of 20,000 customers"
