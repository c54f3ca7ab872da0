"""Quoting of names and texts for DuckDB statements that cannot take parameters."""

from __future__ import annotations


def identifier(*parts: str) -> str:
    """A quoted, dotted name: `identifier("raw_shop", "orders")` is `"raw_shop"."orders"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A quoted string literal."""
    return "'" + text.replace("'", "''") + "'"
