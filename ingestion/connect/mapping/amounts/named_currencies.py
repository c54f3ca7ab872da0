"""Currencies that amounts name beside their digits: 12.50 USD, €12.50."""

from __future__ import annotations

from ingestion.connect.jinja_text import jinja_literal
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    Constant,
    EntityProposal,
    Evidence,
    FromColumn,
)
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
