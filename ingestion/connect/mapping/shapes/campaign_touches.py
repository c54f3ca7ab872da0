"""Touches of a table of campaigns and customers, whose time stands in the table of campaigns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FirstMatch,
    FromColumn,
    FromColumns,
    Hop,
    LookedUp,
    Numbered,
    Value,
)
from ingestion.connect.mapping.shapes.shared_values import customer_column
from ingestion.connect.profiling.entities import SCHEMAS
from ingestion.connect.profiling.names import NAMED, column_points
from ingestion.connect.profiling.profile import DECIMAL, TableProfile
from ingestion.connect.profiling.references import Reference
from ingestion.connect.profiling.source_profile import SourceProfile

_POINTS = 6.0
# A campaign is sent to several customers: its column repeats.
_MIN_CUSTOMERS = 2


@dataclass(frozen=True)
class _Contact:
    """Table with a row for each customer and campaign.

    `time` is its own time, or None where only the table of campaigns has one.
    """

    table: TableProfile
    customer: str
    campaign: Reference
    starts: str
    ends: str | None
    time: str | None


def campaign_touches(
    profile: SourceProfile, orders: TableProfile, customer: str, taken: Collection[str]
) -> EntityProposal | None:
    """Return the touches of the first table of customers and campaigns, or None without one.

    A second such table that has a time of its own contains what was redeemed.

    Args:
        profile: the source.
        orders: the table of orders.
        customer: its column of customers.
        taken: tables that are entities.
    """
    contacts = [
        found
        for table in profile.tables.values()
        if table.name not in taken
        and (found := _contact(profile, table, orders, customer)) is not None
    ]
    sent = next((each for each in contacts if each.time is None), None)
    if sent is None:
        return None
    redeemed = next(
        (
            each
            for each in contacts
            if each.time is not None and each.campaign.target == sent.campaign.target
        ),
        None,
    )
    return _touches(profile, sent, redeemed)


def _contact(
    profile: SourceProfile, table: TableProfile, orders: TableProfile, customer: str
) -> _Contact | None:
    """Return the columns of a table of customers and campaigns, or None for another table."""
    if any(column.fits == DECIMAL for column in table.columns.values()):
        return None
    own = customer_column(profile, table, orders, customer)
    if own is None:
        return None
    for reference in profile.references_of(table.name):
        column = table.columns[reference.column]
        times = _campaign_times(profile.tables[reference.target])
        if reference.column == own or not times:
            continue
        time = next((each.name for each in table.columns.values() if each.is_time), None)
        if time is None and table.rows < _MIN_CUSTOMERS * column.distinct:
            continue
        ends = times[1] if len(times) > 1 else None
        return _Contact(table, own, reference, times[0], ends, time)
    return None


def _campaign_times(table: TableProfile) -> list[str]:
    """Return the times of a table of campaigns, the begin first: by name, else the earliest."""
    times = [each for each in table.columns.values() if each.is_time and each.is_complete]
    times.sort(
        key=lambda each: (
            -column_points("subscriptions", "started_at", each.name, table.name)[0],
            str(each.first),
        )
    )
    return [each.name for each in times]


def _touches(profile: SourceProfile, sent: _Contact, redeemed: _Contact | None) -> EntityProposal:
    table, target = sent.table, sent.campaign.target
    found = {name: ColumnProposal(name) for name in SCHEMAS["touches"].columns}
    found["source_touch_id"] = _key(profile, sent)
    found["source_customer_id"] = ColumnProposal(
        "source_customer_id",
        FromColumn(sent.customer),
        (Evidence(2.0, "its values are customers of the orders"),),
    )
    found["action_id"] = ColumnProposal(
        "action_id", FromColumn(sent.campaign.column), (Evidence(2.0, sent.campaign.reason),)
    )
    hop = Hop(target, sent.campaign.target_column, sent.starts)
    question = f"was each row of {table.name} sent at {target}.{sent.starts}?"
    found["sent_at"] = ColumnProposal(
        "sent_at",
        LookedUp(sent.campaign.column, (hop,)),
        (Evidence(2.0, f"{table.name} has no time, and {target} has {sent.starts}"),),
        (question,),
    )
    if redeemed is not None and redeemed.time is not None:
        pairs = (
            (sent.customer, redeemed.customer),
            (sent.campaign.column, redeemed.campaign.column),
        )
        found["redeemed_at"] = ColumnProposal(
            "redeemed_at",
            FirstMatch(redeemed.table.name, redeemed.time, pairs),
            (Evidence(2.0, f"the first row of {redeemed.table.name} by customer and campaign"),),
        )
    for column in profile.tables[target].columns.values():
        points = column_points("touches", "channel", column.name, target)[0]
        if points >= NAMED:
            value = LookedUp(
                sent.campaign.column, (Hop(target, sent.campaign.target_column, column.name),)
            )
            found["channel"] = ColumnProposal("channel", value, (Evidence(points, "its name"),))
    return EntityProposal(
        "touches",
        table.name,
        _POINTS,
        (Evidence(_POINTS, f"its rows are customers ({sent.customer}) and campaigns of {target}"),),
        found,
    )


def _key(profile: SourceProfile, sent: _Contact) -> ColumnProposal:
    key = profile.keys[sent.table.name]
    if key.columns and not key.repeats:
        value: Value = FromColumns(key.columns)
        if len(key.columns) == 1:
            value = FromColumn(key.columns[0])
        reason = f"{' and '.join(key.columns)} {'is' if len(key.columns) == 1 else 'are'} unique"
        return ColumnProposal("source_touch_id", value, (Evidence(2.0, reason),))
    value = Numbered(sent.customer, (sent.campaign.column,))
    reason = "the number of the row within customer and campaign"
    return ColumnProposal("source_touch_id", value, (Evidence(1.0, reason),))
