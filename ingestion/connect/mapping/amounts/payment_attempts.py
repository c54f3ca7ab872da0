"""Payments with a row for each attempt: which rows are payments made, and which are refunds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingestion.connect.mapping.proposal import Summed
from ingestion.connect.mapping.value_questions import counted_words
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.names import NAMED, column_points, meanings
from ingestion.connect.profiling.profile import ColumnProfile, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile


@dataclass(frozen=True)
class PaymentAttempts:
    """Sums over a table of payment attempts.

    Attributes:
        paid: sum of the payments made.
        refunded: sum of what was paid back; None without such rows.
        time: column with the time of a row, or None.
        described: columns of kind and status with the number of rows of each word.
    """

    paid: Summed
    refunded: Summed | None
    time: str | None
    described: str


def payment_attempts(profile: SourceProfile, total: Summed) -> PaymentAttempts | None:
    """Return the sums of a table of payments, or None where each row is a payment made."""
    table = profile.tables[total.table]
    kind = _column(table, "kind", {"refund", "attempt"})
    status = _column(table, "status", {"failed"}, other_than=kind)
    if kind is None and status is None:
        return None
    made = ((status.name, _words(status, "status", "made")),) if status else ()
    paid, refunded = replace(total, kept=made), None
    if kind:
        # Of an authorisation and its capture only the capture is a payment.
        paid = replace(total, kept=((kind.name, _words(kind, "kind", "payment")), *made))
        words = _words(kind, "kind", "refund")
        refunded = replace(total, kept=((kind.name, words), *made)) if words else None
    columns = [each for each in (kind, status) if each]
    return PaymentAttempts(
        paid,
        refunded,
        _time(table),
        " and ".join(f"{each.name} ({counted_words(each)})" for each in columns),
    )


def _column(
    table: TableProfile, field: str, values: set[str], other_than: ColumnProfile | None = None
) -> ColumnProfile | None:
    """Return the column of kinds or states of payments, if it has one of the values."""
    for column in table.columns.values():
        if column is other_than:
            continue
        points = column_points("payments", field, column.name, table.name)[0]
        known = meanings(f"payments.{field}")
        if points >= NAMED and values & {known.get(normalised(word)) for word in column.words}:
            return column
    return None


def _words(column: ColumnProfile, field: str, value: str) -> tuple[str, ...]:
    known = meanings(f"payments.{field}")
    words = [word.lower() for word in column.words if known.get(normalised(word)) == value]
    return tuple(dict.fromkeys(words))


def _time(table: TableProfile) -> str | None:
    for column in table.columns.values():
        points = column_points("payments", "paid_at", column.name, table.name)[0]
        if points >= NAMED and column.is_time:
            return column.name
    return None
