"""The finding: the result of one check of `holdfast doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        level: ok; warning, a run succeeds all the same; error, a run fails.
        subject: the thing checked, such as a source or a table.
        message: the condition found.
        remedy: the action to take; empty for none.
    """

    level: Literal["ok", "warning", "error"]
    subject: str
    message: str
    remedy: str = ""
