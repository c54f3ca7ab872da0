"""Columns of amounts in a table of purchases: the amount itself, discounts and quantities."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ingestion.connect.profiling.forms.parsing import number_sql
from ingestion.connect.profiling.names import ENDING, NAMED, column_points
from ingestion.connect.profiling.profile import INTEGER, ColumnProfile, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier

# Names of an amount paid, the likeliest first, each with its entity.
_AMOUNTS = (
    ("orders", "net_amount"), ("order_lines", "line_amount"), ("order_lines", "unit_price"),
    ("orders", "gross_amount"),
)  # fmt: skip
# An amount that is mostly zero is a discount or a fee.
_MAX_ZERO_SHARE = 0.5
# A discount that more of the orders have is a price for everybody, such as a loyalty card's.
MAX_DISCOUNTED_SHARE = 0.5
_SMALLEST_AMOUNT = 100
# Serial numbers fill their range; amounts leave most of it empty.
_SERIAL_DENSITY = 0.5


def amount_column(
    profile: SourceProfile, table: TableProfile, taken: Collection[str]
) -> tuple[str | None, tuple[str, ...]]:
    """Return the column of the amount and its rivals: by name, else the greatest sum.

    Args:
        profile: the source.
        table: the table.
        taken: columns of another meaning.
    """
    named: list[tuple[float, int, str]] = []
    unnamed: list[tuple[float, str]] = []
    for column in table.columns.values():
        if not column.is_number or column.name in taken or is_discount(table, column.name):
            continue
        points, rank = max(
            (column_points(entity, name, column.name, table.name)[0], -rank)
            for rank, (entity, name) in enumerate(_AMOUNTS)
        )
        if points >= ENDING:
            named.append((points, rank, column.name))
        elif not _is_other(table, column):
            total, zero_share = _sum(profile, table, column)
            if zero_share <= _MAX_ZERO_SHARE and total > 0:
                unnamed.append((total, column.name))
    if named:
        named.sort(key=lambda each: (-each[0], -each[1]))
        return named[0][2], ()
    decimals = [each for each in unnamed if table.columns[each[1]].fits != INTEGER]
    ordered = [name for _, name in sorted(decimals or unnamed, reverse=True)]
    return (ordered[0], tuple(ordered[1:])) if ordered else (None, ())


def discount_columns(table: TableProfile) -> list[str]:
    """Return the columns of numbers that are named as discounts."""
    return [
        each.name
        for each in table.columns.values()
        if each.is_number and is_discount(table, each.name)
    ]


def quantity_column(
    profile: SourceProfile, table: TableProfile, taken: Collection[str]
) -> str | None:
    """Return the column of the quantity: by name, else whole numbers of which most are 1."""
    for column in table.columns.values():
        points = column_points("order_lines", "quantity", column.name, table.name)[0]
        if column.is_number and column.name not in taken and points >= NAMED:
            return column.name
    for column in table.columns.values():
        if column.fits == INTEGER and column.name not in taken and column.distinct > 1:
            number = number_sql(column, identifier(column.name))
            row = profile.con.execute(
                f"select avg(cast({number} = 1 as integer)), min({number}), median({number})"
                f" from {table.table.relation}"
            ).fetchone()
            if row and row[0] is not None and row[0] >= 0.5 and row[1] != 0 and row[2] == 1:
                return column.name
    return None


def ordered_share(
    profile: SourceProfile, table: TableProfile, columns: Sequence[str], order: Sequence[str]
) -> dict[str, float]:
    """Return by column the share of orders in which it is not zero.

    Args:
        profile: the source.
        table: the table of lines.
        columns: columns of numbers.
        order: columns that identify an order.
    """
    if not columns:
        return {}
    keys = ", ".join(map(identifier, order))
    sums = ", ".join(
        f"coalesce(sum(abs({number_sql(table.columns[each], identifier(each))})), 0) as c{at}"
        for at, each in enumerate(columns)
    )
    shares = ", ".join(f"avg(cast(c{at} > 0 as integer))" for at in range(len(columns)))
    row = profile.con.execute(
        f"select {shares} from (select {sums} from {table.table.relation} group by {keys})"
    ).fetchone()
    assert row is not None
    return {name: float(share or 0) for name, share in zip(columns, row, strict=True)}


def is_discount(table: TableProfile, column: str) -> bool:
    """Return whether a column is named as a discount."""
    return column_points("orders", "discount_amount", column, table.name)[0] >= ENDING


def _is_other(table: TableProfile, column: ColumnProfile) -> bool:
    """Return whether a column of numbers is a quantity, a cost, or an id."""
    for entity, name in (
        ("order_lines", "quantity"), ("order_lines", "cost"), ("order_lines", "product_id"),
        ("orders", "refunded_amount"), ("orders", "source_customer_id"),
        ("orders", "source_order_id"),
    ):  # fmt: skip
        if column_points(entity, name, column.name, table.name)[0] >= ENDING:
            return True
    if column.fits != INTEGER:
        return False
    if column.low is None or column.high is None:
        return True
    width = column.high - column.low + 1
    is_serial = column.distinct > _SERIAL_DENSITY * width
    return is_serial or column.high < _SMALLEST_AMOUNT or column.low < 0


def _sum(profile: SourceProfile, table: TableProfile, column: ColumnProfile) -> tuple[float, float]:
    number = number_sql(column, identifier(column.name))
    row = profile.con.execute(
        f"select coalesce(sum({number}), 0), coalesce(avg(cast({number} = 0 as integer)), 1)"
        f" from {table.table.relation}"
    ).fetchone()
    assert row is not None
    return float(row[0]), float(row[1])
