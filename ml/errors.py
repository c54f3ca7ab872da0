"""The root of the exceptions of `ml`, which knows no other package."""

from __future__ import annotations


class ModelError(ValueError):
    """A known failure of a model: the text says what is missing or wrong, and what to do."""
