"""High-water mark of a resource: the latest time in its own records."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from deployment.source_config.rest import Incremental
from ingestion.apis.paging import ABSENT, member
from ingestion.errors import SourceError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Mark:
    """The latest time in the records, beginning at the stored mark.

    A time in the future counts as now; otherwise it would hide all changes until that time.
    """

    def __init__(
        self, where: str, config: Incremental, remembered: str | None, now: datetime
    ) -> None:
        """Begin at the mark stored by the last extraction, None before the first."""
        self._where = where
        self._config = config
        self._now = now
        self._latest = None if remembered is None else datetime.fromisoformat(remembered)
        self._seen = 0
        self._told = 0

    def see(self, record: dict[str, Any]) -> None:
        """Raise the mark to a record's time; a record without a time leaves it.

        Raises:
            SourceError: the field has a value that is no time.
        """
        self._seen += 1
        value = member(record, self._config.field)
        if value is ABSENT or value is None or value == "":
            return
        try:
            moment = _moment(value, self._config.format)
        except (ValueError, TypeError, OverflowError):
            moment = None
        if moment is None:
            raise SourceError(
                f"{self._where}: incremental.field {self._config.field} has a value that is no"
                f" {self._config.format} time: correct incremental.format"
            )
        self._told += 1
        moment = min(moment, self._now)
        self._latest = moment if self._latest is None else max(self._latest, moment)

    def remembered(self) -> str | None:
        """The mark to store for the next extraction; None if no record ever had a time.

        Raises:
            SourceError: there were records, and none had the field.
        """
        if self._seen and not self._told:
            raise SourceError(
                f"{self._where}: no record has the field {self._config.field}, which dates changes:"
                " correct incremental.field"
            )
        return None if self._latest is None else self._latest.isoformat()

    def parameter(self) -> str | None:
        """Value of the request parameter: the mark less the look-back; None for all records."""
        if self._latest is None:
            return None
        since = self._latest - timedelta(hours=self._config.look_back_hours)
        seconds = math.floor((since - _EPOCH).total_seconds())
        if self._config.format == "epoch":
            return str(seconds)
        if self._config.format == "epoch_ms":
            return str(seconds * 1000)
        if self._config.format == "date":
            return since.date().isoformat()
        return f"{since.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _moment(value: Any, form: str) -> datetime:
    """The moment of a value; a time without a zone is in UTC.

    Raises:
        ValueError: the value is no time, or is outside the calendar.
    """
    if form in ("epoch", "epoch_ms"):
        if isinstance(value, bool):
            raise ValueError("no time")
        seconds = float(value) / (1000 if form == "epoch_ms" else 1)
        return _EPOCH + timedelta(seconds=seconds)
    moment = datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
