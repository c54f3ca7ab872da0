"""Config entry of a source, and a new configuration around its first entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ingestion.connect.drafts.column_expressions import has_local_times
from ingestion.connect.drafts.templates import rendered
from ingestion.connect.mapping.proposal import EntityProposal, FromColumn, Proposal
from ingestion.connect.mapping.shapes.dependencies import time_sql
from ingestion.connect.origins.catalog import Catalog
from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import TableProfile

_CODE = re.compile(r"[A-Za-z]{3}")
# Of a thousand rows one may have a mistaken year, which would make the history years longer.
_OUTLIER_SHARE = 0.001
_OUTLIER_GAP = timedelta(days=366)


def source_entry(name: str, catalog: Catalog, proposal: Proposal) -> str:
    """Return the entry below `sources:`, indented by two."""
    return rendered(
        "config_entry.yml",
        name=name,
        catalog=catalog,
        has_local_times=_has_local_times(proposal),
        tables=[_table(table, proposal) for table in proposal.profile.tables.values()],
    )


def new_config(name: str, proposal: Proposal, entry: str) -> str:
    """Return a whole configuration around the entry of its first source."""
    entities = {each.entity: each for each in proposal.entities}
    first, last, question = _span(proposal, entities)
    return rendered(
        "config.yml",
        company=name.replace("_", " ").title(),
        slug=name,
        first=first,
        last=last,
        span_question=question,
        currency=_currency(proposal),
        is_contractual="orders" not in entities and "subscriptions" in entities,
        entry=entry,
    )


def _currency(proposal: Proposal) -> str:
    """Return the most frequent currency of the orders, or of the subscriptions; EUR without one."""
    for entity in proposal.entities:
        value = entity.columns["currency"].value if "currency" in entity.columns else None
        if isinstance(value, FromColumn):
            words = proposal.profile.tables[entity.table].columns[value.column].words
            codes = [word.upper() for word in words if _CODE.fullmatch(word)]
            if codes:
                return codes[0]
    return "EUR"


def _table(table: TableProfile, proposal: Proposal) -> Mapping[str, Any]:
    key = proposal.profile.keys[table.name]
    provides = [each.entity for each in proposal.of_table(table.name)]
    questions = []
    if key.repeats:
        other = f"; {' and '.join(key.others[0])} together are unique" if key.others else ""
        questions.append(
            f"{key.repeats} of {table.rows:,} rows repeat or lack the key, and the newest row of a"
            f" key is kept{other}"
        )
    elif provides and not key.columns and table.name not in proposal.profile.first_rows:
        questions.append("no column and no pair of columns is unique: which are the key?")
    return {
        "name": table.name,
        "questions": table.table.questions,
        "entry": table.table.entry,
        "columns": list(table.columns),
        "key_questions": questions,
        "key": key.columns,
        "cursor": None if "path" in table.table.entry else _cursor(table),
        "provides": provides,
    }


def _cursor(table: TableProfile) -> str | None:
    """Return the column with the time of a row's last change, or None."""
    for column in table.columns.values():
        points, _ = column_points("customers", "updated_at", column.name, table.name)
        if points >= NAMED and column.is_time and column.is_complete:
            return column.name
    return None


def _has_local_times(proposal: Proposal) -> bool:
    return any(
        has_local_times(column)
        for entity in proposal.entities
        for column in proposal.profile.tables[entity.table].columns.values()
    )


def _span(
    proposal: Proposal, entities: Mapping[Any, EntityProposal]
) -> tuple[datetime | None, datetime | None, str | None]:
    """Return first and last time of the orders, else of any entity, and a question on outliers."""
    for name, column in (("orders", "ordered_at"), ("subscriptions", "started_at")):
        if name in entities:
            value = entities[name].columns[column].value
            if isinstance(value, FromColumn):
                table = proposal.profile.tables[entities[name].table]
                return _without_outliers(proposal, table, value.column)
    times = [
        column
        for entity in proposal.entities
        for column in proposal.profile.tables[entity.table].columns.values()
        if column.first and column.last
    ]
    firsts, lasts = [each.first for each in times], [each.last for each in times]
    return min(filter(None, firsts), default=None), max(filter(None, lasts), default=None), None


def _without_outliers(
    proposal: Proposal, table: TableProfile, name: str
) -> tuple[datetime | None, datetime | None, str | None]:
    """Return the first and last time of a column; a few rows long before the others are asked."""
    found = table.columns[name]
    time = time_sql(table, name)
    row = proposal.profile.con.execute(
        f"select quantile_disc(time, {_OUTLIER_SHARE}), quantile_disc(time, {1 - _OUTLIER_SHARE})"
        f" from (select {time} as time from {table.table.relation})"
        " where time between timestamp '1900-01-01' and timestamp '2200-01-01'"
    ).fetchone()
    first, last = found.first, found.last
    if row is None or row[0] is None or first is None or last is None:
        return first, last, None
    if table.table.is_sample and "path" not in table.table.entry:
        # The sample of a database has its first rows, and its data keeps arriving.
        return first, None, None
    outliers = []
    if row[0] - first > _OUTLIER_GAP:
        outliers.append(f"from {first:%Y-%m-%d}")
        first = row[0]
    if last - row[1] > _OUTLIER_GAP:
        outliers.append(f"up to {last:%Y-%m-%d}")
        last = row[1]
    question = f"a few rows are {' and '.join(outliers)}: are they mistakes?" if outliers else None
    return first, last, question
