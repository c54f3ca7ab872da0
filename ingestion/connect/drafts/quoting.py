"""Quoting of source names and texts for SQL, dbt's Jinja, comments and YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from ingestion.connect.jinja_text import jinja_literal
from warehouse.quoting import identifier

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BREAKS = re.compile("[\n\r\x85\u2028\u2029]")
_JINJA = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
# Text that needs no quotes in braces or brackets, unless it reads as a number or a boolean.
_WORDS = re.compile(r"[A-Za-z_][\w .-]*")


def column_sql(name: str, keywords: frozenset[str]) -> str:
    """Return a column's name in SQL: bare lower case where possible, else quoted."""
    if _PLAIN.fullmatch(name) and name.casefold() not in keywords:
        return name.lower()
    return identifier(name)


def dbt_text(sql: str) -> str:
    """Return SQL that dbt's Jinja leaves unchanged."""
    return f"{{{{ {jinja_literal(sql)} }}}}" if _JINJA.search(sql) else sql


def comment_text(text: str) -> str:
    """Return a text on one line that ends no comment and starts no template."""
    return re.sub(r"\s+", " ", text).replace("{", "(").replace("}", ")")


def yaml_text(text: str) -> str:
    """Return a text as a YAML value or list item, quoted only where necessary."""
    # PyYAML loses these characters in plain and in single-quoted scalars.
    if _BREAKS.search(text):
        return _yaml_quoted(text)
    written: str = yaml.safe_dump(text, allow_unicode=True, width=float("inf"))
    return written.removesuffix("\n").removesuffix("\n...")


def dbt_yaml_text(text: str) -> str:
    """Return a text as a value in a YAML file of dbt, which renders every value as a template."""
    return yaml_text(_JINJA.sub(lambda found: f"{{{{ '{found.group()}' }}}}", text))


def yaml_value(value: Any) -> str:
    """Return a text, number, list or mapping as a YAML value on one line."""
    if isinstance(value, str):
        needs_quotes = set(value) & set(",{}[]*") and "$" not in value
        return _yaml_quoted(value) if needs_quotes else yaml_text(value)
    return _flow(value)


def _flow(value: Any) -> str:
    """Return a value for braces or brackets, in which commas and brackets need quotes."""
    if isinstance(value, Mapping):
        pairs = (f"{_flow(str(key))}: {_flow(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    is_plain = _WORDS.fullmatch(value) is not None and yaml_text(value) == value
    return value if is_plain else _yaml_quoted(value)


def _yaml_quoted(text: str) -> str:
    written: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return written.removesuffix("\n")
