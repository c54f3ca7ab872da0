"""Rounding in both engines, at halves and beyond the digits of a double."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines

HALVES = """
    select row_number() over () as row_no, x, x::float as f, try_cast(x as decimal(18,3)) as m
    from unnest([0.5, 1.5, 2.5, -0.5, -2.5, 2.675, 1.005, 1e17, -0.0049, null]::double[]) as t(x)
"""


def test_halves_are_rounded_away_from_zero(engines: Engines) -> None:
    engines.table("halves", HALVES)
    engines.assert_same_columns(
        "halves",
        [
            "round(x)", "round(x, 2)", "round(x, -1)", "round(f, 1)", "round(m)", "round(m, 1)",
            "ceil(x)", "floor(x)", "ceil(m)", "floor(f)", "cast(m as decimal(18,1))",
        ],
    )  # fmt: skip
