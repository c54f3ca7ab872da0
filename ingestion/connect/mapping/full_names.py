"""Full names of customers from a column of given names and one of family names.

The full name is evidence for and against a shared e-mail address or telephone number, so that two
people of a household stay two customers.
"""

from __future__ import annotations

from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    Evidence,
    FromColumn,
    FromNames,
)
from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import TableProfile


def with_full_name(table: TableProfile, known: ColumnProposal) -> ColumnProposal | None:
    """Return the full name from its two parts; None if the table lacks one of them.

    Args:
        table: the table of customers.
        known: the column that was found for the full name. A column without an open question is
            kept, unless it is one of the two parts.
    """
    parts = (_part(table, "given_name"), _part(table, "family_name"))
    if parts[0] is None or parts[1] is None or parts[0] == parts[1]:
        return None
    is_part = isinstance(known.value, FromColumn) and known.value.column in parts
    if known.value is not None and not known.questions and not is_part:
        return None
    reason = f"{parts[0]} and {parts[1]} are the parts of a name"
    return ColumnProposal("full_name", FromNames((parts[0], parts[1])), (Evidence(NAMED, reason),))


def _part(table: TableProfile, field: str) -> str | None:
    """Return the column that is named as a part of a person's name."""
    points = {name: column_points("personal", field, name, table.name)[0] for name in table.columns}
    best = max(points, key=lambda name: points[name], default=None)
    return best if best is not None and points[best] >= NAMED else None
