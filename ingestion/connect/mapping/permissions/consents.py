"""Consents: a table with a row for each answer of a customer, by purpose or channel."""

from __future__ import annotations

from collections.abc import Collection

from ingestion.connect.mapping.column_evidence import fits_kind
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
)
from ingestion.connect.mapping.shapes.by_shape import Columns
from ingestion.connect.profiling.entities import FLAG
from ingestion.connect.profiling.names import ENDING, column_points, table_points
from ingestion.connect.profiling.profile import DECIMAL, ColumnProfile, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile

_POINTS = 9.0
_ANSWERS, _NAMED_ANSWERS = ("consents.is_granted",), ("consents.is_granted", "consents.answer")
_PURPOSES, _CHANNELS = ("consents.purpose",), ("contact.channel",)
# Answers have no other words; a log of events has.
_LEAST_ANSWERS = 0.95
_UNTIL = (
    "Their rows are rejected, and customers who did not say yes in one are not contacted, until"
    " each is listed as"
)


def consents(
    profile: SourceProfile, taken: Collection[str], columns: Columns
) -> EntityProposal | None:
    """Return the consents of the first table that has an answer with its purpose or channel.

    Args:
        profile: the source.
        taken: tables that are entities.
        columns: matches the columns of a table with those of an entity by their names.
    """
    for table in profile.tables.values():
        if table.name in taken or _is_of_another_entity(profile, table):
            continue
        answer = _answer(table)
        named = columns("consents", table)
        has_person = named["source_customer_id"].value is not None
        if answer is None or not (has_person or profile.references_of(table.name)):
            continue
        purpose = word_column(table, _PURPOSES, (answer.name,))
        channel = word_column(table, _CHANNELS, (answer.name, purpose.name if purpose else ""))
        if purpose or channel:
            return _consents(table, named, answer, purpose, channel)
    return None


def _is_of_another_entity(profile: SourceProfile, table: TableProfile) -> bool:
    """Return whether a table has amounts, or the contact details of a row for each person."""
    if any(column.fits == DECIMAL for column in table.columns.values()):
        return True
    has_person = any(
        column.personal is not None
        and column_points("customers", name, column.name, table.name)[0] >= ENDING
        for column in table.columns.values()
        for name in ("full_name", "phone", "email")
    )
    key = profile.keys.get(table.name)
    is_by_person = key is not None and any(
        column_points("orders", "source_customer_id", each, table.name)[0] >= ENDING
        for each in key.columns[:1]
    )
    return table_points("customers", table.name)[0] >= ENDING or (has_person and is_by_person)


def _answer(table: TableProfile) -> ColumnProfile | None:
    """Return the column of the answers: by its words, else by its name and two values."""
    if (found := word_column(table, _ANSWERS, least=_LEAST_ANSWERS)) is not None:
        return found
    named = [
        (points, column)
        for column in table.columns.values()
        if (points := column_points("consents", "is_granted", column.name, table.name)[0]) >= ENDING
        and (fits_kind(FLAG, column, points) or column is word_column(table, _NAMED_ANSWERS))
    ]
    return max(named, key=lambda each: each[0])[1] if named else None


def _consents(
    table: TableProfile,
    named: dict[str, ColumnProposal],
    answer: ColumnProfile,
    purpose: ColumnProfile | None,
    channel: ColumnProfile | None,
) -> EntityProposal:
    by_value = {
        "is_granted": _granted(answer),
        "purpose": _purpose(table, purpose),
        "channel": _channel(table, channel),
    }
    taken = {each.name for each in (answer, purpose, channel) if each}
    found = {
        name: each
        if not isinstance(each.value, FromColumn) or each.value.column not in taken
        else ColumnProposal(name)
        for name, each in named.items()
    } | by_value
    found["answered_at"] = _answered_at(table, found["answered_at"])
    evidence = tuple(
        Evidence(_POINTS / 3, f"{name}: {each.evidence[0].reason}")
        for name, each in by_value.items()
        if each.evidence
    )
    return EntityProposal("consents", table.name, _POINTS, evidence, found)


def _granted(column: ColumnProfile) -> ColumnProposal:
    if fits_kind(FLAG, column, 0.0):
        question = f"does {column.name} say yes or no to being contacted?"
        reason = "its name matches, and it has two values"
        value = FromColumn(column.name)
        return ColumnProposal("is_granted", value, (Evidence(3.0, reason),), (question,))
    words, evidence = from_words(column, _NAMED_ANSWERS)
    questions = unknown_question(column, _NAMED_ANSWERS, f"{_UNTIL} true or false")
    return ColumnProposal("is_granted", words, (evidence,), questions)


def _purpose(table: TableProfile, column: ColumnProfile | None) -> ColumnProposal:
    if column is None:
        question = (
            f"no column of {table.name} contains a purpose: are all answers for marketing, or for"
            " service?"
        )
        return ColumnProposal("purpose", Constant("'marketing'"), questions=(question,))
    words, evidence = from_words(column, _PURPOSES)
    questions = unknown_question(column, _PURPOSES, f"{_UNTIL} marketing or service")
    return ColumnProposal("purpose", words, (evidence,), questions)


def _channel(table: TableProfile, column: ColumnProfile | None) -> ColumnProposal:
    if column is None:
        question = f"no column of {table.name} contains a channel: is each answer for all of them?"
        return ColumnProposal("channel", Constant("cast(null as varchar)"), questions=(question,))
    words, evidence = from_words(column, _CHANNELS)
    questions = unknown_question(column, _CHANNELS, f"{_UNTIL} email, phone, post, sms or push")
    if column.nulls:
        missing = f"{column.nulls:,} rows of {table.name} have no {column.name}"
        questions = (*questions, f"{missing}: is their answer for every channel?")
    return ColumnProposal("channel", words, (evidence,), questions)


def _answered_at(table: TableProfile, named: ColumnProposal) -> ColumnProposal:
    """Return the time of the answer; without a name, the only time of the table."""
    if named.value is not None:
        return named
    times = [column.name for column in table.columns.values() if column.is_time]
    if not times:
        question = (
            f"no column of {table.name} is a time: a no counts as the latest answer, and a yes is"
            " as old as its delivery. Can the source deliver the time of each answer?"
        )
        return ColumnProposal("answered_at", questions=(question,))
    question = f"is {' or '.join(times)} the time of the answer? The first of them is read"
    value, evidence = FromColumn(times[0]), Evidence(1.0, "its values are times")
    return ColumnProposal("answered_at", value, (evidence,), (question,))
