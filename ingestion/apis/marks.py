"""How far a resource has been read: the latest time that its own records tell."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from deployment.source_config.rest import Incremental
from ingestion.apis.paging import ABSENT, member
from ingestion.errors import SourceError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Mark:
    """The latest time in the records, from what was remembered on.

    A record of the future moves it no further than to now: it would hide all that changes until
    then.
    """

    def __init__(
        self, where: str, config: Incremental, remembered: str | None, now: datetime
    ) -> None:
        """Begin at what the last extraction remembered, None before the first."""
        self._where = where
        self._config = config
        self._now = now
        self._latest = None if remembered is None else datetime.fromisoformat(remembered)
        self._seen = 0
        self._told = 0

    def see(self, record: dict[str, Any]) -> None:
        """Take note of a record's time; one that has none moves nothing.

        Raises:
            SourceError: what is there is no time.
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
                f"{self._where}: incremental.field {self._config.field} holds what is no"
                f" {self._config.format} time: correct incremental.format"
            )
        self._told += 1
        moment = min(moment, self._now)
        self._latest = moment if self._latest is None else max(self._latest, moment)

    def remembered(self) -> str | None:
        """What to remember for the next extraction; None if no record has ever told a time.

        Raises:
            SourceError: there were records, and not one had the field.
        """
        if self._seen and not self._told:
            raise SourceError(
                f"{self._where}: no record has the field {self._config.field}, by which is told"
                " what has changed: correct incremental.field"
            )
        return None if self._latest is None else self._latest.isoformat()

    def parameter(self) -> str | None:
        """What to ask for: changes since the mark less the look-back; None for everything."""
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
    """The moment that a value tells; a time without a zone is one of UTC.

    Raises:
        ValueError: it tells none, or one that no calendar has.
    """
    if form in ("epoch", "epoch_ms"):
        if isinstance(value, bool):
            raise ValueError("no time")
        seconds = float(value) / (1000 if form == "epoch_ms" else 1)
        return _EPOCH + timedelta(seconds=seconds)
    moment = datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
