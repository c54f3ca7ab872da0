"""Entities that names alone do not find: purchases, touches and attributes of customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from deployment.source_config import Entity
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    FirstMatch,
    FromColumn,
    Latest,
    LookedUp,
    Summed,
)
from ingestion.connect.mapping.shapes.campaign_touches import campaign_touches
from ingestion.connect.mapping.shapes.customer_attributes import customer_attributes
from ingestion.connect.mapping.shapes.log_entities import log_entities
from ingestion.connect.mapping.shapes.purchase_log import purchase_log
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile

Columns = Callable[[Entity, TableProfile], dict[str, ColumnProposal]]
Chosen = Mapping[Entity, EntityProposal]
# Entities that a log of purchases resembles: where a source has no orders, the shape counts more.
_RESEMBLING = ("events", "order_lines", "touches", "refunds")


def entities_by_shape(
    profile: SourceProfile, chosen: Chosen, columns: Columns
) -> tuple[dict[Entity, EntityProposal], list[str]]:
    """Return all entities with those found by shape, and the tables of customers kept out.

    Args:
        profile: the source.
        chosen: the entities found by names.
        columns: matches the columns of a table with those of an entity by their names.
    """
    found = dict(chosen)
    if "orders" not in found and "subscriptions" not in found:
        found |= _purchases(profile, found, columns)
        log = found["orders"].table if "orders" in found else None
        found = {
            entity: each
            for entity, each in found.items()
            if each.table != log or entity in ("orders", "order_lines")
        }
    buyers = _buyers(found)
    if buyers is None:
        return found, []
    orders, customer = profile.tables[buyers[0]], buyers[1]
    if "touches" not in found:
        touches = campaign_touches(profile, orders, customer, _tables(found))
        if touches is not None:
            found["touches"] = touches
    if "customers" in found:
        return found, []
    customers, kept_out = customer_attributes(profile, orders, customer, _tables(found), columns)
    if customers is not None:
        found["customers"] = customers
    return found, kept_out


def unused_tables(profile: SourceProfile, entities: Iterable[EntityProposal]) -> list[str]:
    """Return the tables that are no entity and that no entity looks up."""
    used: set[str] = set()
    for entity in entities:
        used.add(entity.table)
        for column in entity.columns.values():
            match column.value:
                case LookedUp(_, hops):
                    used |= {hop.table for hop in hops}
                case Summed(table) | FirstMatch(table):
                    used.add(table)
                case Latest(total):
                    used.add(total.table)
    return [name for name in profile.tables if name not in used]


def _purchases(
    profile: SourceProfile, chosen: Chosen, columns: Columns
) -> dict[Entity, EntityProposal]:
    """Return the orders and lines of the table with most rows that is a log of purchases."""
    taken = {each.table for entity, each in chosen.items() if entity not in _RESEMBLING}
    logs = [
        log
        for table in profile.tables.values()
        if table.name not in taken
        and table.name not in profile.first_rows
        and (log := purchase_log(profile, table)) is not None
    ]
    if not logs:
        return {}
    best = max(logs, key=lambda each: (each.amount is not None, each.rows))
    return {each.entity: each for each in log_entities(profile, best, columns)}


def _buyers(found: Chosen) -> tuple[str, str] | None:
    """Return the table of orders and its own column of customers, or None without one."""
    if "orders" not in found:
        return None
    value = found["orders"].columns["source_customer_id"].value
    return (found["orders"].table, value.column) if isinstance(value, FromColumn) else None


def _tables(found: Chosen) -> set[str]:
    return {each.table for each in found.values()}
