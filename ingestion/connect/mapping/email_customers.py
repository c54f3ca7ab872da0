"""Customers of an order table that has their e-mail address and no customer id."""

from __future__ import annotations

from dataclasses import replace

from ingestion.connect.mapping.column_evidence import best_column
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    Hashed,
)
from ingestion.connect.profiling.entities import ADDRESS, PHONE, SCHEMAS, WORD
from ingestion.connect.profiling.names import ENDING
from ingestion.connect.profiling.privacy import EMAILS
from ingestion.connect.profiling.source_profile import SourceProfile

_COLUMNS = {"phone": PHONE, "full_name": WORD, "country": WORD, "city": WORD}


def customers_by_email(
    profile: SourceProfile, orders: EntityProposal
) -> tuple[EntityProposal, EntityProposal] | None:
    """Return the orders with a customer by e-mail, and the customers; None without an address.

    The customer's id is a hash of the address: ids are published, and addresses are not.
    """
    if orders.columns["source_customer_id"].value is not None or orders.is_grouped:
        return None
    table = profile.tables[orders.table]
    points, email = best_column(table, "customers", "email", ADDRESS)
    if points < ENDING or table.columns[email].personal != EMAILS:
        return None
    reason = f"{orders.table} has no customer id, and {email} has e-mail addresses"
    question = f"{reason}: is each address a customer? A hash of the address is the id"
    key = ColumnProposal("source_customer_id", Hashed(email), (Evidence(2.0, reason),), (question,))
    columns = {name: ColumnProposal(name) for name in SCHEMAS["customers"].columns}
    columns["source_customer_id"] = replace(key, questions=())
    columns["email"] = ColumnProposal(
        "email", FromColumn(email), (Evidence(3.0, "its values are e-mail addresses"),)
    )
    taken = {email}
    for name, kind in _COLUMNS.items():
        points, column = best_column(table, "customers", name, kind, taken=taken)
        if points >= ENDING and _is_of_order(orders, column):
            taken.add(column)
            evidence = (Evidence(points, "its name matches"),)
            columns[name] = ColumnProposal(name, FromColumn(column), evidence)
    customers = EntityProposal(
        "customers",
        orders.table,
        0.0,
        (Evidence(0.0, f"the first row of each {email} in {orders.table}"),),
        columns,
        first_rows_of=email,
    )
    linked = replace(orders, columns={**orders.columns, "source_customer_id": key})
    return linked, customers


def _is_of_order(orders: EntityProposal, column: str) -> bool:
    """Return whether a column is no other column of the orders, such as their number."""
    return all(
        not isinstance(each.value, FromColumn) or each.value.column != column
        for each in orders.columns.values()
    )
