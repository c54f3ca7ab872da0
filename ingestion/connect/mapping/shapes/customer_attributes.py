"""Tables with one row a customer of the orders and no name of a table of customers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from deployment.source_config import Entity
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
)
from ingestion.connect.mapping.shapes.shared_values import contained_share, customer_column
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile

Columns = Callable[[Entity, TableProfile], dict[str, ColumnProposal]]
_POINTS = 6.0


def customer_attributes(
    profile: SourceProfile,
    orders: TableProfile,
    customer: str,
    taken: Collection[str],
    columns: Columns,
) -> tuple[EntityProposal | None, list[str]]:
    """Return the customers of the first such table with a canonical column, and what is kept out.

    Args:
        profile: the source.
        orders: the table of orders.
        customer: its column of customers.
        taken: tables that are entities.
        columns: matches the columns of a table with those of an entity by their names.
    """
    found: EntityProposal | None = None
    kept_out = []
    for table in profile.tables.values():
        if table.name in taken:
            continue
        key = customer_column(profile, table, orders, customer)
        if key is None or not table.columns[key].is_complete:
            continue
        if table.columns[key].distinct < table.rows:
            continue
        proposal = _customers(table, key, columns)
        others = [name for name in table.columns if name not in _used(proposal) and name != key]
        share = contained_share(profile, orders, customer, table, key)
        if len(_used(proposal)) > 1 and found is None:
            question = (
                f"{table.name} has {share:.0%} of the customers of {orders.name}: is it whole?"
            )
            found = replace(proposal, questions=(question,) if share < 0.99 else ())
        else:
            others = [name for name in table.columns if name != key]
        if others:
            kept_out.append(
                f"{table.name} has one row for each {key} ({share:.0%} of the customers"
                f" of {orders.name}). The entity customers has no column for {', '.join(others)}:"
                f" they stay in the raw table. Join them to the published tables by"
                f" marts.customer_identities.source_customer_id, or add a canonical column as"
                f" docs/extending.md shows"
            )
    return found, kept_out


def _customers(table: TableProfile, key: str, columns: Columns) -> EntityProposal:
    reason = f"{key} is unique, and its values are customers of the orders"
    named = columns("customers", table)
    named = {
        name: column
        if not isinstance(column.value, FromColumn) or column.value.column != key
        else ColumnProposal(name)
        for name, column in named.items()
    }
    named["source_customer_id"] = ColumnProposal(
        "source_customer_id", FromColumn(key), (Evidence(3.0, reason),)
    )
    return EntityProposal("customers", table.name, _POINTS, (Evidence(_POINTS, reason),), named)


def _used(proposal: EntityProposal) -> set[str]:
    return {
        each.value.column
        for each in proposal.columns.values()
        if isinstance(each.value, FromColumn)
    }
