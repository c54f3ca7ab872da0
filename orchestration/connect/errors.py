"""What goes wrong while a source is being connected."""

from __future__ import annotations

from orchestration.plain_error import PlainError


class ConnectError(PlainError):
    """The source cannot be connected."""
