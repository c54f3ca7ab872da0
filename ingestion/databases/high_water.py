"""High-water mark of a table: the highest cursor value read, stored as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from deployment.source_config import SqlTable
from ingestion.databases.snapshot import Column

Value = int | str | date | datetime

# Types of a cursor in the raw table. In SQLite, whose times are text, a text may be a cursor too.
_NUMBERS = ("SMALLINT", "INTEGER", "BIGINT", "UBIGINT")
_TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "DATE": sa.Date(),
    "TIMESTAMP": sa.DateTime(),
    "TIMESTAMP WITH TIME ZONE": sa.DateTime(timezone=True),
}


def can_rise(column: Column) -> bool:
    """True if a column may be a cursor."""
    return column.kind in (*_NUMBERS, *_TIMES) or column.is_time_as_text


@dataclass(frozen=True)
class HighWater:
    """The highest value of a cursor that was read."""

    column: Column
    value: Value

    @classmethod
    def read(cls, column: Column, text: str) -> HighWater:
        """Parse the text of `written`."""
        if column.kind in _NUMBERS:
            return cls(column, int(text))
        if column.kind == "DATE":
            return cls(column, date.fromisoformat(text))
        if column.kind in _TIMES:
            return cls(column, datetime.fromisoformat(text))
        return cls(column, text)

    @property
    def written(self) -> str:
        """As text, without loss."""
        if isinstance(self.value, datetime) and self.value.tzinfo is not None:
            return self.value.astimezone(UTC).isoformat()
        return self.value.isoformat() if isinstance(self.value, date) else str(self.value)

    def wanted(self, table: SqlTable) -> sa.ColumnElement[bool]:
        """Condition of the rows to be read next, those without a cursor among them."""
        column: sa.ColumnElement[Any] = sa.column(self.column.name)
        lowest = self._lowest(table)
        kind = _TYPES.get(self.column.kind)
        bound = sa.literal(lowest) if kind is None else sa.literal(lowest, kind)
        return sa.or_(column >= bound, column.is_(None))

    def _lowest(self, table: SqlTable) -> Value:
        if isinstance(self.value, int):
            return self.value - table.look_back_steps
        hours = timedelta(hours=table.look_back_hours)
        if isinstance(self.value, str):
            return _before_in_text(self.value, hours)
        if isinstance(self.value, datetime):
            return _before(self.value, hours)
        # A day is one with all of its hours.
        return _before(datetime.combine(self.value, datetime.min.time()), hours).date()


def _before(moment: datetime, look_back: timedelta) -> datetime:
    try:
        return moment - look_back
    except OverflowError:
        return datetime.min.replace(tzinfo=moment.tzinfo)


def _before_in_text(text: str, look_back: timedelta) -> str:
    """The same for a time in text, which is compared as text: with its own T or blank.

    Without fractions of a second and without a zone, it stands before every longer way to write
    the same second. What cannot be read as a time has no look-back.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) == len("2026-01-01"):
        return _before(moment, look_back).date().isoformat()
    lowest = _before(moment.replace(tzinfo=None), look_back)
    return lowest.isoformat(sep="T" if "T" in text else " ", timespec="seconds")
