"""Columns of other tables that have the values of a column, although neither is a key."""

from __future__ import annotations

from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier

# An id of a customer who has never bought is in no order.
_MIN_CONTAINED_SHARE = 0.8


def customer_column(
    profile: SourceProfile, table: TableProfile, orders: TableProfile, customer: str
) -> str | None:
    """Return the column of a table that has the customers of the orders, or None.

    Numbers such as 1, 2 and 3 are in many columns: they have to have the same name too, or that of
    a customer.
    """
    known = orders.columns[customer]
    for column in table.columns.values():
        if column.fits != known.fits or column.distinct < 2:
            continue
        points = column_points("orders", "source_customer_id", column.name, table.name)[0]
        is_named = column.name.casefold() == customer.casefold() or points >= NAMED
        if not is_named and known.fits != "text":
            continue
        if contained_share(profile, table, column.name, orders, customer) >= _MIN_CONTAINED_SHARE:
            return column.name
    return None


def contained_share(
    profile: SourceProfile, table: TableProfile, column: str, other: TableProfile, its: str
) -> float:
    """Return the share of a column's distinct values that a column of another table has."""
    row = profile.con.execute(
        f"""
        with here as (
            select distinct trim(cast({identifier(column)} as varchar)) as value
            from {table.table.relation}
            where nullif(trim(cast({identifier(column)} as varchar)), '') is not null
        ),

        there as (
            select distinct trim(cast({identifier(its)} as varchar)) as value
            from {other.table.relation}
        )

        select count(there.value) / count(*) from here left join there using (value)
        """
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0
