"""Amounts of the lines of an order: unit prices, line totals, or the order's total on each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ingestion.connect.profiling.forms.parsing import number_sql
from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier

LINE_TOTAL: Final = "line total"
UNIT_PRICE: Final = "unit price"
ORDER_TOTAL: Final = "order total"
Kind = Literal["line total", "unit price", "order total"]

# Rows with more than one piece that have to agree before their amounts decide.
_MIN_COMPARED = 20
_SURE_SHARE = 0.8
_SAME_SHARE = 0.95
# A sum of price times quantity this many times the sum of the amounts, although most lines are of
# one or two pieces, counts something else than pieces: grams, or thousandths of a gallon.
_IMPLAUSIBLE_RATIO = 20.0
_MOST_PIECES = 2.0
# An order's total has more values than this; a shop with few prices has the same price often.
_MIN_TOTALS = 10


@dataclass(frozen=True)
class LineAmount:
    """Meaning of a column of amounts in a table of order lines.

    Attributes:
        kind: whether the amount is of a piece, of the line or of the whole order.
        is_sure: whether values or names decide; else a person has to.
        reason: the evidence, with both sums where a quantity is given.
    """

    kind: Kind
    is_sure: bool
    reason: str

    @property
    def quantity_counts(self) -> bool:
        """True if the amount of a line is the amount times its quantity."""
        return self.kind == UNIT_PRICE


@dataclass(frozen=True)
class _Sums:
    """Sums over the rows with both numbers.

    `like_total` of the `compared` rows with several pieces have an amount that grows with them.
    """

    amounts: float
    products: float
    typical_pieces: float
    like_total: int
    compared: int

    @property
    def text(self) -> str:
        return (
            f"the amounts add up to {self.amounts:,.2f}, and times the quantity to"
            f" {self.products:,.2f}"
        )

    @property
    def is_implausible(self) -> bool:
        """True if the quantity cannot be a number of pieces that each have the amount."""
        ratio = abs(self.products) / max(abs(self.amounts), 1e-9)
        return ratio > _IMPLAUSIBLE_RATIO and self.typical_pieces <= _MOST_PIECES


def line_amount(
    profile: SourceProfile,
    table: TableProfile,
    amount: str,
    quantity: str | None,
    *,
    product: str | None = None,
    order: str | None = None,
) -> LineAmount:
    """Return whether the amounts of a table of lines are unit prices, line or order totals.

    Args:
        profile: the source.
        table: the table of lines.
        amount: its column of amounts.
        quantity: its column of quantities; None without one.
        product: its column of products; prices are compared within a product.
        order: its column of orders; an amount that is the same on all lines is the order's.
    """
    is_named_total = _is_named(table, "line_amount", amount)
    is_named_price = _is_named(table, "unit_price", amount)
    if order and not (is_named_total or is_named_price):
        share = _repeated_share(profile, table, amount, order)
        if share >= _SAME_SHARE:
            reason = f"{amount} is the same on all lines of a {order} ({share:.1%} of those with"
            return LineAmount(ORDER_TOTAL, True, f"{reason} several lines)")
    if quantity is None:
        return LineAmount(LINE_TOTAL, True, f"{amount} without a quantity")
    sums = _sums(profile, table, amount, quantity, product)
    by_values = _by_values(profile, table, amount, quantity, sums)
    if by_values is not None:
        return by_values
    if is_named_total:
        return LineAmount(LINE_TOTAL, True, f"{amount} is named as the total of a line")
    if sums.is_implausible:
        reason = (
            f"{sums.text}, with a median quantity of {sums.typical_pieces:g}: is {amount} the total"
            f" of a line (read so), or does {quantity} count another unit than pieces?"
        )
        return LineAmount(LINE_TOTAL, False, reason)
    if is_named_price or sums.products == sums.amounts:
        return LineAmount(UNIT_PRICE, True, f"{amount} is named as the price of a piece")
    reason = (
        f"is {amount} the total of a line (read so), or the price of a piece? If so {sums.text}"
    )
    return LineAmount(LINE_TOTAL, False, reason)


def _by_values(
    profile: SourceProfile, table: TableProfile, amount: str, quantity: str, sums: _Sums
) -> LineAmount | None:
    """Return what other amounts, or the prices of products, show; None where neither decides."""
    for other in table.columns.values():
        if not other.is_number or other.name in (amount, quantity):
            continue
        product, divided = _products(profile, table, amount, quantity, other.name)
        if product >= _SAME_SHARE:
            reason = f"{amount} times {quantity} is {other.name} in {product:.1%} of the lines"
            return LineAmount(UNIT_PRICE, True, reason)
        if divided >= _SAME_SHARE:
            reason = f"{amount} is {other.name} times {quantity} in {divided:.1%} of the lines"
            return LineAmount(LINE_TOTAL, True, reason)
    if sums.compared < _MIN_COMPARED:
        return None
    share = sums.like_total / sums.compared
    if share >= _SURE_SHARE:
        reason = f"{amount} grows with {quantity} in {share:.0%} of the lines with several pieces"
        return LineAmount(LINE_TOTAL, True, reason)
    if share <= 1 - _SURE_SHARE:
        reason = f"{amount} does not grow with {quantity} in {1 - share:.0%} of the lines"
        reason += " with several pieces"
        if sums.is_implausible:
            return LineAmount(UNIT_PRICE, False, f"{reason}, but {sums.text}: which is right?")
        return LineAmount(UNIT_PRICE, True, reason)
    return None


def _sums(
    profile: SourceProfile, table: TableProfile, amount: str, quantity: str, product: str | None
) -> _Sums:
    """Compare the median amount of each number of pieces of a product with that of one piece."""
    group = f"cast({identifier(product)} as varchar)" if product else "''"
    row = profile.con.execute(
        f"""
        with lines as (
            select {_number(table, amount)} as a, {_number(table, quantity)} as q, {group} as p
            from {table.table.relation}
        ),

        singles as (
            select p, median(a) as a from lines where q = 1 and a > 0 group by p
        ),

        multiples as (
            select p, q, median(a) as a, count(*) as lines from lines
            where q > 1 and a > 0 group by p, q
        ),

        compared as (
            select
                coalesce(sum(lines), 0) as compared,
                coalesce(
                    sum(lines) filter (
                        abs(ln(multiples.a / singles.a) - ln(q)) < abs(ln(multiples.a / singles.a))
                    ),
                    0
                ) as like_total
            from multiples
            inner join singles using (p)
        ),

        totals as (
            select
                coalesce(sum(a), 0) as amounts,
                coalesce(sum(a * q), 0) as products,
                coalesce(median(q), 1) as pieces
            from lines
            where a is not null and q is not null
        )

        select amounts, products, pieces, like_total, compared from totals, compared
        """
    ).fetchone()
    assert row is not None
    return _Sums(float(row[0]), float(row[1]), float(row[2]), int(row[3]), int(row[4]))


def _products(
    profile: SourceProfile, table: TableProfile, amount: str, quantity: str, other: str
) -> tuple[float, float]:
    """Return the shares of lines of several pieces where one amount is the other times pieces."""
    row = profile.con.execute(
        f"""
        select
            count(*) filter (abs(o - a * q) <= 0.01 + 0.001 * abs(o)),
            count(*) filter (abs(a - o * q) <= 0.01 + 0.001 * abs(a)),
            count(*)
        from (
            select
                {_number(table, amount)} as a,
                {_number(table, quantity)} as q,
                {_number(table, other)} as o
            from {table.table.relation}
        )
        where q not in (0, 1) and a != 0 and o != 0
        """
    ).fetchone()
    assert row is not None
    count = int(row[2])
    return (int(row[0]) / count, int(row[1]) / count) if count >= _MIN_COMPARED else (0.0, 0.0)


def _repeated_share(profile: SourceProfile, table: TableProfile, amount: str, order: str) -> float:
    """Return the share of orders with several lines whose amount is the same on all of them."""
    if table.columns[amount].distinct <= _MIN_TOTALS:
        return 0.0
    row = profile.con.execute(
        f"""
        select count(*), count(*) filter (amounts = 1)
        from (
            select count(distinct {identifier(amount)}) as amounts
            from {table.table.relation}
            group by {identifier(order)}
            having count(*) > 1
        )
        """
    ).fetchone()
    assert row is not None
    return int(row[1]) / int(row[0]) if int(row[0]) >= _MIN_COMPARED else 0.0


def _is_named(table: TableProfile, name: str, column: str) -> bool:
    return column_points("order_lines", name, column, table.name)[0] >= NAMED


def _number(table: TableProfile, column: str) -> str:
    return number_sql(table.columns[column], identifier(column))
