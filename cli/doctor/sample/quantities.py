"""Quantities of order lines that are measures, such as litres of fuel, and no numbers of pieces."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from cli.doctor.finding import Finding
from cli.doctor.sample.models import SampledModel

# A line of so many times the median is no basket of that size.
EXTREME_TIMES = 100
# Share of all units from which extreme lines decide every mean.
DOMINATING_SHARE = 0.2


def diagnose_quantities(
    con: duckdb.DuckDBPyConnection, source: str, model: SampledModel
) -> Iterator[Finding]:
    """Report a column of quantities whose sum consists of a few extreme lines.

    Args:
        con: the sample's database.
        source: the source.
        model: the staging model of order lines; others give no finding.
    """
    if model.entity != "order_lines" or "quantity" not in model.columns:
        return
    row = con.execute(
        f"""
        with pieces as (
            select abs(quantity) as quantity from {model.name} where quantity != 0
        ),

        usual as (
            select median(quantity) as median from pieces
        )

        select
            count(*),
            count(*) filter (where quantity > {EXTREME_TIMES} * median),
            sum(quantity) filter (where quantity > {EXTREME_TIMES} * median) / sum(quantity)
        from pieces
        cross join usual
        """
    ).fetchone()
    if row is None or not row[1] or row[2] < DOMINATING_SHARE:
        return
    rows, extreme, share = row
    yield Finding(
        "warning",
        f"{source}.{model.table}",
        f"order_lines: {extreme:,} of {rows:,} sampled rows ({extreme / rows:.1%}) have more than"
        f" {EXTREME_TIMES} times the median of {model.source_name('quantity')} and make"
        f" {share:.0%} of all units",
        "these rows are likely measures (weight, volume) and no pieces: set their quantity to 1 in"
        " the staging model, or the sizes of baskets cannot be compared",
    )
