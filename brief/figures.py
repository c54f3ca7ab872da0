"""Figures as HTML: each carries the query, row and column from which it comes.

A figure is an element with `data-query`, `data-column` and, where the query has several rows,
`data-row` (the row's key). Its exact value is in `value` or `datetime`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from brief.facts import Row
from brief.formats import UNKNOWN, Formats
from brief.words import Words

_DATES = ("day", "short_day", "month", "month_name")


@dataclass(frozen=True)
class Figures:
    """Writes the cells of rows in the formats and words of a language."""

    formats: Formats
    words: Words

    def figure(self, row: Row, column: str, form: str = "count") -> Markup:
        """A cell in a form of `Formats.shown`."""
        value = row[column]
        source = Markup(' data-query="{}" data-column="{}" title="{}"').format(
            row.query, column, f"{row.query}.{column}"
        )
        if row.key:
            source += Markup(' data-row="{}"').format(row.key)
        if value is None:
            return Markup(
                '<data value=""{}><span aria-hidden="true">{}</span>'
                '<span class="hidden">{}</span></data>'
            ).format(source, UNKNOWN, self.words.text("unknown"))
        shown = self.formats.shown(value, form)
        if form in _DATES:
            return Markup('<time datetime="{}"{}>{}</time>').format(exact(value), source, shown)
        if form == "text":
            return Markup("<span{}>{}</span>").format(source, shown)
        return Markup('<data value="{}"{}>{}</data>').format(exact(value), source, shown)

    def setting(self, name: str, value: int) -> Markup:
        """A number of the configuration."""
        return Markup('<data value="{}" data-setting="{}" title="{}">{}</data>').format(
            value, name, name, self.formats.shown(value, "count")
        )

    def share(self, name: str, value: float) -> Markup:
        """A number that is part of a definition, such as the level of an interval."""
        return Markup('<data value="{}" data-definition="{}">{}</data>').format(
            value, name, self.formats.shown(value, "share")
        )

    def months(self, row: Row, first: str, last: str) -> Markup:
        """Two months of a row as a span of time, such as October to December 2025."""
        forms = {"first": "month", "last": "month"}
        if row[first].year == row[last].year:
            # The year is written once: at the end in English, at the beginning in Chinese.
            forms["last" if self.formats.language == "zh" else "first"] = "month_name"
        return self.words.text(
            "months",
            first=self.figure(row, first, forms["first"]),
            last=self.figure(row, last, forms["last"]),
        )

    def sentence(self, row: Row, column: str) -> Markup:
        """A sentence of the published file, with a full stop in the language."""
        stop = "。" if self.formats.language == "zh" else "."
        return self.figure(row, column, "text") + ("" if row[column] is None else escape(stop))


def exact(value: Any) -> str:
    """A value without loss, as it stands in the attribute of its figure."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
