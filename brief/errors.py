"""Failures of the brief that are known, with their remedy."""

from deployment.errors import HoldfastError


class BriefError(HoldfastError):
    """The brief cannot be shown, printed or sent; the text names the remedy."""
