"""Logs of purchases, by shape: an id that repeats over days, a time, an amount, often a basket.

A basket is an id whose rows have one customer and one day. The customer is an id with several
baskets, between which are those of others (the rows of a week follow each other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.connect.mapping.shapes.amount_columns import amount_column
from ingestion.connect.mapping.shapes.dependencies import DAY, TIME, Dependencies
from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import INTEGER, TEXT, ColumnProfile, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile

# A few rows of a basket may lie after midnight, or be booked for another card.
_MIN_DETERMINED = 0.99
# Runs of a value in the order of time: a week has one, a customer who returns has more.
_MIN_RUNS = 1.01
_MAX_EMPTY_SHARE = 0.5
_MIN_ROWS = 20
_LONGEST_ID = 64
# Rows of one customer at one moment are lines of one purchase, where so many rows have company.
_MIN_SHARED = 0.05
_MOST_IDS = 12


@dataclass(frozen=True)
class PurchaseLog:
    """Columns of a table of purchases, or of lines of purchases.

    Attributes:
        table: the table.
        order: columns whose values identify a purchase.
        customer: column of the customer.
        time: column of the time.
        amount: column of the amount; None without one.
        is_grouped: whether several rows are one purchase.
        reasons: evidence for `order` and for `customer`.
        rivals: other columns of the shape of `customer`, `time` and `amount`.
        rows: rows with the three.
    """

    table: str
    order: tuple[str, ...]
    customer: str
    time: str
    amount: str | None
    is_grouped: bool
    reasons: tuple[str, str]
    rivals: dict[str, tuple[str, ...]]
    rows: int


def purchase_log(profile: SourceProfile, table: TableProfile) -> PurchaseLog | None:
    """Return the columns of a log of purchases, or None for a table of another shape."""
    times = _times(table)
    if table.rows < _MIN_ROWS or not times:
        return None
    amount, other_amounts = amount_column(profile, table, _named_ids(table))
    ids = [each for each in _ids(table) if each not in (amount, times[0])]
    with Dependencies(profile.con, table, ids, times[0]) as found:
        baskets = _baskets(table, ids, found)
        if baskets:
            basket, customers = baskets[0]
            return PurchaseLog(
                table.name,
                (basket,),
                customers[0],
                times[0],
                amount,
                True,
                _reasons(found, basket, customers[0]),
                {
                    "customer": tuple(customers[1:]),
                    "time": tuple(times[1:]),
                    "amount": other_amounts,
                },
                table.rows,
            )
        customers = _customers(table, ids, found)
        if not customers or amount is None:
            return None
        order, is_grouped, reason = _purchase(table, ids, customers[0], times[0], found)
        return PurchaseLog(
            table.name,
            order,
            customers[0],
            times[0],
            amount,
            is_grouped,
            (reason, f"{found.distinct(customers[0]):,} {customers[0]} repeat"),
            {"customer": tuple(customers[1:]), "time": tuple(times[1:]), "amount": other_amounts},
            table.rows,
        )


def _times(table: TableProfile) -> list[str]:
    """Return the columns of times, the likeliest time of a purchase first."""
    columns = [
        each
        for each in table.columns.values()
        if each.is_time
        and each.null_share <= 1 - _MIN_DETERMINED
        and each.distinct > 1
        # A day of birth or of registration is no time of a purchase.
        and not _points(table, "personal", "other", each.name)
        and not _points(table, "customers", "updated_at", each.name)
    ]
    columns.sort(
        key=lambda each: (-_points(table, "orders", "ordered_at", each.name), _first(each))
    )
    return [each.name for each in columns]


def _first(column: ColumnProfile) -> str:
    return str(column.first)


def _ids(table: TableProfile) -> list[str]:
    """Return the columns that can hold ids: whole numbers and short codes without a space."""
    found = [
        each
        for each in table.columns.values()
        if each.fits in (INTEGER, TEXT)
        and each.personal is None
        and each.distinct > 1
        and each.null_share <= _MAX_EMPTY_SHARE
        and each.mean_length <= _LONGEST_ID
        and (each.fits == INTEGER or not any(" " in shape for shape in each.shapes))
    ]
    found.sort(key=lambda each: -each.distinct)
    return [each.name for each in found[:_MOST_IDS]]


def _named_ids(table: TableProfile) -> list[str]:
    """Return the columns that are named as ids and are no amounts."""
    return [
        name
        for name in table.columns
        if any(
            _points(table, entity, field, name) >= NAMED
            for entity, field in (
                ("orders", "source_customer_id"),
                ("orders", "source_order_id"),
                ("order_lines", "product_id"),
            )
        )
    ]


def _baskets(
    table: TableProfile, ids: Sequence[str], found: Dependencies
) -> list[tuple[str, list[str]]]:
    """Return each column of baskets with its columns of customers, the likeliest first."""
    baskets = []
    for basket in ids:
        count = found.distinct(basket)
        if not 1 < count < table.rows or _is_product(table, basket):
            continue
        if found.determined(basket, DAY) < _MIN_DETERMINED:
            continue
        customers = [
            each
            for each in _customers(table, ids, found)
            if each != basket
            and found.distinct(each) < count
            and found.determined(basket, each) >= _MIN_DETERMINED
        ]
        if customers:
            baskets.append((basket, customers))
    baskets.sort(
        key=lambda pair: (
            -_points(table, "orders", "source_order_id", pair[0]),
            -found.distinct(pair[0]),
        )
    )
    return baskets


def _customers(table: TableProfile, ids: Sequence[str], found: Dependencies) -> list[str]:
    """Return the columns of the shape of customers: an id that returns on later days."""
    customers = [
        each
        for each in ids
        if 1 < found.distinct(each) < found.distinct(each, DAY)
        and not _is_product(table, each)
        and _points(table, "orders", "sales_channel", each) < NAMED
        and _points(table, "order_lines", "quantity", each) < NAMED
        and found.runs(each) > _MIN_RUNS * found.distinct(each)
    ]
    # Of a product and a customer, the customer is the one of whom a moment has only one. Of a
    # customer and a shop, the customer has more values.
    alone = [each for each in customers if found.determined(TIME, each) >= _MIN_DETERMINED]
    customers = alone or customers
    customers.sort(
        key=lambda each: (
            -_points(table, "orders", "source_customer_id", each),
            -found.distinct(each),
        )
    )
    return customers


def _purchase(
    table: TableProfile, ids: Sequence[str], customer: str, time: str, found: Dependencies
) -> tuple[tuple[str, ...], bool, str]:
    """Return the columns of a purchase without a basket, whether rows are grouped, and why."""
    unique = [each for each in ids if found.distinct(each) == table.rows and each != customer]
    shared = found.repeated_share(customer, TIME)
    if shared < _MIN_SHARED and unique:
        best = max(unique, key=lambda each: _points(table, "orders", "source_order_id", each))
        return (best,), False, f"it is unique, and {1 - shared:.1%} of the rows have a moment alone"
    if not shared:
        return (customer, time), False, f"{customer} and {time} together are unique"
    reason = f"{shared:.1%} of the rows share {customer} and {time} with another row"
    return (customer, time), True, reason


def _reasons(found: Dependencies, basket: str, customer: str) -> tuple[str, str]:
    one_day, one_customer = found.determined(basket, DAY), found.determined(basket, customer)
    return (
        f"{found.distinct(basket):,} {basket} repeat, and {one_day:.1%} of them are of one day",
        (
            f"{one_customer:.1%} of the {basket} have one {customer}, of which there are"
            f" {found.distinct(customer):,}"
        ),
    )


def _is_product(table: TableProfile, column: str) -> bool:
    return _points(table, "order_lines", "product_id", column) >= NAMED


def _points(table: TableProfile, entity: str, field: str, column: str) -> float:
    return column_points(entity, field, column, table.name)[0]
