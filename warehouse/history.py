"""Start of the history: the first day from which customers' purchases are known."""

from __future__ import annotations

from datetime import date

import duckdb


def history_start(con: duckdb.DuckDBPyConnection, first_date: date) -> date:
    """The later of the configured first date and the first purchase day in the data.

    Days of a deployment before its data begins are no history. Without purchases, as where only
    contracts are known, the configured date stands.
    """
    row = con.execute(
        "select min(activity_date) from intermediate.int_order_days where orders > 0"
    ).fetchone()
    begins = row[0] if row else None
    return max(first_date, begins) if begins else first_date
