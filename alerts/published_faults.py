"""Faults that the published file shows: stale sources and company alarms of its latest day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from alerts.fault import Fault

# Neither stale_reason nor evidence: the first quotes what a source answered.
_STALE = """
select source, list(table_name order by table_name), max(last_delivered_on)
from ops.data_quality_daily
where snapshot_date = (select as_of_date from ops.publication) and is_stale
group by source
order by source
"""
_ALARMS = """
select metric, segment, observed, expected_low, expected_high
from activation.company_alarms_daily
where snapshot_date = (select as_of_date from ops.publication) and is_bad
order by metric, segment
"""


def published_faults(published: Path) -> list[Fault]:
    """Stale sources and company alarms of the latest day; none where nothing was published."""
    if not published.exists():
        return []
    with duckdb.connect(str(published), read_only=True) as con:
        return [
            *(_stale(*row) for row in con.execute(_STALE).fetchall()),
            *_alarms(con.execute(_ALARMS).fetchall()),
        ]


def _stale(source: str, tables: list[str], last: Any) -> Fault:
    since = f"last delivered on {last}" if last else "never delivered"
    return Fault(
        f"stale_source:{source}",
        "warning",
        f"The source {source} has no current rows of {', '.join(tables)} ({since}).",
        "holdfast doctor names the reason",
    )


def _alarms(rows: list[tuple[Any, ...]]) -> Iterator[Fault]:
    for metric, segment, observed, low, high in rows:
        of_segment = "" if segment == "all" else f" of the stage {segment}"
        yield Fault(
            f"company_alarm:{metric}:{segment}",
            "warning",
            f"The figure {metric}{of_segment} is {observed:,.4g}; usual is {low:,.4g} to"
            f" {high:,.4g}.",
            "activation.company_alarms_daily has the evidence",
        )
