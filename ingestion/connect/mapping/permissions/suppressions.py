"""Suppression lists: a table of people who must not be contacted or not be profiled."""

from __future__ import annotations

from collections.abc import Collection

from ingestion.connect.mapping.permissions.word_matches import (
    from_words,
    unknown_question,
    word_column,
)
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    Constant,
    EntityProposal,
    Evidence,
    FromColumn,
    FromWords,
)
from ingestion.connect.mapping.shapes.by_shape import Columns
from ingestion.connect.mapping.value_questions import counted_words
from ingestion.connect.profiling.names import ENDING, column_points, table_points
from ingestion.connect.profiling.profile import DECIMAL, ColumnProfile, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile

_POINTS = 8.0
_SCOPES = ("suppressions.scope",)
# Words that are a scope only in a column that is named as one.
_NAMED_SCOPES = (*_SCOPES, "suppressions.named_scope")
_REASONS, _CHANNELS = ("suppressions.reason",), ("contact.channel",)
_PEOPLE = ("source_customer_id", "email", "phone")
# An entry has who, why and when; a wider table is about something else.
_MOST_COLUMNS = 8
_LEAST_KNOWN = 0.9


def suppressions(
    profile: SourceProfile, taken: Collection[str], columns: Columns
) -> EntityProposal | None:
    """Return the entries of the first table that names people with a scope or such reasons.

    Args:
        profile: the source.
        taken: tables that are entities.
        columns: matches the columns of a table with those of an entity by their names.
    """
    for table in profile.tables.values():
        if table.name in taken or _is_of_another_entity(table):
            continue
        scope = _scope_column(table)
        reason = word_column(table, _REASONS, least=_LEAST_KNOWN)
        points, like = table_points("suppressions", table.name)
        if scope is None and reason is None and points < ENDING:
            continue
        named = columns("suppressions", table)
        if all(named[name].value is None for name in _PEOPLE):
            continue
        return _suppressions(table, named, scope, reason, like if points >= ENDING else "")
    return None


def _scope_column(table: TableProfile) -> ColumnProfile | None:
    """Return the column of scopes: by words of which each is a scope, or by its name too."""
    if (found := word_column(table, _SCOPES, least=_LEAST_KNOWN)) is not None:
        return found
    found = word_column(table, _NAMED_SCOPES)
    if found and column_points("suppressions", "scope", found.name, table.name)[0] >= ENDING:
        return found
    return None


def _is_of_another_entity(table: TableProfile) -> bool:
    """Return whether a table has amounts, many columns, or names of its people."""
    return (
        len(table.columns) > _MOST_COLUMNS
        or table_points("customers", table.name)[0]
        >= max(ENDING, table_points("suppressions", table.name)[0])
        or any(
            column.fits == DECIMAL
            or column_points("customers", "full_name", column.name, table.name)[0] >= ENDING
            for column in table.columns.values()
        )
    )


def _suppressions(
    table: TableProfile,
    named: dict[str, ColumnProposal],
    scope: ColumnProfile | None,
    reason: ColumnProfile | None,
    like: str,
) -> EntityProposal:
    found = dict(named)
    found["scope"] = _scope(table, scope, reason)
    channel = word_column(table, _CHANNELS, (scope.name,) if scope else ())
    if channel is not None:
        words, words_evidence = from_words(channel, _CHANNELS)
        found["channel"] = ColumnProposal("channel", words, (words_evidence,))
    if found["suppressed_at"].value is None:
        found["suppressed_at"] = _suppressed_at(table, found)
    evidence = [Evidence(_POINTS / 2, each.reason) for each in found["scope"].evidence]
    if like:
        evidence.append(Evidence(_POINTS / 2, f"the table's name {table.name} matches {like}"))
    return EntityProposal("suppressions", table.name, _POINTS, tuple(evidence), found)


def _scope(
    table: TableProfile, scope: ColumnProfile | None, reason: ColumnProfile | None
) -> ColumnProposal:
    if scope is not None:
        words, evidence = from_words(scope, _NAMED_SCOPES)
        until = "Their rows are rejected until each is listed as contact or profile"
        questions = unknown_question(scope, _NAMED_SCOPES, until)
        return ColumnProposal("scope", words, (evidence,), questions)
    listed = f" ({counted_words(reason)})" if reason is not None else ""
    question = (
        f"does each row of {table.name}{listed} mean that the person is never contacted (contact),"
        " or also never profiled (profile)?"
    )
    seen = (Evidence(3.0, f"{reason.name} has reasons of suppression{listed}"),) if reason else ()
    return ColumnProposal("scope", Constant("'contact'"), seen, (question,))


def _suppressed_at(table: TableProfile, found: dict[str, ColumnProposal]) -> ColumnProposal:
    """Return the begin of an entry: the first time of the table that nothing else is read from."""
    taken = {
        each.value.column
        for each in found.values()
        if isinstance(each.value, FromColumn | FromWords)
    }
    for column in table.columns.values():
        if column.is_time and column.name not in taken:
            question = f"does an entry of {table.name} hold from {column.name} on?"
            evidence = Evidence(1.0, "its values are times")
            return ColumnProposal(
                "suppressed_at", FromColumn(column.name), (evidence,), (question,)
            )
    return ColumnProposal("suppressed_at")
