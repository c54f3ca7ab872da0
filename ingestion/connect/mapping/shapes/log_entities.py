"""Orders and order lines of a log of purchases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deployment.source_config import Entity
from ingestion.connect.mapping.amounts.line_totals import (
    LINE_TOTAL,
    ORDER_TOTAL,
    UNIT_PRICE,
    LineAmount,
    line_amount,
)
from ingestion.connect.mapping.proposal import (
    Added,
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    FromColumns,
    Numbered,
    PerPiece,
    Summed,
    Value,
)
from ingestion.connect.mapping.shapes.amount_columns import (
    MAX_DISCOUNTED_SHARE,
    discount_columns,
    is_discount,
    ordered_share,
    quantity_column,
)
from ingestion.connect.mapping.shapes.purchase_log import PurchaseLog
from ingestion.connect.mapping.value_questions import value_questions
from ingestion.connect.profiling.entities import SCHEMAS
from ingestion.connect.profiling.forms.parsing import number_sql
from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import INTEGER, TEXT, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier

Columns = Callable[[Entity, TableProfile], dict[str, ColumnProposal]]
# Points of an entity that its shape shows, beside those of names.
_POINTS = 8.0
# A shop has more products than a code of few values.
_MIN_PRODUCTS = 10


def log_entities(
    profile: SourceProfile, log: PurchaseLog, columns: Columns
) -> list[EntityProposal]:
    """Return the orders of a log of purchases, and their lines where several rows are one.

    Args:
        profile: the source.
        log: the columns of the log.
        columns: matches the columns of a table with those of an entity by their names.
    """
    table = profile.tables[log.table]
    taken = {*log.order, log.customer, log.time, *([log.amount] if log.amount else [])}
    quantity = quantity_column(profile, table, taken)
    product = _product(profile, table, log, {*taken, quantity})
    meaning = None
    if log.amount:
        meaning = line_amount(
            profile,
            table,
            log.amount,
            quantity,
            product=product,
            order=log.order[0] if log.is_grouped else None,
        )
    has_lines = log.is_grouped or product is not None or meaning_is_price(meaning, quantity)
    orders = _orders(profile, table, log, quantity, meaning, columns, is_grouped=has_lines)
    if not has_lines:
        return [orders]
    lines = _lines(profile, table, log, quantity, product, meaning, columns)
    return [orders, lines]


def meaning_is_price(meaning: LineAmount | None, quantity: str | None) -> bool:
    """Return whether an order's amount is a price times a quantity."""
    return meaning is not None and quantity is not None and meaning.kind == UNIT_PRICE


def _orders(
    profile: SourceProfile,
    table: TableProfile,
    log: PurchaseLog,
    quantity: str | None,
    meaning: LineAmount | None,
    columns: Columns,
    *,
    is_grouped: bool,
) -> EntityProposal:
    """Return the orders, whose other columns are matched by name where a row is an order."""
    named = {} if is_grouped else columns("orders", table)
    found = {name: named.get(name, ColumnProposal(name)) for name in SCHEMAS["orders"].columns}
    order, customer = log.reasons
    found["source_order_id"] = _order_id(log, order)
    found["source_customer_id"] = ColumnProposal(
        "source_customer_id",
        FromColumn(log.customer),
        (Evidence(3.0, customer),),
        _customer_question(table, log),
    )
    rivals = [each for each in log.rivals["time"] if not _is_named(table, "ordered_at", log.time)]
    found["ordered_at"] = ColumnProposal(
        "ordered_at",
        FromColumn(log.time),
        (Evidence(1.0, "its values are times"),),
        (
            *_time_questions(table, log.time),
            *([f"was the purchase at {log.time}, or at {' or '.join(rivals)}?"] if rivals else []),
        ),
    )
    discounts, others = _discounts(profile, table, log)
    found["net_amount"] = _net_amount(
        profile, table, log, quantity, meaning, discounts, is_grouped=is_grouped
    )
    if discounts:
        found["discount_amount"] = ColumnProposal(
            "discount_amount",
            Added(tuple(discounts), is_negated=_is_below_zero(profile, table, discounts)),
            (Evidence(1.0, "named as discounts"),),
        )
    notes = [f"Rows of {table.name} are purchases: {order}; {customer}"]
    if meaning is not None and meaning.is_sure:
        notes.append(f"{meaning.reason}: read as {meaning.kind}")
    notes += [
        f"{name} is in {share:.0%} of the orders: a price for everybody, and not read as a discount"
        for name, share in others.items()
    ]
    return EntityProposal(
        "orders",
        table.name,
        _POINTS,
        (Evidence(_POINTS, f"its shape is a log of purchases: {order}"),),
        found,
        notes=tuple(notes),
        is_grouped=is_grouped,
    )


def _order_id(log: PurchaseLog, reason: str) -> ColumnProposal:
    value: Value = FromColumn(log.order[0]) if len(log.order) == 1 else FromColumns(log.order)
    questions: tuple[str, ...] = ()
    if len(log.order) > 1 and log.is_grouped:
        questions = (f"no column numbers the purchases: {reason}. Are those rows one purchase?",)
    return ColumnProposal("source_order_id", value, (Evidence(3.0, reason),), questions)


def _customer_question(table: TableProfile, log: PurchaseLog) -> tuple[str, ...]:
    points = column_points("orders", "source_customer_id", log.customer, table.name)[0]
    if points >= NAMED:
        return ()
    rivals = log.rivals["customer"][:3]
    others = f", or {' or '.join(rivals)}, which repeat too" if rivals else ""
    return (f"is {log.customer} the customer{others}?",)


def _time_questions(table: TableProfile, time: str) -> list[str]:
    column = table.columns[time]
    questions = value_questions("orders", "ordered_at", column)
    if column.is_guessed_time:
        forms = " or ".join(column.formats).replace("%Y%m%d", "YYYYMMDD")
        span = f"{column.first:%Y-%m-%d} to {column.last:%Y-%m-%d}"
        questions.append(f"is {time} the time? As {forms} it is {span}")
    return questions


def _net_amount(
    profile: SourceProfile,
    table: TableProfile,
    log: PurchaseLog,
    quantity: str | None,
    meaning: LineAmount | None,
    discounts: list[str],
    *,
    is_grouped: bool,
) -> ColumnProposal:
    if log.amount is None or meaning is None:
        question = f"no column of {table.name} is an amount: orders without one are rejected"
        return ColumnProposal("net_amount", questions=(question,))
    questions = [] if meaning.is_sure else [meaning.reason]
    if log.rivals["amount"]:
        rivals = " or ".join(log.rivals["amount"][:3])
        questions.append(f"is {log.amount} the amount paid, or {rivals}?")
    if discounts and not any(
        _is_named(table, name, log.amount) for name in ("net_amount", "unit_price")
    ):
        questions.append(f"is {log.amount} what was paid, after {' and '.join(discounts)}?")
    if not_sold := _negative_rows(profile, table, log.amount, quantity):
        questions.append(f"{not_sold}: are they returns, and not sales?")
    if not is_grouped or meaning.kind == ORDER_TOTAL:
        value: Value = FromColumn(log.amount)
    else:
        pieces = quantity if meaning.quantity_counts else None
        value = Summed(table.name, log.order[0], log.amount, pieces, log.order[0])
    return ColumnProposal("net_amount", value, (Evidence(1.0, meaning.reason),), tuple(questions))


def _negative_rows(
    profile: SourceProfile, table: TableProfile, amount: str, quantity: str | None
) -> str | None:
    """Return how many rows have an amount or a quantity below 0, or None without one."""
    numbers = [
        number_sql(table.columns[each], identifier(each)) for each in (amount, quantity) if each
    ]
    row = profile.con.execute(
        f"select count(*) filter ({' or '.join(f'{each} < 0' for each in numbers)})"
        f" from {table.table.relation}"
    ).fetchone()
    count = int(row[0]) if row else 0
    return f"{count:,} rows have an amount or a quantity below 0" if count else None


def _discounts(
    profile: SourceProfile, table: TableProfile, log: PurchaseLog
) -> tuple[list[str], dict[str, float]]:
    """Return the columns of discounts, and those that most orders have with their share."""
    columns = [each for each in discount_columns(table) if each != log.amount]
    shares = ordered_share(profile, table, columns, log.order)
    common = {each: share for each, share in shares.items() if share > MAX_DISCOUNTED_SHARE}
    return [each for each in columns if each not in common and shares[each]], common


def _is_below_zero(profile: SourceProfile, table: TableProfile, columns: list[str]) -> bool:
    """Return whether amounts add up to less than zero, as discounts in some exports do."""
    total = " + ".join(
        f"coalesce({number_sql(table.columns[each], identifier(each))}, 0)" for each in columns
    )
    row = profile.con.execute(f"select sum({total}) from {table.table.relation}").fetchone()
    return bool(row and row[0] is not None and row[0] < 0)


def _product(
    profile: SourceProfile, table: TableProfile, log: PurchaseLog, taken: set[str | None]
) -> str | None:
    """Return the column of the product: by name, by a reference, or an id that varies by line."""
    for name in table.columns:
        points = column_points("order_lines", "product_id", name, table.name)[0]
        if name not in taken and points >= NAMED:
            return name
    references = [each for each in profile.references_of(table.name) if each.column not in taken]
    references.sort(key=lambda each: -table.columns[each.column].distinct)
    if references:
        return references[0].column
    return _varying(profile, table, log, taken) if log.is_grouped else None


def _varying(
    profile: SourceProfile, table: TableProfile, log: PurchaseLog, taken: set[str | None]
) -> str | None:
    """Return the id with most values of which most purchases of several lines have several."""
    candidates = [
        each.name
        for each in table.columns.values()
        if each.name not in taken
        and each.fits in (INTEGER, TEXT)
        and each.personal is None
        and _MIN_PRODUCTS <= each.distinct < table.rows
        and not is_discount(table, each.name)
    ]
    if not candidates:
        return None
    keys = ", ".join(map(identifier, log.order))
    counts = ", ".join(
        f"count(distinct {identifier(each)}) as c{at}" for at, each in enumerate(candidates)
    )
    shares = ", ".join(f"avg(cast(c{at} > 1 as integer))" for at in range(len(candidates)))
    row = profile.con.execute(
        f"select {shares} from (select {counts} from {table.table.relation} group by {keys}"
        " having count(*) > 1)"
    ).fetchone()
    assert row is not None
    varying = [name for name, share in zip(candidates, row, strict=True) if share and share > 0.5]
    return max(varying, key=lambda each: table.columns[each].distinct, default=None)


def _lines(
    profile: SourceProfile,
    table: TableProfile,
    log: PurchaseLog,
    quantity: str | None,
    product: str | None,
    meaning: LineAmount | None,
    columns: Columns,
) -> EntityProposal:
    """Return the order lines, one a row of the log."""
    found = dict(columns("order_lines", table))
    # Columns of the order are none of the line, whatever their names are.
    of_order = {*log.order, log.customer, log.time}
    for name, column in found.items():
        if isinstance(column.value, FromColumn) and column.value.column in of_order:
            found[name] = ColumnProposal(name)
    found["source_order_line_id"] = _line_id(profile, table, log)
    found["source_order_id"] = replace(_order_id(log, log.reasons[0]), questions=())
    if product:
        found["product_id"] = ColumnProposal(
            "product_id", FromColumn(product), (Evidence(1.0, "it names what was bought"),)
        )
    if quantity:
        found["quantity"] = ColumnProposal(
            "quantity",
            FromColumn(quantity),
            (Evidence(1.0, "its values are numbers of pieces"),),
            _extreme_quantities(profile, table, quantity),
        )
    found["unit_price"] = unit_price(log.amount, quantity, meaning)
    return EntityProposal(
        "order_lines",
        table.name,
        _POINTS,
        (Evidence(_POINTS, f"several rows of {table.name} are one purchase"),),
        found,
    )


def unit_price(
    amount: str | None, quantity: str | None, meaning: LineAmount | None
) -> ColumnProposal:
    """Return the price of a piece: the amount itself, or a line's total divided by its quantity."""
    if amount is None or meaning is None or meaning.kind == ORDER_TOTAL:
        return ColumnProposal("unit_price")
    value: Value = FromColumn(amount)
    if meaning.kind == LINE_TOTAL and quantity:
        value = PerPiece(amount, quantity)
    return ColumnProposal("unit_price", value, (Evidence(1.0, meaning.reason),))


def _line_id(profile: SourceProfile, table: TableProfile, log: PurchaseLog) -> ColumnProposal:
    key = profile.keys[table.name]
    if len(key.columns) == 1 and not key.repeats and key.columns != (log.customer,):
        evidence = (Evidence(3.0, "it is unique"),)
        return ColumnProposal("source_order_line_id", FromColumn(key.columns[0]), evidence)
    if len(key.columns) == 2 and not key.repeats:
        reason = f"{' and '.join(key.columns)} together are unique"
        value: Value = FromColumns(key.columns)
        return ColumnProposal("source_order_line_id", value, (Evidence(2.0, reason),))
    reason = f"the number of the row within {' and '.join(log.order)}"
    value = Numbered(log.order[0], tuple(log.order[1:]))
    return ColumnProposal("source_order_line_id", value, (Evidence(2.0, reason),))


def _extreme_quantities(
    profile: SourceProfile, table: TableProfile, quantity: str
) -> tuple[str, ...]:
    """Return a question where a few rows hold most of all pieces, as with fuel or weights."""
    number = number_sql(table.columns[quantity], identifier(quantity))
    row = profile.con.execute(
        f"""
        with pieces as (select {number} as q from {table.table.relation}),
        limits as (select 100 * greatest(quantile_cont(q, 0.9), 1) as most from pieces)
        select count(*), sum(q) / (select sum(q) from pieces where q > 0), max(q)
        from pieces, limits
        where q > most
        """
    ).fetchone()
    if row is None or not row[0] or row[1] is None or row[1] < 0.5:
        return ()
    question = (
        f"{int(row[0]):,} rows with up to {row[2]:,.0f} in {quantity} hold {row[1]:.0%} of all"
        " pieces: do they count another unit?"
    )
    return (question,)


def _is_named(table: TableProfile, name: str, column: str) -> bool:
    entity = "order_lines" if name == "unit_price" else "orders"
    return column_points(entity, name, column, table.name)[0] >= NAMED
