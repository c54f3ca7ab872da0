"""Tables of lines whose order fields stand on the first line of each order only.

Shopify's export of orders is one: the order's number is on every line, and its total, time and
customer are on the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.keys import is_id_like
from ingestion.connect.profiling.names import SIMILAR, column_points
from ingestion.connect.profiling.profile import TableProfile
from warehouse.quoting import identifier

# A few orders may lack their customer; a column of the order must not be filled on other lines.
_MIN_FILLED_SHARE = 0.5
_MIN_COLUMNS = 2


@dataclass(frozen=True)
class FirstRows:
    """Columns of a table of lines.

    Attributes:
        column: number of the order, on every line.
        of_order: columns that are filled on the first line of an order only.
        of_line: the other columns, without the number.
        shared: columns of the lines that have one value in all lines of an order.
        orders: number of orders.
    """

    column: str
    of_order: tuple[str, ...]
    of_line: tuple[str, ...]
    shared: tuple[str, ...]
    orders: int


def find_first_rows(con: duckdb.DuckDBPyConnection, table: TableProfile) -> FirstRows | None:
    """Return the columns of orders and lines, or None for a table of another form.

    Args:
        con: database with the table, in the order of the file.
        table: the table.
    """
    for column in table.columns.values():
        if not column.is_complete or column.distinct == column.rows:
            continue
        points, _ = column_points("orders", "source_order_id", column.name, table.name)
        is_named = points > SIMILAR or normalised(column.name) == "name"
        if not is_named or not (is_id_like(column) or normalised(column.name) == "name"):
            continue
        found = _columns_of_first_rows(con, table, column.name)
        if len(found) >= _MIN_COLUMNS:
            lines = tuple(each for each in table.columns if each not in (*found, column.name))
            if lines:
                shared = _shared(con, table, column.name, lines)
                return FirstRows(column.name, found, lines, shared, column.distinct)
    return None


def _columns_of_first_rows(
    con: duckdb.DuckDBPyConnection, table: TableProfile, order: str
) -> tuple[str, ...]:
    """Return the columns that are filled on the first line of an order, and on no other line."""
    number = f"row({table.table.delivery}, {identifier(order)})"
    counted = con.execute(f"select count(distinct {number}) from {table.table.relation}").fetchone()
    assert counted is not None
    orders = int(counted[0])
    further = table.rows - orders
    candidates = [each.name for each in table.columns.values() if each.nulls >= further]
    candidates = [name for name in candidates if table.columns[name].distinct]
    if not candidates:
        return ()
    filled = {
        name: f"nullif(trim(cast({identifier(name)} as varchar)), '') is not null"
        for name in candidates
    }
    counts = ", ".join(
        f"count(*) filter (line > 1 and {is_filled}), count(*) filter (line = 1 and {is_filled})"
        for is_filled in filled.values()
    )
    row = con.execute(
        f"""
        select {counts}
        from (
            select
                *,
                row_number() over (
                    partition by {table.table.delivery}, {identifier(order)} order by rowid
                ) as line
            from {table.table.relation}
        )
        """
    ).fetchone()
    assert row is not None
    on_first = {
        name: int(row[2 * at + 1])
        for at, name in enumerate(candidates)
        if row[2 * at] == 0 and row[2 * at + 1]
    }
    # An order of one line alone shows nothing.
    if not further:
        return ()
    # An optional column, such as a discount code, is of the order if others are surely so.
    if not any(count >= _MIN_FILLED_SHARE * orders for count in on_first.values()):
        return ()
    return tuple(on_first)


def _shared(
    con: duckdb.DuckDBPyConnection, table: TableProfile, order: str, lines: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the columns of lines that have one value in each order."""
    columns = [
        name
        for name in lines
        if table.columns[name].is_complete
        and not normalised(name).startswith(("line", "item", "product"))
    ]
    if not columns:
        return ()
    counts = ", ".join(f"count(distinct {identifier(name)})" for name in columns)
    most = ", ".join(f"max(c{at})" for at in range(len(columns)))
    names = ", ".join(f"c{at}" for at in range(len(columns)))
    row = con.execute(
        f"""
        select {most}
        from (
            select {table.table.delivery} as delivery, {identifier(order)} as number, {counts}
            from {table.table.relation}
            group by all
        ) as orders (delivery, number, {names})
        """
    ).fetchone()
    assert row is not None
    return tuple(name for name, count in zip(columns, row, strict=True) if count == 1)
