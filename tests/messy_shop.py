"""A shop whose exports have the troubles that real shops report, beside ordinary customers.

All files are text, as a shop, a billing system and a help desk export them. Ordinary customers buy
at a pace of their own, which falls at some time, so that a model can be trained.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2024, 7, 1, tzinfo=UTC)
END = datetime(2026, 6, 30, tzinfo=UTC)
ORDINARY = 240

CUSTOMERS = (
    "customer_id", "email", "phone", "first_name", "last_name", "birth_year", "created_at",
)  # fmt: skip
ORDERS = (
    "order_id", "customer_id", "ordered_at", "status", "currency", "net_amount", "refund_amount",
    "refunded_at", "payment_method", "line_type",
)  # fmt: skip
TICKETS = ("ticket_id", "customer_id", "opened_at", "subject")
EVENTS = ("event_id", "customer_id", "occurred_at", "event_type")

Row = Sequence[object]

# Household, shared mailbox, damaged phones, one buyer with a new id at each checkout.
PEOPLE: list[Row] = [
    (77, "sven@example.com", "", "Sven", "Berg", "", "2026-01-05 10:00:00"),
    (78, "olga@example.com", "", "Olga", "Holm", "", "2026-04-01 10:00:00"),
    (90, "nina@example.com", "", "Nina", "Weiss", "", "2026-01-20 10:00:00"),
    (91, "rita@example.com", "", "Rita", "Rueck", "", "2026-01-20 10:00:00"),
    (94, "giver@example.com", "", "Gerd", "Geber", "", "2026-03-20 10:00:00"),
    (95, "taker@example.com", "", "Tina", "Nehmer", "", "2026-04-10 10:00:00"),
    (301, "a@example.com", "4.47701E+11", "Amir", "Aziz", "", "2025-05-01 10:00:00"),
    (302, "b@example.com", "4.47701E+11", "Bea", "Bohm", "", "2025-05-02 10:00:00"),
    (303, "c@example.com", "07700900123.0", "Cara", "Cole", "", "2025-05-03 10:00:00"),
    (305, "c5@example.com", "07700900123", "Cara", "Cole", "", "2025-06-03 10:00:00"),
    (601, "mia@example.com", "+49301234567", "Mia", "Kern", 1988, "2025-02-01 10:00:00"),
    (602, "paul@example.com", "+49301234567", "Paul", "Kern", 1985, "2025-02-02 10:00:00"),
    (603, "info@kiosk.de", "", "Jo", "Lang", 1990, "2025-03-01 10:00:00"),
    (605, "lou@example.com", "0301234567", "Lou", "Kern", "", "2025-02-03 10:00:00"),
    (606, "kay.roth+shop@gmail.com", "", "Kay", "Roth", "", "2025-02-04 10:00:00"),
    (607, "KayRoth@gmail.com", "0171-1234567 (mobil)", "Kay", "Roth", "", "2025-02-05 10:00:00"),
    (604, "info@kiosk.de", "", "Kim", "Brandt", 1971, "2025-03-02 10:00:00"),
    *(
        (701 + number, "lea@example.com", "", "", "", "", moment)
        for number, moment in enumerate(
            (
                "2026-01-10 10:00:00",
                "2026-02-11 10:00:00",
                "2026-03-12 10:00:00",
                "2026-04-11 10:00:00",
                "2026-05-12 10:00:00",
                "2026-06-11 10:00:00",
            )
        )
    ),
]

# Before and after their erasure on the last day.
ERASED_BEFORE: list[Row] = [
    (201, "ann@example.com", "07700900201", "Ann", "Ash", "", "2025-01-01 10:00:00"),
    (202, "bob@example.com", "07700900202", "Bob", "Birch", "", "2025-01-02 10:00:00"),
]
ERASED_AFTER: list[Row] = [
    (201, "deleted@site.invalid", "0000000000", "", "", "", "0000-00-00 00:00:00"),
    (202, "deleted@site.invalid", "0000000000", "", "", "", "0000-00-00 00:00:00"),
]


def paid(number: object, customer: int, moment: str, amount: str, **rest: str) -> Row:
    """A completed order in euros, or as `rest` says."""
    row = dict.fromkeys(ORDERS, "") | {
        "order_id": number,
        "customer_id": customer,
        "ordered_at": moment,
        "status": "completed",
        "currency": "EUR",
        "net_amount": amount,
        "payment_method": "card",
        "line_type": "goods",
        **rest,
    }
    return tuple(row.values())


PURCHASES: list[Row] = [
    paid(5001, 77, "2026-01-10 10:00:00", "40.00"),
    paid(5002, 77, "2026-02-14 10:00:00", "42.00"),
    paid(5003, 77, "2026-03-20 10:00:00", "455.00", currency="SEK"),
    paid(5004, 77, "2026-04-18 10:00:00", "460.00", currency="SEK"),
    paid(5005, 78, "2026-04-19 10:00:00", "38.00", currency="eur"),
    paid(5006, 78, "2026-05-19 10:00:00", "12.00", currency="€"),
    paid(6001, 90, "2026-02-01 10:00:00", "100.00"),
    paid(
        6002, 90, "2026-03-01 10:00:00", "200.00",
        refund_amount="180.00", refunded_at="2026-03-09 10:00:00",
    ),
    paid(
        6003, 90, "2026-04-01 10:00:00", "50.00",
        status="refunded", refund_amount="50.00", refunded_at="2026-04-03 10:00:00",
    ),
    # More back than was paid, and a credit note among the orders.
    paid(
        6004, 91, "2026-04-01 10:00:00", "60.00",
        refund_amount="90.00", refunded_at="2026-04-05 10:00:00",
    ),
    paid(6005, 91, "2026-04-10 10:00:00", "80.00"),
    paid(6006, 91, "2026-04-20 10:00:00", "-30.00"),
    paid(9001, 94, "2026-04-01 10:00:00", "50.00", line_type="gift_card"),
    paid(9002, 95, "2026-04-20 10:00:00", "50.00", payment_method="gift_card"),
    paid(9003, 95, "2026-04-28 10:00:00", "0.00", payment_method="coupon"),
    *(
        paid(7001 + number, 701 + number, f"2026-{number + 1:02d}-12 10:00:00", "30.00")
        for number in range(6)
    ),
    *(
        paid(8000 + customer, customer, f"2026-05-{customer % 28 + 1:02d} 12:00:00", "25.00")
        for customer in (201, 202, 301, 302, 303, 305, 601, 602, 603, 604)
    ),
    # A year of two digits, the year 57971, days that are none, a number of a spreadsheet and a date
    # far ahead: no row stops the day.
    paid("bad-1", 301, "03/04/26", "10.00"),
    paid("bad-2", 302, "57971-02-03 10:00:00", "10.00"),
    paid("bad-3", 303, "0000-00-00 00:00:00", "10.00"),
    paid("bad-4", 303, "2025-02-30", "10.00"),
    paid("bad-5", 303, "46114.4375", "10.00"),
    paid("bad-6", 303, "9999-12-31 23:59:59", "10.00"),
    paid("named-1", 303, "Jan 3, 2026", "10.00"),
]  # fmt: skip

# A time with an offset, without one, and with two other spellings of an offset.
OPENED: list[Row] = [
    (1, 301, "2026-03-29T00:30:00Z", "Where is it?"),
    (2, 301, "2026-03-29T02:30:00", "Where is it?"),
    (3, 302, "2026-03-29 02:30:00+02", "Where is it?"),
    (4, 302, "2026-03-29T00:30:00+00:00", "Where is it?"),
]

# Milliseconds, seconds, microseconds, and none.
OCCURRED: list[Row] = [
    (1, 301, "1767225600000", "session"),
    (2, 301, "1767225600", "session"),
    (3, 302, "1767225600000000", "session"),
    (4, 302, "0", "session"),
]


def write(folder: Path, seed: int = 3) -> None:
    """Write the exports of the day before the last and of the last day."""
    chance = random.Random(seed)
    people, orders, tickets, events = list(PEOPLE), list(PURCHASES), list(OPENED), list(OCCURRED)
    for number in range(10_001, 10_001 + ORDINARY):
        joined = BEGIN + timedelta(days=chance.uniform(0, 500), hours=chance.uniform(8, 20))
        first = f"Person{number}"
        people.append((number, f"p{number}@example.org", "", first, "Ordinary", "", text(joined)))
        leaves = joined + timedelta(days=chance.expovariate(1 / 250))
        pace = chance.choice([12, 25, 50, 90])
        moment = joined
        while moment < END:
            amount = f"{chance.uniform(15, 90):.2f}"
            orders.append(paid(20_000 + len(orders), number, text(moment), amount))
            if chance.random() < 0.1:
                later = moment + timedelta(days=2)
                tickets.append((1000 + len(tickets), number, f"{later:%Y-%m-%dT%H:%M:%S}Z", "Late"))
            events.append(
                (1000 + len(events), number, f"{moment.timestamp() * 1000:.0f}", "session")
            )
            # From then on five times as seldom: silence alone does not show who has left.
            slower = 5 if moment > leaves else 1
            moment += timedelta(days=chance.expovariate(1 / (slower * pace)))
    first_day, last_day = (f"{END - timedelta(days=days):%Y-%m-%d}" for days in (1, 0))
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / f"customers_{first_day}.csv", CUSTOMERS, [*ERASED_BEFORE, *people])
    save(folder / f"customers_{last_day}.csv", CUSTOMERS, ERASED_AFTER)
    save(folder / f"orders_{first_day}.csv", ORDERS, orders)
    save(folder / f"tickets_{first_day}.csv", TICKETS, tickets)
    save(folder / f"events_{first_day}.csv", EVENTS, events)


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def save(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
