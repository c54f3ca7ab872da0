"""A seeded company in three APIs: who buys again and who does not, with tickets and contacts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from tests.local_apis import LocalApis, Record

PROPERTIES = (
    "email",
    "phone",
    "firstname",
    "lastname",
    "hs_country_region_code",
    "city",
    "hs_analytics_source",
    "hs_email_optout",
    "hs_merged_object_ids",
)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def contact(number: int, moment: datetime, **properties: str | None) -> Record:
    return {
        "id": str(number),
        "createdAt": iso(moment),
        "updatedAt": iso(moment),
        "archived": False,
        "properties": {**dict.fromkeys(PROPERTIES), **properties},
    }


def shop_customer(number: int, moment: datetime, email: str | None) -> Record:
    return {
        "id": number,
        "email": email,
        "phone": None,
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "created_at": iso(moment),
        "updated_at": iso(moment),
        "default_address": {"country_code": "DE", "city": "Kiel"},
        "email_marketing_consent": {"state": "subscribed"},
    }


def order(
    number: int, customer: int | None, moment: datetime, price: str, **fields: object
) -> Record:
    return {
        "id": number,
        "customer": None if customer is None else {"id": customer},
        "created_at": iso(moment),
        "processed_at": iso(moment),
        "updated_at": iso(moment),
        "cancelled_at": None,
        "financial_status": "paid",
        "test": False,
        "currency": "EUR",
        "total_price": price,
        "total_price_set": {
            "shop_money": {"amount": price, "currency_code": "EUR"},
            "presentment_money": {"amount": price, "currency_code": "EUR"},
        },
        "total_discounts": "0.00",
        "discount_codes": [],
        "source_name": "web",
        "line_items": [
            {
                "id": number * 10,
                "product_id": 500 + number % 20,
                "title": f"Tea {number % 20}",
                "quantity": 1,
                "price": price,
            }
        ],
        "refunds": [],
        **fields,
    }


def user(number: int, moment: datetime, email: str, **fields: object) -> Record:
    return {
        "id": number,
        "created_at": iso(moment),
        "updated_at": iso(moment),
        "active": True,
        "role": "end-user",
        "email": email,
        "phone": None,
        "name": f"User {number}",
        **fields,
    }


def ticket(number: int, requester: int, moment: datetime, **fields: object) -> Record:
    return {
        "id": number,
        "created_at": iso(moment),
        "updated_at": iso(moment),
        "status": "solved",
        "type": "question",
        "priority": "normal",
        "requester_id": requester,
        "submitter_id": requester,
        "via": {"channel": "email"},
        "tags": [],
        "description": "Where is my parcel? It is late again and nobody answers.",
        "satisfaction_rating": {"score": "unoffered"},
        **fields,
    }


def metric_set(number: int, moment: datetime, minutes: int | None, reopens: int = 0) -> Record:
    return {
        "ticket_id": number,
        "reopens": reopens,
        "solved_at": iso(moment + timedelta(days=1)),
        "reply_time_in_minutes": {"calendar": minutes, "business": minutes},
    }


def fill(apis: LocalApis, *, people: int, first: datetime, days: int, seed: int = 5) -> None:
    """People who buy at a pace of their own, of whom some stop for good.

    Args:
        apis: what to fill.
        people: their number; all have an account in the shop, two thirds a contact.
        first: when the company begins.
        days: for how long.
        seed: the same seed, the same company.
    """
    chance = random.Random(seed)
    orders: list[tuple[datetime, int]] = []
    tickets: list[tuple[datetime, int]] = []
    for number in range(1, people + 1):
        email = f"person{number}@example.com"
        joined = first + timedelta(days=chance.uniform(0, days * 0.8))
        apis.customers.put(shop_customer(number, joined, email))
        if number % 3:
            details = {"email": email, "hs_country_region_code": "DE"}
            apis.contacts.put(contact(1000 + number, joined, **details))
        pace = chance.choice([8, 15, 30, 60])
        leaves = joined + timedelta(days=chance.expovariate(1 / 200))
        moment = joined
        while moment < min(leaves, first + timedelta(days=days)):
            orders.append((moment, number))
            moment += timedelta(days=max(0.2, chance.expovariate(1 / pace)))
        if number % 4 == 0:
            tickets.append((joined + timedelta(days=1), number))
            apis.users.put(user(2000 + number, joined, email))
    for number, (moment, customer) in enumerate(sorted(orders), start=1):
        price = f"{chance.uniform(10, 90):.2f}"
        apis.orders.put(order(number, customer, moment, price))
    for number, (moment, customer) in enumerate(sorted(tickets), start=1):
        apis.tickets.put(ticket(number, 2000 + customer, moment))
        apis.metrics[str(number)] = metric_set(number, moment, 30)


BEGIN = datetime(2025, 4, 1, tzinfo=UTC)
