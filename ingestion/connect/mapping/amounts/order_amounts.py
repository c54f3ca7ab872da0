"""Amount of an order that is the sum of its payments or lines, and orders grouped from lines."""

from __future__ import annotations

from dataclasses import replace

from ingestion.connect.mapping.amounts.line_totals import line_amount
from ingestion.connect.mapping.amounts.minor_units import minor_units
from ingestion.connect.mapping.amounts.payment_attempts import payment_attempts
from ingestion.connect.mapping.column_evidence import best_column
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    Latest,
    PerPiece,
    Summed,
)
from ingestion.connect.mapping.value_questions import counted_words, value_questions
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import AMOUNT, ID, NUMBER, SCHEMAS, TIME
from ingestion.connect.profiling.forms.parsing import number_sql
from ingestion.connect.profiling.names import EXACT, NAMED, SIMILAR, column_points, meanings
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier, literal

# Names of products that are money for later: their sale and what is bought with them count twice.
_GIFT_CARDS = r"gift ?(card|voucher)|gutschein|geschenkkarte|carte cadeau|tarjeta regalo"


def summed_amount(profile: SourceProfile, table: str) -> list[ColumnProposal]:
    """Return `net_amount` as a sum over a table that references the orders, payments first.

    Where the payments have a row for each attempt, only the payments made are added up, and what
    was paid back becomes `refunded_amount`.
    """
    payments: list[Summed] = []
    lines: list[Summed] = []
    doubts: list[str] = []
    for each in profile.references_to(table):
        rows = profile.tables[each.table]
        paid = _named(rows, "orders", "net_amount", AMOUNT)
        price = _named(rows, "order_lines", "unit_price", AMOUNT)
        if price and (not paid or _points(rows, price) >= EXACT):
            quantity = _named(rows, "order_lines", "quantity", NUMBER)
            meaning = line_amount(profile, rows, price, quantity, product=_product(rows))
            if not meaning.is_sure:
                doubts.append(meaning.reason)
            pieces = quantity if meaning.quantity_counts else None
            lines.append(Summed(each.table, each.column, price, pieces, each.target_column))
        elif paid:
            currency, _ = minor_units(profile, rows, paid)
            payments.append(
                Summed(each.table, each.column, paid, None, each.target_column, currency=currency)
            )
    found = [*payments, *lines]
    if not found:
        question = (
            f"no column of {table}, nor of a table that references it, is an amount for net_amount:"
            " rows without it are rejected"
        )
        return [ColumnProposal("net_amount", questions=(question,))]
    totals = [
        f"{value.table}.{value.amount}{f' times {value.quantity}' if value.quantity else ''} adds"
        f" up to {_total(profile, value):,.2f}"
        for value in found
    ]
    question = f"{table} has no amount. {'; '.join([*totals, *doubts])}: the first is used"
    attempts = payment_attempts(profile, found[0]) if payments else None
    if attempts is None:
        return [_summed(found[0], totals[0], f"{question}{_gift_cards(profile, found[0])}")]
    question = (
        f"{table} has no amount. {totals[0]}, with a row for each attempt by"
        f" {attempts.described}: only payments made count ({_total(profile, attempts.paid):,.2f})"
    )
    if attempts.refunded is None:
        return [_summed(attempts.paid, totals[0], f"{question}. Is that right?")]
    refunds = f"refunds add up to {_total(profile, attempts.refunded):,.2f}"
    question += f", and {refunds}, as refunded_amount. Is that right?"
    columns = [
        _summed(attempts.paid, totals[0], question),
        ColumnProposal("refunded_amount", attempts.refunded, (Evidence(2.0, refunds),)),
    ]
    if attempts.time:
        at = Latest(attempts.refunded, attempts.time)
        columns.append(ColumnProposal("refunded_at", at, (Evidence(2.0, refunds),)))
    return columns


def _summed(value: Summed, reason: str, question: str) -> ColumnProposal:
    return ColumnProposal("net_amount", value, (Evidence(2.0, reason),), (question,))


def _gift_cards(profile: SourceProfile, value: Summed) -> str:
    """Return the part of the question on payments by gift card, empty where there are none."""
    kinds = meanings("payment words")
    for column in profile.tables[value.table].columns.values():
        if column_points("orders", "payment_kind", column.name, value.table)[0] >= NAMED:
            cards = [word for word in column.words if kinds.get(normalised(word)) == "gift_card"]
            if cards:
                return (
                    f". {column.name} has gift cards ({counted_words(column, cards)}): do they"
                    " count twice, when sold and when spent?"
                )
    return ""


def grouped_orders(
    profile: SourceProfile, lines: EntityProposal
) -> tuple[EntityProposal, EntityProposal] | None:
    """Return orders grouped from their lines, for a source without orders, and the lines.

    The price of a line whose amount is its total is that total divided by the quantity.
    """
    table = profile.tables[lines.table]
    order = lines.columns["source_order_id"].value
    at = _named(table, "orders", "ordered_at", TIME)
    price, pieces = (lines.columns[name].value for name in ("unit_price", "quantity"))
    if not isinstance(order, FromColumn) or at is None or not isinstance(price, FromColumn):
        return None
    quantity = pieces.column if isinstance(pieces, FromColumn) else None
    customer = _named(table, "orders", "source_customer_id", ID)
    meaning = line_amount(profile, table, price.column, quantity, product=_product(table))
    summed = quantity if meaning.quantity_counts else None
    if quantity and not meaning.quantity_counts:
        of_piece = replace(lines.columns["unit_price"], value=PerPiece(price.column, quantity))
        lines = replace(lines, columns={**lines.columns, "unit_price": of_piece})
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
            Summed(lines.table, order.column, price.column, summed, order.column),
            (Evidence(1.0, f"the sum of its lines; {meaning.reason}"),),
            () if meaning.is_sure else (meaning.reason,),
        ),
    ]
    columns = {name: ColumnProposal(name) for name in SCHEMAS["orders"].columns}
    question = (
        f"orders are rows of {lines.table} grouped by {order.column}{_not_sold(profile, lines)}:"
        " which rows are returns, fees or corrections, and not sales?"
    )
    orders = EntityProposal(
        "orders",
        lines.table,
        0.0,
        (Evidence(0.0, f"no table has one row an order: rows of {lines.table} are grouped"),),
        columns | {each.name: each for each in found},
        (question,),
        is_grouped=True,
    )
    return orders, lines


def _product(table: TableProfile) -> str | None:
    return _named(table, "order_lines", "product_id", ID)


def _not_sold(profile: SourceProfile, lines: EntityProposal) -> str:
    """Return the numbers of rows that are surely no sale of goods, as part of a question."""
    table = profile.tables[lines.table]
    conditions = {}
    quantity, name = (lines.columns[each].value for each in ("quantity", "product_name"))
    if isinstance(quantity, FromColumn):
        number = number_sql(table.columns[quantity.column], identifier(quantity.column))
        conditions["a quantity below 0"] = f"{number} < 0"
    if isinstance(name, FromColumn):
        conditions["gift cards or vouchers"] = (
            f"regexp_matches(lower({identifier(name.column)}), {literal(_GIFT_CARDS)})"
        )
    if not conditions:
        return ""
    counts = ", ".join(f"count(*) filter ({condition})" for condition in conditions.values())
    row = profile.con.execute(f"select {counts} from {table.table.relation}").fetchone() or ()
    found = [
        f"{int(count):,} are {what}" if what.startswith("gift") else f"{int(count):,} have {what}"
        for what, count in zip(conditions, row, strict=True)
        if count
    ]
    return f" ({', and '.join(found)})" if found else ""


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
    conditions = [
        f"lower({identifier(column)}) in ({', '.join(map(literal, words))})"
        for column, words in value.kept
    ]
    row = profile.con.execute(
        f"select sum({product}) from {table.table.relation}"
        f" where {' and '.join(['true', *conditions])}"
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0
