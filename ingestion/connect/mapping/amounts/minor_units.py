"""Amounts in the smallest unit of their currency (cents, yen, fils), found by their form."""

from __future__ import annotations

from dataclasses import replace

from deployment.source_config import Entity
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    FromColumn,
)
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import AMOUNT, SCHEMAS
from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import INTEGER, TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier, literal

_UNIT_WORDS = {"cents", "cent", "minor", "pence", "centimes", "centavos", "subunits"}
# Ids of payment systems that count in the smallest unit.
_PREFIXES = r"^(ch|cus|sub|in|ii|pi|py|re|txn|price|si|plan|prod|acct|cn)_[A-Za-z0-9]+$"


def with_minor_units(
    profile: SourceProfile, proposal: EntityProposal, entity: Entity
) -> dict[str, ColumnProposal]:
    """Return the amounts that may be in the smallest unit, read so or with a question."""
    found: dict[str, ColumnProposal] = {}
    table = profile.tables[proposal.table]
    for name, column in proposal.columns.items():
        value = column.value
        if SCHEMAS[entity].columns[name][1] != AMOUNT or not isinstance(value, FromColumn):
            continue
        currency, reason = minor_units(profile, table, value.column)
        if not reason:
            continue
        question = f"{value.column} has no decimals: are its amounts whole units, or cents?"
        if currency is not None:
            value = replace(value, currency=currency)
            question = (
                f"{value.column} has no decimals and {reason}: are its amounts in the smallest"
                " unit of their currency (12345 is 123.45 EUR, 12345 JPY, 12.345 KWD)? They are"
                " read so"
            )
        # One question is enough for all amounts of a table.
        questions = column.questions if found else (*column.questions, question)
        found[name] = replace(column, value=value, questions=questions)
    return found


def minor_units(
    profile: SourceProfile, table: TableProfile, name: str
) -> tuple[str | None, str | None]:
    """Return the currency's column and the evidence that a column is in the smallest unit.

    The column is empty where the table has none, and None where the only evidence is that no
    amount has decimals. Both are None where some amount has.
    """
    column = table.columns[name]
    if column.fits != INTEGER or not column.distinct:
        return None, None
    currency = next(
        (
            each
            for each in table.columns.values()
            if column_points("orders", "currency", each.name, table.name)[0] >= NAMED and each.words
        ),
        None,
    )
    code = currency.name if currency else ""
    if set(normalised(name).split("_")) & _UNIT_WORDS:
        return code, f"is named as {name}"
    if currency and all(word == word.lower() for word in currency.words):
        return code, f"{currency.name} is in lower case ({', '.join(list(currency.words)[:3])})"
    prefixed = _prefixed_column(profile, table)
    if prefixed:
        return code, f"{prefixed} has ids of a payment system"
    return None, "no decimals"


def _prefixed_column(profile: SourceProfile, table: TableProfile) -> str | None:
    """Return a column of ids such as ch_1A2b, or None."""
    for column in table.columns.values():
        if not column.shapes or not any("_" in shape for shape in column.shapes):
            continue
        row = profile.con.execute(
            f"select bool_and(regexp_matches({identifier(column.name)}, {literal(_PREFIXES)}))"
            f" from {table.table.relation} where {identifier(column.name)} != ''"
        ).fetchone()
        if row and row[0]:
            return column.name
    return None
