"""Dates, timestamps and intervals in both engines, at ends of months and of years."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

TIMES = """
    select * from (values
        (1, date '2024-01-31', date '2024-02-29', timestamp '2024-01-31 23:59:59.5', 1),
        (2, date '2024-02-29', date '2023-02-28', timestamp '2024-03-31 01:30:00', -400),
        (3, date '2023-12-31', date '2024-01-01', timestamp '1969-12-31 23:59:59.999', 0),
        (4, null, null, null, null),
        (5, date '0001-01-01', date '9999-12-31', timestamp '2024-10-27 01:30:00', 12)
    ) as t(row_no, d, e, t, n)
"""


def test_arithmetic_of_dates_and_times_agrees(engines: Engines) -> None:
    engines.table("times", TIMES)
    engines.assert_same_columns(
        "times",
        [
            "d - e", "e - 7", "d + 3", "3 + d", "d + n % 7", "d + interval 1 month",
            "t + interval 1 month", "t - interval 90 minute", "t + to_seconds(n)",
            "t - to_minutes(n)", "t + to_days(n)", "t + to_months(n)", "d - interval 1 day < t",
            "t - d::timestamp < interval 10 day", "t + to_milliseconds(n)",
        ],
    )  # fmt: skip


def test_parts_and_boundaries_agree(engines: Engines) -> None:
    engines.table("times", TIMES)
    units = ("day", "month", "year", "hour", "minute", "second")
    parts = ("year", "month", "day", "hour", "minute", "quarter", "dayofyear", "isodow", "dow")
    engines.assert_same_columns(
        "times",
        [
            *(f"date_diff('{unit}', t, e::timestamp)" for unit in units),
            *(f"date_trunc('{unit}', t)" for unit in ("week", *units)),
            *(f"extract({part} from t)" for part in parts),
            "date_trunc('month', d)", "cast(date_trunc('month', d) as date)", "year(d)", "month(d)",
            "last_day(d)", "date_diff('month', d, e)", "epoch_ms(t)", "make_timestamp_ms(n)",
            "epoch(t)", "make_timestamp(n)", "epoch_ms(n)", "datesub('month', d, e)",
        ],
    )  # fmt: skip


def test_times_of_zones_agree(engines: Engines) -> None:
    engines.table("times", TIMES)
    engines.assert_same_columns(
        "times",
        [
            "timezone('UTC', timezone('Europe/Berlin', t))",
            "timezone('Asia/Shanghai', timezone('UTC', t))",
            "timezone('America/New_York', timezone('UTC', t)) < t",
        ],
    )


@pytest.mark.parametrize(
    "sql", ["date_diff('week', d, d)", "to_seconds(3) * 2", "datesub('day', d, d)"]
)
def test_what_has_other_boundaries_is_refused(sql: str) -> None:
    con = duckdb.connect()
    con.execute("create table days (d date)")
    with pytest.raises(UnsupportedConstructError):
        to_spark(f"select {sql} as x from days", con)
