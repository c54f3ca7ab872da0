"""The root of Holdfast's own exceptions: known failures, shown without a trace."""

from __future__ import annotations


class HoldfastError(Exception):
    """A known failure: the text says what happened, where, and what to do.

    The text quotes no row values and no secrets. The command line prints it and ends with 1; a
    step fails with it. Code that reacts to a failure catches a subclass and never reads the text.
    """
