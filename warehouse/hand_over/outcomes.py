"""Outcomes of deliveries, as every destination reports them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Outcome:
    """Result of handing one decision to a destination.

    Attributes:
        decision_id: the decision.
        attempts: requests that were sent, 0 if the destination was not asked any more.
        error: reason for which it was not taken, without personal data and secrets; None if it was.
    """

    decision_id: str
    attempts: int
    error: str | None = None


class Destination(Protocol):
    """A receiver of actions."""

    @property
    def name(self) -> str:
        """Name of the destination in `ops.handed_over`."""
        ...

    def send(self, actions: pa.Table) -> Iterator[list[Outcome]]:
        """Hand actions over; yield the outcomes of each batch before the next one is sent.

        Args:
            actions: actions that the destination has not taken, in the order of sending.
        """
        ...

    def withdraw(self, decision_ids: Sequence[str]) -> str | None:
        """Take back decisions that must not be carried out; return the reason if that failed."""
        ...
