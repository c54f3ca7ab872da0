"""Jinja2 environment of the templates, with `[[ ]]` so that dbt's `{{ }}` stays readable."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from ingestion.connect.drafts.quoting import (
    comment_text,
    dbt_text,
    dbt_yaml_text,
    yaml_text,
    yaml_value,
)
from ingestion.connect.drafts.todo import MARKER
from ingestion.connect.jinja_text import jinja_literal
from warehouse.quoting import literal

_FOLDER = Path(__file__).with_name("templates")
_COMMENT_WIDTH = 98
_YAML_WIDTH = 100


def rendered(template: str, **context: Any) -> str:
    """Return the text of a template in `templates/`."""
    return _environment().get_template(template).render(context)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    environment.filters |= {
        "comment": comment_text,
        "dbt": dbt_text,
        "dbt_yaml": dbt_yaml_text,
        "jinja": jinja_literal,
        "literal": literal,
        "yaml": yaml_value,
        "yaml_text": yaml_text,
    }
    environment.globals |= {"marker": MARKER, "todos": _todos, "sql_comment": _sql_comment}
    environment.globals["names"] = _names
    return environment


def _todos(questions: Iterable[str], indent: int = 0) -> str:
    """Return SQL comments with the marker in the first line of each, a line break behind each."""
    return "".join(_sql_comment(f"{MARKER}: {question}", indent) for question in questions)


def _sql_comment(text: str, indent: int) -> str:
    margin = " " * indent
    lines = textwrap.wrap(
        comment_text(text),
        _COMMENT_WIDTH,
        initial_indent=f"{margin}-- ",
        subsequent_indent=f"{margin}-- ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "".join(f"{line}\n" for line in lines)


def _names(key: str, names: Sequence[str]) -> str:
    """Return a list in a table's config entry, on one line if it is short enough."""
    short = f"        {key}: {yaml_value(list(names))}"
    if len(short) <= _YAML_WIDTH:
        return short
    return "\n".join([f"        {key}:", *(f"          - {yaml_text(name)}" for name in names)])
