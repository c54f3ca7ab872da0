"""Markdown from templates and tables, with the markup characters of data escaped.

Every string that a template prints is escaped, as HTML is by Jinja's `autoescape`: a template
needs no filter for that, and cannot forget it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import isnan
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ml.metrics.intervals import Interval

# A path and no package name: the folder `ml` is also copied beside each stored model.
TEMPLATES = Path(__file__).with_name("templates")
ABSENT = "–"
_MARKUP = re.compile(r"([\\`*\[\]<>|])")
_EMPTY_LINES = re.compile(r"\n{3,}")


def render_markdown(template: str, **values: object) -> str:
    """Markdown of a template in `ml/cards/templates`, with one empty line between blocks.

    Args:
        template: the file's name.
        values: the names that the template uses; it may print strings, numbers and dates.

    Raises:
        jinja2.UndefinedError: the template uses a name or an attribute that is not there.
    """
    return _EMPTY_LINES.sub("\n\n", _ENVIRONMENT.get_template(template).render(values))


def escape(text: str) -> str:
    """Text from data, such as a plan's name, on one line and without active markup characters."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def number(value: float | None, form: str) -> str:
    """A figure in a format such as `.3f`; a dash where it is None or NaN."""
    return ABSENT if value is None or isnan(value) else format(value, form)


def between(interval: Interval | None, form: str, times: int = 1) -> str:
    """Both ends of an interval, such as `0.71 to 0.75`; a dash where one is not known.

    Args:
        interval: the interval; None where there is none.
        form: the format of an end, such as `.3f`.
        times: factor of both ends, such as 100 for percentage points.
    """
    if interval is None or isnan(interval.low + interval.high):
        return ABSENT
    return f"{times * interval.low:{form}} to {times * interval.high:{form}}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already, each row in the order of the header."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _escaped(value: object) -> object:
    """A template's printed value: a string escaped, everything else as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return Markup(escape(value))
    return value


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        # With it a macro's result is `Markup`, and not escaped twice.
        autoescape=True,
        finalize=_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": number, "between": between}
    return environment


_ENVIRONMENT = _environment()
