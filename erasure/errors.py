"""Errors of an erasure."""

from __future__ import annotations

from deployment.errors import HoldfastError


class ErasureError(HoldfastError):
    """An erasure cannot begin, or has to be finished first; the text says what to do."""


class NobodyError(ErasureError):
    """Nothing in the home has the id or the address."""
