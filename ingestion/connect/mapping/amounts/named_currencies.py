"""Currencies that amounts name beside their digits (12.50 USD, €12.50), and those of refunds."""

from __future__ import annotations

from dataclasses import replace

from ingestion.connect.jinja_text import jinja_literal
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    Constant,
    EntityProposal,
    Evidence,
    FromColumn,
)
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier, literal

# As the macro `currency_of` finds it.
_MARK = r"([A-Z]{0,3}\p{Sc}|[A-Z]{3})"
_AMOUNT = r"^[^\d]*\d[\d.,'’\s]*[^\d]*$"


def with_named_currencies(
    profile: SourceProfile, proposal: EntityProposal
) -> ColumnProposal | None:
    """Return the currency as the amounts name it; None where they name at most one.

    One sign beside all amounts may be the company's currency in any spelling, and is no evidence.
    """
    amount = proposal.columns["net_amount"].value
    if not isinstance(amount, FromColumn) or proposal.is_grouped:
        return None
    table = profile.tables[proposal.table]
    if not table.columns[amount.column].is_text:
        return None
    column = identifier(amount.column)
    counts = profile.con.execute(
        f"""
        select upper(regexp_extract({column}, {literal(_MARK)}, 1)) as mark, count(*)
        from {table.table.relation}
        where regexp_matches({column}, {literal(_AMOUNT)})
        group by mark order by count(*) desc, mark
        """
    ).fetchall()
    if len(counts) < 2:
        return None
    listed = ", ".join(f"{mark or 'none'} {count:,}" for mark, count in counts)
    question = (
        f"{amount.column} names several currencies ({listed}): give their exchange rates, or the"
        " amounts in other currencies than the company's are unknown"
    )
    return ColumnProposal(
        "currency",
        Constant(f"{{{{ currency_of({jinja_literal(column)}) }}}}"),
        (Evidence(1.0, f"{amount.column} names currencies"),),
        (question,),
    )


def with_refund_currency(profile: SourceProfile, proposal: EntityProposal) -> ColumnProposal | None:
    """Return the refunded amount with a question if a column has another currency for it."""
    refunded = proposal.columns["refunded_amount"]
    table = profile.tables[proposal.table]
    named = next(filter(is_refund_currency, table.columns), None)
    if not isinstance(refunded.value, FromColumn) or named is None:
        return None
    currency = proposal.columns["currency"].value
    own = "''"
    if isinstance(currency, FromColumn) and not is_refund_currency(currency.column):
        own = f"upper(trim({identifier(currency.column)}))"
    other = f"upper(trim({identifier(named)}))"
    row = profile.con.execute(
        f"select count(*) from {table.table.relation} where {other} != '' and {other} != {own}"
    ).fetchone()
    if not row or not row[0]:
        return None
    question = (
        f"{named} of {row[0]:,} rows is not the order's currency, in which {refunded.value.column}"
        " counts: convert it, or deliver the refunds as a table of their own"
    )
    return replace(refunded, questions=(*refunded.questions, question))


def is_refund_currency(column: str) -> bool:
    """Return whether a column is named as the currency of refunds, and not of the order."""
    words = set(normalised(column).split("_"))
    return "currency" in words and bool(words & {"refund", "refunds", "refunded"})
