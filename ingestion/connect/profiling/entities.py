"""The canonical entities as a mapping must know them: what fits each column, what must be there.

Columns and types are those of the macro `entity_columns`; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deployment.source_config import Entity

# What kind of value a canonical column takes, by which a source's column can be ruled out.
ID, TIME, AMOUNT, NUMBER, FLAG, WORD, TEXT, ADDRESS, PHONE, IDS = (
    "id", "time", "amount", "number", "flag", "word", "text", "address", "phone", "ids",
)  # fmt: skip


@dataclass(frozen=True)
class EntityShape:
    """One entity.

    Attributes:
        fields: (DuckDB type, kind) by canonical column, in staging's order.
        own_id: the column that is its key.
        essential: groups of columns of which one each must be found for a table to be this entity.
        telling: columns that few other entities have.
    """

    fields: Mapping[str, tuple[str, str]]
    own_id: str
    essential: tuple[tuple[str, ...], ...]
    telling: frozenset[str]


SHAPES: Mapping[Entity, EntityShape] = {
    "customers": EntityShape(
        {
            "source_customer_id": ("varchar", ID),
            "email": ("varchar", ADDRESS),
            "phone": ("varchar", PHONE),
            "full_name": ("varchar", WORD),
            "created_at": ("timestamp", TIME),
            "updated_at": ("timestamp", TIME),
            "birth_year": ("integer", NUMBER),
            "country": ("varchar", WORD),
            "city": ("varchar", WORD),
            "acquisition_channel": ("varchar", WORD),
            "plan": ("varchar", WORD),
            "marketing_consent": ("boolean", FLAG),
            "external_ids": ("varchar[]", IDS),
        },
        "source_customer_id",
        (("source_customer_id",),),
        frozenset({"email", "phone", "full_name", "birth_year", "marketing_consent", "city"}),
    ),
    "orders": EntityShape(
        {
            "source_order_id": ("varchar", ID),
            "source_customer_id": ("varchar", ID),
            "ordered_at": ("timestamp", TIME),
            "status": ("varchar", WORD),
            "currency": ("varchar", WORD),
            "gross_amount": ("decimal(18, 2)", AMOUNT),
            "discount_amount": ("decimal(18, 2)", AMOUNT),
            "net_amount": ("decimal(18, 2)", AMOUNT),
            "coupon_code": ("varchar", WORD),
            "sales_channel": ("varchar", WORD),
            "cancelled_at": ("timestamp", TIME),
            "refunded_at": ("timestamp", TIME),
            "refunded_amount": ("decimal(18, 2)", AMOUNT),
        },
        "source_order_id",
        (("source_order_id",), ("ordered_at",)),
        frozenset({"status", "net_amount", "coupon_code", "cancelled_at", "refunded_at"}),
    ),
    "order_lines": EntityShape(
        {
            "source_order_line_id": ("varchar", ID),
            "source_order_id": ("varchar", ID),
            "product_id": ("varchar", ID),
            "product_name": ("varchar", WORD),
            "category": ("varchar", WORD),
            "quantity": ("double", NUMBER),
            "unit_price": ("decimal(18, 4)", AMOUNT),
            "cost": ("decimal(18, 4)", AMOUNT),
        },
        "source_order_line_id",
        (("source_order_id",), ("product_id", "product_name"), ("quantity", "unit_price")),
        frozenset({"product_id", "quantity", "unit_price"}),
    ),
    "tickets": EntityShape(
        {
            "source_ticket_id": ("varchar", ID),
            "source_customer_id": ("varchar", ID),
            "opened_at": ("timestamp", TIME),
            "first_response_at": ("timestamp", TIME),
            "resolved_at": ("timestamp", TIME),
            "channel": ("varchar", WORD),
            "topic": ("varchar", WORD),
            "priority": ("varchar", WORD),
            "status": ("varchar", WORD),
            "csat_score": ("double", NUMBER),
            "reopened_count": ("integer", NUMBER),
        },
        "source_ticket_id",
        (("source_ticket_id",), ("opened_at",)),
        frozenset({"resolved_at", "first_response_at", "priority", "csat_score", "topic"}),
    ),
    "feedback": EntityShape(
        {
            "source_feedback_id": ("varchar", ID),
            "source_customer_id": ("varchar", ID),
            "created_at": ("timestamp", TIME),
            "kind": ("varchar", WORD),
            "rating": ("double", NUMBER),
            "text": ("varchar", TEXT),
            "source_order_id": ("varchar", ID),
            "source_ticket_id": ("varchar", ID),
        },
        "source_feedback_id",
        (("created_at",), ("rating", "text")),
        frozenset({"rating", "text"}),
    ),
    "events": EntityShape(
        {
            "source_event_id": ("varchar", ID),
            "source_customer_id": ("varchar", ID),
            "occurred_at": ("timestamp", TIME),
            "event_type": ("varchar", WORD),
            "product_id": ("varchar", ID),
            "value": ("double", NUMBER),
        },
        "source_event_id",
        (("occurred_at",), ("event_type",)),
        frozenset({"event_type", "value"}),
    ),
    "subscriptions": EntityShape(
        {
            "source_subscription_id": ("varchar", ID),
            "source_customer_id": ("varchar", ID),
            "started_at": ("timestamp", TIME),
            "ended_at": ("timestamp", TIME),
            "plan": ("varchar", WORD),
            "monthly_amount": ("decimal(18, 2)", AMOUNT),
            "term_months": ("integer", NUMBER),
            "auto_renew": ("boolean", FLAG),
            "end_reason": ("varchar", WORD),
        },
        "source_subscription_id",
        (("started_at",), ("source_customer_id",)),
        frozenset({"ended_at", "monthly_amount", "auto_renew", "plan"}),
    ),
    "touches": EntityShape(
        {
            "source_touch_id": ("varchar", ID),
            "source_customer_id": ("varchar", ID),
            "action_id": ("varchar", ID),
            "sent_at": ("timestamp", TIME),
            "channel": ("varchar", WORD),
            "arm": ("varchar", WORD),
            "cost": ("decimal(18, 4)", AMOUNT),
            "redeemed_at": ("timestamp", TIME),
        },
        "source_touch_id",
        (("action_id",), ("sent_at",)),
        frozenset({"arm", "redeemed_at", "cost", "action_id"}),
    ),
}

# Without these a row is rejected downstream, as docs/connect_your_data.md says.
REQUIRED: Mapping[Entity, frozenset[str]] = {
    "customers": frozenset({"source_customer_id"}),
    "orders": frozenset({"source_order_id", "ordered_at", "status", "net_amount"}),
    "order_lines": frozenset({"source_order_line_id", "source_order_id", "quantity"}),
    "tickets": frozenset({"source_ticket_id", "source_customer_id", "opened_at"}),
    "feedback": frozenset({"source_feedback_id", "source_customer_id", "created_at"}),
    "events": frozenset({"source_event_id", "source_customer_id", "occurred_at", "event_type"}),
    "subscriptions": frozenset({"source_subscription_id", "source_customer_id", "started_at"}),
    "touches": frozenset({"source_touch_id", "source_customer_id", "action_id", "sent_at"}),
}
