"""Amount of an order that is the sum of its payments or lines, and orders grouped from lines."""

from __future__ import annotations

from ingestion.connect.mapping.column_evidence import best_column, value_questions
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    Summed,
)
from ingestion.connect.profiling.entities import AMOUNT, ID, NUMBER, SCHEMAS, TIME
from ingestion.connect.profiling.names import EXACT, SIMILAR, column_points
from ingestion.connect.profiling.parsing import number_sql
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier


def summed_amount(profile: SourceProfile, table: str) -> ColumnProposal:
    """Return `net_amount` as a sum over a table that references the orders, payments first."""
    payments: list[Summed] = []
    lines: list[Summed] = []
    for each in profile.references_to(table):
        rows = profile.tables[each.table]
        paid = _named(rows, "orders", "net_amount", AMOUNT)
        price = _named(rows, "order_lines", "unit_price", AMOUNT)
        if price and (not paid or _points(rows, price) >= EXACT):
            quantity = _named(rows, "order_lines", "quantity", NUMBER)
            lines.append(Summed(each.table, each.column, price, quantity, each.target_column))
        elif paid:
            payments.append(Summed(each.table, each.column, paid, None, each.target_column))
    found = [*payments, *lines]
    if not found:
        question = (
            f"no column of {table}, nor of a table that references it, is an amount for net_amount:"
            " rows without it are rejected"
        )
        return ColumnProposal("net_amount", questions=(question,))
    totals = [
        f"{value.table}.{value.amount}{f' times {value.quantity}' if value.quantity else ''} adds"
        f" up to {_total(profile, value):,.2f}"
        for value in found
    ]
    return ColumnProposal(
        "net_amount",
        found[0],
        (Evidence(2.0, totals[0]),),
        (f"{table} has no amount. {'; '.join(totals)}: the first is used",),
    )


def grouped_orders(profile: SourceProfile, lines: EntityProposal) -> EntityProposal | None:
    """Return orders grouped from their lines, for a source without a table of orders."""
    table = profile.tables[lines.table]
    order = lines.columns["source_order_id"].value
    at = _named(table, "orders", "ordered_at", TIME)
    price, pieces = (lines.columns[name].value for name in ("unit_price", "quantity"))
    if not isinstance(order, FromColumn) or at is None or not isinstance(price, FromColumn):
        return None
    quantity = pieces.column if isinstance(pieces, FromColumn) else None
    customer = _named(table, "orders", "source_customer_id", ID)
    found = [
        ColumnProposal("source_order_id", order),
        ColumnProposal("source_customer_id", FromColumn(customer) if customer else None),
        ColumnProposal(
            "ordered_at",
            FromColumn(at),
            questions=tuple(value_questions("orders", "ordered_at", table.columns[at])),
        ),
        ColumnProposal(
            "net_amount",
            Summed(lines.table, order.column, price.column, quantity, order.column),
            (Evidence(1.0, "the sum of its lines"),),
        ),
    ]
    columns = {name: ColumnProposal(name) for name in SCHEMAS["orders"].columns}
    question = (
        f"orders are rows of {lines.table} grouped by {order.column}: which rows are returns, fees"
        " or corrections, and not sales?"
    )
    return EntityProposal(
        "orders",
        lines.table,
        0.0,
        (Evidence(0.0, f"no table has one row an order: rows of {lines.table} are grouped"),),
        columns | {each.name: each for each in found},
        (question,),
        is_grouped=True,
    )


def _named(table: TableProfile, entity: str, name: str, kind: str) -> str | None:
    """Return the column with the best name for a canonical column, among those of its kind."""
    points, column = best_column(table, entity, name, kind)
    return column if points > SIMILAR else None


def _points(table: TableProfile, column: str) -> float:
    return column_points("order_lines", "unit_price", column, table.name)[0]


def _total(profile: SourceProfile, value: Summed) -> float:
    table = profile.tables[value.table]
    factors = [value.amount, *([value.quantity] if value.quantity else [])]
    product = " * ".join(number_sql(table.columns[each], identifier(each)) for each in factors)
    row = profile.con.execute(f"select sum({product}) from {table.table.relation}").fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0
