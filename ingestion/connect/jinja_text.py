"""Texts in Jinja, the template language of dbt."""

from __future__ import annotations


def jinja_literal(text: str) -> str:
    """Return a text as a string literal of Jinja."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"
