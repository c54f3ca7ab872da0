"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: ok; warning, a run goes on all the same; error, a run will fail.
        subject: what was looked at.
        message: what was found.
        remedy: what to do, empty if nothing.
    """

    level: Literal["ok", "warning", "error"]
    subject: str
    message: str
    remedy: str = ""
