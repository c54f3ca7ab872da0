"""Failures of Spark."""

from __future__ import annotations

from deployment.errors import HoldfastError


class SparkError(HoldfastError):
    """Spark cannot start, or could not build a model."""
