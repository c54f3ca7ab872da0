"""Names of a source as SQL, Jinja and YAML can hold them, whatever characters they have."""

from __future__ import annotations

import re

import yaml

from warehouse.quoting import identifier

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BREAKS = re.compile("[\n\r\x85\u2028\u2029]")
_JINJA = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")


def column_sql(name: str, keywords: frozenset[str]) -> str:
    """A column's name for SQL: bare and in lower case where that is the same, else quoted."""
    if _PLAIN.fullmatch(name) and name.casefold() not in keywords:
        return name.lower()
    return identifier(name)


def in_template(sql: str) -> str:
    """SQL as a template has to write it so that Jinja leaves it as it is."""
    return f"{{{{ {jinja_literal(sql)} }}}}" if _JINJA.search(sql) else sql


def jinja_literal(text: str) -> str:
    """A text within an expression of a template."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"


def in_comment(text: str) -> str:
    """A text on one line that ends no comment and starts no template."""
    return re.sub(r"\s+", " ", text).replace("{", "(").replace("}", ")")


def yaml_scalar(text: str) -> str:
    """A text as a value or list item in YAML, quoted where it would be read as something else."""
    if re.fullmatch(r"\$\{\w+\}[\w./-]*", text):
        return text
    if _BREAKS.search(text):  # which only double quotes keep as they are
        return yaml_quoted(text)
    written: str = yaml.safe_dump(
        text, default_flow_style=True, allow_unicode=True, width=float("inf")
    )
    return written.removesuffix("\n").removesuffix("\n...")


def yaml_quoted(text: str) -> str:
    """A text in YAML that is the same wherever it stands."""
    written: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return written.removesuffix("\n")


def yaml_for_dbt(text: str) -> str:
    """The same for a file of dbt, which takes every text for a template."""
    return yaml_scalar(_JINJA.sub(lambda found: f"{{{{ '{found.group()}' }}}}", text))
