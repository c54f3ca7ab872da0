"""Casts of numbers and times in both engines."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines

VALUES = """
    select * from (values
        (1, 2.5::double, 2.5::decimal(9,3), true, timestamp '2024-02-29 23:59:59',
         date '2024-02-29'),
        (2, -2.5, -2.5, false, 'infinity', 'infinity'),
        (3, 3.5, 1.005, null, '-infinity', '-infinity'),
        (4, null, null, null, null, null),
        (5, 1e10, 0.125, true, '1970-01-01', '1000-01-01')
    ) as t(row_no, x, m, b, t, d)
"""


def test_casts_round_as_duckdb_does(engines: Engines) -> None:
    engines.table("casts", VALUES)
    engines.assert_same_columns(
        "casts",
        [
            "x::bigint", "try_cast(x as integer)", "m::integer", "x::decimal(18,2)", "b::integer",
            "m::decimal(9,1)", "try_cast(m as decimal(3,2))", "m::double", "x::float",
            "b::hugeint", "x::hugeint", "null::integer", "m::varchar", "b::varchar", "x::double",
            "x::bigint::varchar",
        ],
    )  # fmt: skip


def test_infinite_times_are_the_ends_of_the_calendar(engines: Engines) -> None:
    engines.table("casts", VALUES)
    engines.assert_same(
        "select row_no, t = timestamp 'infinity', d = date 'infinity', t > timestamp '2024-01-01',"
        " d > date '-infinity', coalesce(d, date 'infinity') = date 'infinity' from casts"
    )
    engines.assert_same(
        "select row_no, t::date, d::timestamp, t::varchar, d::varchar from casts"
        " where row_no not in (2, 3)"
    )
