"""Errors of the translation to Spark SQL."""

from __future__ import annotations


class UnsupportedConstructError(ValueError):
    """A construct of DuckDB's SQL for which no translation with the same result is known.

    Attributes:
        construct: its name, such as a function's.
    """

    def __init__(self, construct: str, reason: str) -> None:
        """Name the construct and the reason why it is refused."""
        super().__init__(f"{construct}: {reason}. Rewrite it, or let DuckDB build the model.")
        self.construct = construct
