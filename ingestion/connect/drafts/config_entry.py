"""The source's entry in the deployment's configuration, and a configuration where none is yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from ingestion.connect.drafts.jinja_text import in_comment, yaml_quoted, yaml_scalar
from ingestion.connect.drafts.todo import MARKER
from ingestion.connect.errors import ConnectError
from ingestion.connect.mapping.guesses import Proposal
from ingestion.connect.origins.offered import Offer
from ingestion.connect.profiling.names import EXACT, column_points
from ingestion.connect.profiling.profile import TableProfile

_SOURCES = re.compile(r"^sources:\s*(#.*)?$")
_LINE = 100
# Text that is the same within brackets as in a line of its own, if it is no number or truth.
_WORDS = re.compile(r"[A-Za-z_][\w .-]*")


def source_entry(name: str, offer: Offer, proposal: Proposal) -> str:
    """The entry below `sources:`, indented by two."""
    lines = [f"  {name}:", f"    kind: {offer.kind}"]
    lines += [f"    {key}: {_written(value)}" for key, value in offer.entry.items()]
    lines.append("    stale_after_days: 2")
    if _has_wall_clocks(proposal):
        lines.append(
            f"    # {MARKER}: its times tell no offset, and are taken for wall clocks of time_zone"
        )
    lines.append("    tables:")
    for table in proposal.findings.tables.values():
        lines += _table(table, proposal)
    return "\n".join(lines) + "\n"


def new_config(name: str, proposal: Proposal, entry: str) -> str:
    """A whole configuration around the entry of its first source."""
    first, last = _span(proposal)
    entities = {guess.entity for guess in proposal.entities}
    is_contractual = "orders" not in entities and "subscriptions" in entities
    churn = (
        "{kind: contractual, horizon_days: 90}"
        if is_contractual
        else "{kind: non_contractual, horizon_days: 90, eligible_days: 180}"
    )
    settled = [
        ("company", yaml_scalar(name.replace("_", " ").title()), "what people call it"),
        ("slug", name, ""),
        ("time_zone", "UTC", "whose wall clocks the times are, such as America/Sao_Paulo"),
        ("currency", "EUR", "the currency of the amounts"),
        ("default_country", "DE", "of phone numbers without a country code"),
        ("language", "en", ""),
        ("first_date", f"{first:%Y-%m-%d}" if first else "2020-01-01", ""),
    ]
    if last:
        settled.append(("last_date", f"{last:%Y-%m-%d}", "take it out where data keeps coming"))
    settled += [
        ("churn", churn, "when has a customer left? See docs/connect_your_data.md"),
        ("owner", "data-team@example.com", "who is to be asked"),
    ]
    lines = []
    for key, value, question in settled:
        line = f"{key}: {value}"
        lines.append(f"{line:<30} # {MARKER}: {question}" if question else line)
    return "\n".join([*lines, "sources:", entry])


def with_entry(path: Path, text: str, name: str, entry: str) -> str | None:
    """The configuration's text with the entry behind its other sources; None if it has it.

    Nothing else of the text changes, comments included.

    Raises:
        ConnectError: there is no block `sources:` that lines could be added to.
    """
    known = _parsed(path, text)
    if name in known.get("sources", {}):
        return None
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if _SOURCES.match(line.rstrip())), None)
    if start is None:
        raise ConnectError(
            f"{path}: expected a line `sources:` with the sources below it, indented by two:"
            " write it, or name another file with --config"
        )
    end = start + 1
    for at in range(start + 1, len(lines)):
        if re.match(r"\S", lines[at]) and not lines[at].startswith("#"):
            break
        if lines[at].strip() and not lines[at].startswith("#"):
            end = at + 1
    if lines and not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    extended = "".join([*lines[:end], entry, *lines[end:]])
    found = _parsed(path, extended)
    sources = dict(found.get("sources") or {})
    sources.pop(name, None)
    if {**found, "sources": sources} != {**known, "sources": known.get("sources") or {}}:
        raise ConnectError(
            f"{path}: its sources are not written as lines indented by two: add the entry yourself,"
            f" or name another file with --config"
        )
    return extended


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        content = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        raise ConnectError(f"{path}: expected valid YAML: run holdfast doctor") from None
    if not isinstance(content, dict):
        raise ConnectError(f"{path}: expected keys such as company and sources")
    return content


def _table(table: TableProfile, proposal: Proposal) -> list[str]:
    lines = [f"      {table.name}:"]
    lines += [f"        # {MARKER}: {in_comment(doubt)}" for doubt in table.table.doubts]
    lines += [f"        {key}: {_written(value)}" for key, value in table.table.entry.items()]
    lines += _list("columns", list(table.columns))
    key = proposal.findings.keys[table.name]
    guesses = proposal.of_table(table.name)
    if key.repeats:
        other = f"; {' and '.join(key.others[0])} together repeat none" if key.others else ""
        question = (
            f"{key.repeats} of {table.rows:,} rows repeat or lack it, and of rows with one key the"
            f" newest counts{other}"
        )
        lines.append(f"        # {MARKER}: {in_comment(question)}")
    if key.columns:
        lines += _list("key", list(key.columns))
    elif guesses:
        lines.append(
            f"        # {MARKER}: no column and no two tell its rows apart: which are key?"
        )
    cursor = _cursor(table) if "path" not in table.table.entry else None
    if cursor:
        lines.append(f"        # {MARKER}: does it rise with every change of a row?")
        lines.append(f"        cursor: {yaml_scalar(cursor)}")
    if guesses:
        lines += _list("provides", [guess.entity for guess in guesses])
    return lines


def _cursor(table: TableProfile) -> str | None:
    """The column that says when a row was changed last."""
    for column in table.columns.values():
        points, _ = column_points("customers", "updated_at", column.name, table.name)
        if points >= EXACT - 0.25 and column.is_time and column.is_complete:
            return column.name
    return None


def _has_wall_clocks(proposal: Proposal) -> bool:
    return any(
        column.is_time and not column.has_zone
        for guess in proposal.entities
        for column in proposal.findings.tables[guess.table].columns.values()
    )


def _span(proposal: Proposal) -> tuple[datetime | None, datetime | None]:
    """First and last time of the orders, else of the subscriptions; None without either."""
    for entity, field in (("orders", "ordered_at"), ("subscriptions", "started_at")):
        for guess in proposal.entities:
            if guess.entity == entity:
                value = guess.fields[field].value
                column = proposal.findings.tables[guess.table].columns.get(
                    getattr(value, "column", "")
                )
                if column is not None:
                    return column.first, column.last
    return None, None


def _list(key: str, items: list[str]) -> list[str]:
    short = f"        {key}: {_within(items)}"
    if len(short) <= _LINE:
        return [short]
    return [f"        {key}:", *(f"          - {yaml_scalar(item)}" for item in items)]


def _written(value: Any) -> str:
    """A value in a line of its own."""
    if isinstance(value, str):
        needs_quotes = set(value) & set(",{}[]*") and "$" not in value
        return yaml_quoted(value) if needs_quotes else yaml_scalar(value)
    return _within(value)


def _within(value: Any) -> str:
    """A value within braces or brackets, which a comma or a bracket of its own would end."""
    if isinstance(value, Mapping):
        pairs = (f"{_within(str(key))}: {_within(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_within, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    is_plain = _WORDS.fullmatch(value) is not None and yaml_scalar(value) == value
    return value if is_plain else yaml_quoted(value)
