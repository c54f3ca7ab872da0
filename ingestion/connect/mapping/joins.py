"""Joins between entities, measured by values: rows that find the row that they reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from deployment.source_config import Entity
from ingestion.connect.mapping.proposal import ColumnProposal, EntityProposal, FromColumn
from ingestion.connect.profiling.entities import SCHEMAS
from ingestion.connect.profiling.forms.parsing import id_sql
from ingestion.connect.profiling.source_profile import SourceProfile
from warehouse.quoting import identifier

# With fewer matches, rows belong to unknown customers, or the ids are damaged.
MIN_MATCHED_SHARE = 0.99
_TARGETS: Mapping[str, Entity] = {
    "source_customer_id": "customers",
    "source_order_id": "orders",
    "source_ticket_id": "tickets",
}
_SINGULAR = {"customers": "a customer", "orders": "an order", "tickets": "a ticket"}


@dataclass(frozen=True)
class _Match:
    """Rows of a table that find a row by an id.

    Attributes:
        rows: rows with an id.
        found: rows whose id is a key of the other table.
        padded: rows whose id is one with leading zeros up to `width` digits.
        width: digits of the keys with leading zeros; None if no such width would help.
    """

    rows: int
    found: int
    padded: int
    width: int | None


def with_checked_joins(
    profile: SourceProfile, chosen: Mapping[Entity, EntityProposal], proposal: EntityProposal
) -> dict[str, ColumnProposal]:
    """Return the columns that reference another entity, with a question where rows find nothing."""
    checked: dict[str, ColumnProposal] = {}
    for name, target_entity in _TARGETS.items():
        column, target = proposal.columns.get(name), chosen.get(target_entity)
        if column is None or target is None or target.table == proposal.table:
            continue
        key = target.columns[SCHEMAS[target_entity].key].value
        if not isinstance(column.value, FromColumn) or not isinstance(key, FromColumn):
            continue
        match = _match(profile, proposal.table, column.value.column, target.table, key.column)
        if match.rows == 0 or match.found >= MIN_MATCHED_SHARE * match.rows:
            continue
        place = f"{proposal.table}.{column.value.column}"
        question = (
            f"{match.found:,} of {match.rows:,} rows of {proposal.table} find"
            f" {_SINGULAR[target_entity]} by {place} = {target.table}.{key.column}"
        )
        value = column.value
        if match.width:
            value = replace(value, width=match.width)
            question += (
                f", {match.padded:,} with leading zeros up to {match.width} digits, which a"
                " spreadsheet deletes: they are put back. Is that right?"
            )
        else:
            question += ": are they ids of another system?"
        checked[name] = replace(column, value=value, questions=(*column.questions, question))
    return checked


def _match(profile: SourceProfile, table: str, column: str, target: str, key: str) -> _Match:
    """Compare the ids of a column with the keys of a table, as staging reads both."""
    here, there = profile.tables[table], profile.tables[target]
    row = profile.con.execute(
        f"""
        with keys as (
            select distinct {id_sql(identifier(key))} as id from {there.table.relation}
        ),

        ids as (
            select {id_sql(identifier(column))} as id
            from {here.table.relation}
            where nullif(trim(cast({identifier(column)} as varchar)), '') is not null
        ),

        zeros as (
            select cast(min(length(id)) as integer) as width
            from keys
            where regexp_matches(id, '^0\\d+$')
            having min(length(id)) = max(length(id))
                and min(length(id)) = (select min(length(id)) from keys)
        )

        select
            count(*),
            count(keys.id),
            count(padded.id),
            any_value(zeros.width)
        from ids
        left join zeros on true
        left join keys on ids.id = keys.id
        left join keys as padded
            on case
                when length(ids.id) < zeros.width then lpad(ids.id, zeros.width, '0')
                else ids.id
            end = padded.id
        """
    ).fetchone()
    assert row is not None
    rows, found, padded, width = row
    return _Match(int(rows), int(found), int(padded), width if padded > found else None)
