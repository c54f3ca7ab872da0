"""What goes wrong while a source is being connected."""

from __future__ import annotations


class ConnectError(RuntimeError):
    """The source cannot be connected; the text says what is wrong, where, and what to do.

    It never quotes a row's value nor a secret.
    """
