"""Orders and their lines from one table whose order fields stand on the first line only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deployment.source_config import Entity
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    Numbered,
)
from ingestion.connect.profiling.first_rows import FirstRows
from ingestion.connect.profiling.profile import TableProfile

# Words before the names of a line's columns: Lineitem price is a price.
_LINE_WORDS = "lineitem line item"

Columns = Callable[[Entity, TableProfile], dict[str, ColumnProposal]]


def first_row_orders(
    table: TableProfile, rows: FirstRows, columns: Columns
) -> list[EntityProposal]:
    """Return the orders and the order lines of a table, or nothing where it lacks one of them.

    Args:
        table: the table.
        rows: its columns of orders and of lines.
        columns: matches the columns of a table with those of an entity.
    """
    reason = (
        f"{rows.column} repeats, and {len(rows.of_order)} columns are filled on the first of its"
        " rows only"
    )
    evidence = (Evidence(8.0, reason),)
    orders = columns(
        "orders", _part(table, (rows.column, *rows.of_order, *rows.shared), table.name)
    )
    lines = columns("order_lines", _part(table, rows.of_line, f"{table.name}_{_LINE_WORDS}"))
    orders["source_order_id"] = ColumnProposal(
        "source_order_id", FromColumn(rows.column), (Evidence(3.0, reason),)
    )
    lines["source_order_id"] = orders["source_order_id"]
    lines["source_order_line_id"] = ColumnProposal(
        "source_order_line_id",
        Numbered(rows.column),
        (Evidence(2.0, f"the row's number within {rows.column}"),),
    )
    if orders["ordered_at"].value is None and orders["net_amount"].value is None:
        return []
    found = [EntityProposal("orders", table.name, 8.0, evidence, orders, first_rows_of=rows.column)]
    if lines["quantity"].value is not None or lines["unit_price"].value is not None:
        found.append(EntityProposal("order_lines", table.name, 8.0, evidence, lines))
    return found


def _part(table: TableProfile, names: tuple[str, ...], name: str) -> TableProfile:
    """Return some columns of a table as a table, whose name is ignored in its columns' names."""
    columns = {each: column for each, column in table.columns.items() if each in names}
    return replace(table, columns=columns, table=replace(table.table, name=name))
