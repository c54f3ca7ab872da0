"""Columns that the table itself lacks: constants, lookups in other tables, required columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from deployment.source_config import Entity
from ingestion.connect.mapping.amounts.minor_units import with_minor_units
from ingestion.connect.mapping.amounts.named_currencies import (
    is_refund_currency,
    with_named_currencies,
    with_refund_currency,
)
from ingestion.connect.mapping.amounts.order_amounts import summed_amount
from ingestion.connect.mapping.column_evidence import best_column
from ingestion.connect.mapping.customer_links import PersonColumn, customer_key, customer_link
from ingestion.connect.mapping.full_names import with_full_name
from ingestion.connect.mapping.joins import with_checked_joins
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    Constant,
    EntityProposal,
    Evidence,
    FromColumn,
    Hashed,
    Hop,
    LookedUp,
)
from ingestion.connect.mapping.word_columns import (
    unread_states,
    with_gift_card_lines,
    with_gift_cards,
)
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import SCHEMAS, WORD
from ingestion.connect.profiling.names import ENDING, table_points
from ingestion.connect.profiling.source_profile import SourceProfile

_KINDS = {"review": "review", "message": "ticket_message", "survey": "survey", "rating": "review"}


def completed(
    profile: SourceProfile,
    chosen: Mapping[Entity, EntityProposal],
    proposal: EntityProposal,
    person: PersonColumn | None,
) -> EntityProposal:
    """Return the proposal with the customer, constants and columns of other tables added."""
    columns = dict(proposal.columns)
    if proposal.entity != "customers":
        own = columns.get("source_customer_id")
        # An entry of a suppression list may name a person by an address or a number alone.
        is_named = own is not None and (proposal.entity != "suppressions" or own.value is not None)
        if own is not None and is_named and not isinstance(own.value, Hashed):
            link = customer_link(profile, chosen.get("customers"), proposal, person)
            columns["source_customer_id"] = link
    elif person:
        columns["source_customer_id"] = customer_key(person)
    if proposal.entity in _COMPLETIONS:
        additions = _COMPLETIONS[proposal.entity](profile, proposal)
        columns |= {each.name: each for each in additions}
    proposal = replace(proposal, columns=columns)
    columns |= with_checked_joins(profile, chosen, proposal)
    columns |= with_minor_units(profile, replace(proposal, columns=columns), proposal.entity)
    for name in SCHEMAS[proposal.entity].required:
        if columns[name].value is None and not columns[name].questions:
            question = f"no column of {proposal.table} is a candidate for {name}: rows without it"
            columns[name] = ColumnProposal(name, questions=(f"{question} are rejected",))
    questions = proposal.questions
    if proposal.entity in ("orders", "subscriptions", "refunds"):
        table = profile.tables[proposal.table]
        first = profile.first_rows.get(proposal.table)
        asked = unread_states(
            table,
            replace(proposal, columns=columns),
            set(first.of_line) - set(first.shared) if first else (),
        )
        questions = (*questions, *asked)
    return replace(proposal, columns=columns, questions=questions)


def _orders(profile: SourceProfile, proposal: EntityProposal) -> Iterator[ColumnProposal]:
    columns = proposal.columns
    if columns["net_amount"].value is None:
        yield from summed_amount(profile, proposal.table)
    if refunded := with_refund_currency(profile, proposal):
        yield refunded
    if columns["status"].value is None:
        question = f"{proposal.table} has no column for status: are all orders completed?"
        yield ColumnProposal("status", Constant("'completed'"), questions=(question,))
    if not proposal.is_grouped:
        yield from with_gift_cards(profile.tables[proposal.table])
    currency = columns["currency"].value
    if isinstance(currency, FromColumn) and is_refund_currency(currency.column):
        currency = None
    if currency is None and (named := with_named_currencies(profile, proposal)):
        yield named
    elif currency is None:
        yield ColumnProposal(
            "currency", Constant("'{{ var(\"currency\") }}'"), (Evidence(1.0, "the company's"),)
        )


def _order_lines(profile: SourceProfile, proposal: EntityProposal) -> Iterator[ColumnProposal]:
    if proposal.columns["quantity"].value is None:
        question = f"{proposal.table} has no quantity: is each row one piece?"
        yield ColumnProposal("quantity", Constant("1"), questions=(question,))
    if proposal.columns["is_gift_card"].value is None:
        yield from with_gift_card_lines(profile.tables[proposal.table])
    taken: set[str] = set()
    for name in ("category", "product_name"):
        if proposal.columns[name].value is None:
            yield from _product_column(profile, proposal, name, taken)


def _product_column(
    profile: SourceProfile, proposal: EntityProposal, name: str, taken: set[str]
) -> Iterator[ColumnProposal]:
    """Look up a column of the referenced table of products, and note it as taken."""
    for each in profile.references_of(proposal.table):
        if table_points("customers", each.target)[0] or table_points("orders", each.target)[0]:
            continue
        target = profile.tables[each.target]
        points, column = best_column(target, "order_lines", name, WORD, "product", taken)
        if points >= ENDING:
            taken.add(column)
            value = LookedUp(each.column, (Hop(each.target, each.target_column, column),))
            reason = f"{each.column}: {each.reason}, whose {column} matches by name"
            yield ColumnProposal(name, value, (Evidence(points, reason),))
            return


def _feedback(profile: SourceProfile, proposal: EntityProposal) -> Iterator[ColumnProposal]:
    words = normalised(proposal.table)
    kind = next((kind for word, kind in _KINDS.items() if word in words), None)
    if proposal.columns["kind"].value is None:
        question = f"are the texts of {proposal.table} review, ticket_message or survey?"
        yield ColumnProposal(
            "kind",
            Constant(f"'{kind or 'review'}'"),
            (Evidence(1.0, f"the table's name is {proposal.table}"),),
            () if kind else (question,),
        )
    columns = profile.tables[proposal.table].columns.values()
    at = proposal.columns["created_at"]
    if isinstance(at.value, FromColumn):
        others = [each.name for each in columns if each.is_time and each.name != at.value.column]
        if others:
            question = (
                f"when was the text known to the company: at {at.value.column}, or at"
                f" {' or '.join(others)}?"
            )
            yield replace(at, questions=(*at.questions, question))


def _customers(profile: SourceProfile, proposal: EntityProposal) -> Iterator[ColumnProposal]:
    name = with_full_name(profile.tables[proposal.table], proposal.columns["full_name"])
    if name is not None:
        yield name


_COMPLETIONS = {
    "customers": _customers,
    "orders": _orders,
    "order_lines": _order_lines,
    "feedback": _feedback,
}
