"""A fault of a deployment: a state that a person should know of, until it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """A state that a person should know of.

    Attributes:
        key: kind and subject, the same for as long as the fault lasts: `stale_source:crm`.
        severity: error if a day is not published or will not be, warning otherwise.
        text: one sentence, composed of names of the configuration, dates and figures of the
            company. It quotes no message of a source or a library, which may have personal data.
        remedy: what to do, a command where one does it.
    """

    key: str
    severity: Literal["error", "warning"]
    text: str
    remedy: str

    @property
    def kind(self) -> str:
        """The key without its subject."""
        return self.key.partition(":")[0]
