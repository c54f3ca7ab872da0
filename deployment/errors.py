"""What is known to go wrong, so that whoever asked is told in plain words and shown no trace."""

from __future__ import annotations


class PlainError(Exception):
    """Its text is all that a person needs: what is wrong, where, and what to do.

    It never quotes a row's values nor a secret.
    """
