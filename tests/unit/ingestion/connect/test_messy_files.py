"""Files as messy shops deliver them: the drafts' rows, and the questions with their numbers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.unit.ingestion.connect.conftest import Deliver, Project


def questions_of(project: Project, name: str) -> str:
    """Every question of the drafts on one line each."""
    texts = [path.read_text() for path in sorted(project.staging(name).glob("*.sql"))]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return " ".join(line.removeprefix("--").strip() for line in lines if line.startswith("--"))


def by_id(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in rows}


def test_orders_in_two_currencies_are_kept_and_asked_about(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,ordered_at,status,currency,net_amount\n"
        "5001,77,2026-01-10 10:00:00,completed,EUR,40.00\n"
        "5002,77,2026-02-14 10:00:00,completed,EUR,42.00\n"
        "5003,77,2026-03-20 10:00:00,completed,SEK,455.00\n"
        "5004,77,2026-04-18 10:00:00,completed,SEK,460.00\n"
        "5005,78,2026-04-19 10:00:00,completed,eur,38.00\n",
    )
    project.connect("shop", folder)
    rows = project.staged("shop", "orders")
    assert [row["_reject_reason"] for row in rows] == [None] * 5
    assert [row["currency"].upper() for row in rows] == ["EUR", "EUR", "SEK", "SEK", "EUR"]
    asked = questions_of(project, "shop")
    assert "currency has 2 currencies (EUR 60.0%, SEK 40.0%; 1 of 5 codes in lower case)" in asked
    assert "currency: EUR" in project.config.read_text()


def test_only_payments_made_count_and_refunds_stand_apart(
    project: Project, deliver: Deliver
) -> None:
    deliver(
        "payments.csv",
        "payment_id,order_id,kind,status,amount\n"
        "1,8001,authorization,success,100.00\n"
        "2,8001,capture,success,100.00\n"
        "3,8001,refund,success,30.00\n"
        "4,8002,sale,failure,55.00\n"
        "5,8002,sale,success,55.00\n",
    )
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,ordered_at,status\n"
        "8001,92,2026-04-01 10:00:00,completed\n"
        "8002,93,2026-04-01 11:00:00,completed\n",
    )
    project.connect("shop", folder)
    rows = by_id(project.staged("shop", "orders"), "source_order_id")
    amounts = {key: (row["net_amount"], row["refunded_amount"]) for key, row in rows.items()}
    assert amounts == {"8001": (Decimal(100), Decimal(30)), "8002": (Decimal(55), None)}
    asked = questions_of(project, "shop")
    assert (
        "payments.amount adds up to 340.00, with a row for each attempt by kind (sale 2,"
        " authorization 1, capture 1, refund 1) and status (success 4, failure 1): only payments"
        " made count (155.00), and refunds add up to 30.00" in asked
    )


@pytest.mark.parametrize(
    ("row", "currency", "expected"),
    [
        ("ch_1,cus_1,1775037600,jpy,12000", "JPY", "12000"),
        ("ch_2,cus_2,1775037600,kwd,12345", "KWD", "12.345"),
        ("ch_3,cus_3,1775037600,eur,12345", "EUR", "123.45"),
    ],
)
def test_amounts_in_the_smallest_unit_are_read_by_the_currency_s_decimals(
    project: Project, deliver: Deliver, row: str, currency: str, expected: str
) -> None:
    folder = deliver("charges.csv", f"id,customer,created,currency,amount\n{row}\n")
    project.connect("payments", folder)
    (order,) = project.staged("payments", "orders")
    assert order["net_amount"] == Decimal(expected)
    assert order["ordered_at"] == datetime.fromisoformat("2026-04-01T10:00")
    assert order["_reject_reason"] is None
    assert f"amount has no decimals and currency is in lower case ({currency.lower()})" in (
        questions_of(project, "payments")
    )
    assert f"currency: {currency} " in project.config.read_text()


def test_gift_cards_are_known_by_the_line_s_type_and_by_the_payment(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,ordered_at,status,net_amount,payment_method,line_type\n"
        "9001,94,2026-04-01 10:00:00,completed,50.00,card,gift_card\n"
        "9002,95,2026-04-20 10:00:00,completed,50.00,gift_card,goods\n"
        "9003,95,2026-04-28 10:00:00,completed,0.00,coupon,goods\n",
    )
    project.connect("shop", folder)
    rows = project.staged("shop", "orders")
    assert [(row["payment_kind"], row["is_gift_card_sale"]) for row in rows] == [
        ("money", True),
        ("gift_card", False),
        (None, False),
    ]
    assert all(row.get("_lost_fields") is None for row in rows)
    asked = questions_of(project, "shop")
    assert "payment_method has gift cards (gift_card 1)" in asked
    assert "line_type has gift cards (gift_card 1)" in asked


AMOUNTS = ("1.234,56", "12,50", "1.000", "12.125", "1,234.56", "(12,00)", "9,999")


def test_one_decimal_mark_is_chosen_and_values_that_it_cannot_mean_are_rejected(
    project: Project, deliver: Deliver
) -> None:
    lines = "".join(f'{n},"{amount}"\n' for n, amount in enumerate(AMOUNTS, start=1))
    project.connect("shop", deliver("orders.csv", f"order_id,net_amount\n{lines}"))
    rows = by_id(project.staged("shop", "orders"), "source_order_id")
    found = {key: row["net_amount"] for key, row in rows.items()}
    assert found == {
        "1": Decimal("1234.56"), "2": Decimal("12.50"), "3": Decimal(1000), "4": None, "5": None,
        "6": Decimal(-12), "7": Decimal("9.999"),
    }  # fmt: skip
    reasons = {key: row["_reject_reason"] for key, row in rows.items() if row["_reject_reason"]}
    assert reasons == {
        "4": "unreadable net_amount: 12.125",
        "5": "unreadable net_amount: 1,234.56",
    }
    asked = questions_of(project, "shop")
    assert (
        "3 values of net_amount have a decimal comma and 1 a decimal point; 3 like 9.999" in asked
    )


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Total,Lineitem name,Lineitem quantity,Lineitem price\n"
    "#1001,ann@example.com,paid,2026-04-01 10:00:00 +0200,45.00,Tea,1,20.00\n"
    "#1001,,,,,Cup,1,25.00\n"
    "#1002,bob@example.com,paid,2026-04-02 10:00:00 +0200,20.00,Tea,1,20.00\n"
    "#1003,cyd@example.com,refunded,2026-04-03 10:00:00 +0200,25.00,Cup,1,25.00\n"
)


def test_order_fields_on_the_first_line_make_three_orders_of_four_lines(
    project: Project, deliver: Deliver
) -> None:
    connection = project.connect("shop", deliver("orders_export.csv", SHOPIFY))
    assert {each.entity for each in connection.proposal.entities} == {
        "customers", "orders", "order_lines",
    }  # fmt: skip
    orders = project.staged("shop", "orders")
    assert [
        (row["source_order_id"], row["ordered_at"], row["status"], row["net_amount"])
        for row in orders
    ] == [
        ("#1001", datetime.fromisoformat("2026-04-01T08:00"), "completed", Decimal(45)),
        ("#1002", datetime.fromisoformat("2026-04-02T08:00"), "completed", Decimal(20)),
        ("#1003", datetime.fromisoformat("2026-04-03T08:00"), "refunded", Decimal(25)),
    ]
    assert all(row["_reject_reason"] is None for row in orders)
    lines = project.staged("shop", "order_lines")
    assert sorted(
        (row["source_order_line_id"], row["product_name"], row["unit_price"]) for row in lines
    ) == [
        ("#1001-1", "Tea", Decimal(20)),
        ("#1001-2", "Cup", Decimal(25)),
        ("#1002-1", "Tea", Decimal(20)),
        ("#1003-1", "Cup", Decimal(25)),
    ]
    customers = project.staged("shop", "customers")
    assert {row["email"] for row in customers} == {
        "ann@example.com", "bob@example.com", "cyd@example.com",
    }  # fmt: skip
    ids = {row["source_customer_id"] for row in customers}
    assert {row["source_customer_id"] for row in orders} == ids
    # Ids are published, and addresses are not.
    assert not any("@" in each for each in ids)


def workbook(path: Path, *rows: tuple[object, ...], padded: int | None = None) -> None:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if padded is not None:
        for (cell,) in sheet.iter_rows(min_row=2, min_col=padded, max_col=padded):
            cell.number_format = "00000"
    book.save(path)


CUSTOMERS = (
    "customer_id,email\n"
    "00042,a@example.com\n"
    "12345,b@example.com\n"
    "900719925474099312,c@example.com\n"
)


def test_orders_whose_ids_a_spreadsheet_has_damaged_find_their_customers_or_none(
    project: Project, deliver: Deliver
) -> None:
    deliver("customers.csv", CUSTOMERS)
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,net_amount\n1,42,10.00\n2,12345.0,11.00\n3,9.00719925474099E+17,12.00\n",
    )
    project.connect("shop", folder)
    rows = by_id(project.staged("shop", "orders"), "source_order_id")
    assert {key: row["source_customer_id"] for key, row in rows.items()} == {
        "1": "00042", "2": "12345", "3": None,
    }  # fmt: skip
    assert rows["3"]["_lost_fields"] == ["source_customer_id"]
    asked = questions_of(project, "shop")
    assert "1 of 3 ids in customer_id are like 12345.0, and 1 like 9.007E+17" in asked
    assert (
        "1 of 3 rows of orders find a customer by orders.customer_id = customers.customer_id, 2"
        " with leading zeros up to 5 digits" in asked
    )


def test_a_workbook_of_orders_invents_no_customer(project: Project, deliver: Deliver) -> None:
    folder = deliver("customers.csv", CUSTOMERS)
    workbook(
        folder / "orders.xlsx",
        ("order_id", "customer_id", "net_amount"),
        (1, 42, 10.0),
        (2, 12345.0, 11.0),
        (3, 9.00719925474099e17, 12.0),
        padded=2,
    )
    project.connect("shop", folder)
    known = {row["source_customer_id"] for row in project.staged("shop", "customers")}
    rows = by_id(project.staged("shop", "orders"), "source_order_id")
    found = {key: row["source_customer_id"] for key, row in rows.items()}
    assert (found["1"], found["2"]) == ("00042", "12345")
    assert "of 3 rows of orders find a customer" in questions_of(project, "shop")
    assert known == {"00042", "12345", "900719925474099312"}


def test_years_of_two_digits_are_years_of_this_time(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,ordered_at,net_amount\n"
        "1,11,03/04/26,10.00\n"
        "2,11,28/02/26,11.00\n"
        "3,12,31/12/99,12.00\n"
        "4,12,03/04/2026,13.00\n",
    )
    project.connect("shop", folder)
    found = [row["ordered_at"].date().isoformat() for row in project.staged("shop", "orders")]
    assert found == ["2026-04-03", "2026-02-28", "1999-12-31", "2026-04-03"]
    assert "3 of 4 years in ordered_at have two digits" in questions_of(project, "shop")


@pytest.mark.parametrize("machine", ["UTC", "America/New_York"])
def test_a_time_without_an_offset_is_a_question_and_no_offset_is_dropped(
    project: Project, deliver: Deliver, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setenv("TZ", machine)
    folder = deliver(
        "tickets.csv",
        "ticket_id,customer_id,opened_at\n"
        "1,11,2026-03-29T00:30:00Z\n"
        "2,11,2026-03-29T02:30:00\n"
        "3,12,2026-03-29 02:30:00+02\n"
        "4,12,2026-03-29T00:30:00+00:00\n",
    )
    project.connect("desk", folder)
    asked = questions_of(project, "desk")
    assert "1 of 4 times in opened_at have no offset, and 3 have one" in asked
    text = (project.staging("desk") / "stg_desk__tickets.sql").read_text()
    assert "read_timestamp('opened_at', zone=var('time_zone'))" in text
    found = {row["source_ticket_id"]: row["opened_at"] for row in project.staged("desk", "tickets")}
    assert {key: value.isoformat() for key, value in found.items() if key != "2"} == {
        "1": "2026-03-29T00:30:00",
        "3": "2026-03-29T00:30:00",
        "4": "2026-03-29T00:30:00",
    }


def test_numbers_since_1970_are_read_by_their_size(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "events.csv",
        "event_id,customer_id,occurred_at\n"
        "1,11,1767225600000\n"
        "2,11,1767225600\n"
        "3,12,1767225600000000\n"
        "4,12,0\n",
    )
    project.connect("app", folder)
    rows = project.staged("app", "events")
    assert [row["occurred_at"] for row in rows] == [
        *[datetime.fromisoformat("2026-01-01")] * 3,
        None,
    ]
    assert rows[3]["_reject_reason"].endswith("occurred_at: 0")
    assert (
        "occurred_at mixes 1 seconds since 1970, 1 milliseconds since 1970, 1 microseconds since"
        " 1970 and 1 of no known form" in questions_of(project, "app")
    )


def test_the_states_of_a_subscription_and_their_times_are_read(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "subscriptions.csv",
        "subscription_id,customer_id,plan,status,started_at,trial_end,paused_at,resumes_at,ended_at\n"
        "1,801,basic,canceled,2026-01-01,,,,2026-03-01\n"
        "2,801,pro,active,2026-03-01,,,,\n"
        "3,802,pro,paused,2026-01-01,,2026-03-10,2026-05-10,\n"
        "4,803,pro,trialing,2026-03-25,2026-04-08,,,\n"
        "5,804,pro,canceled,2026-03-25,2026-04-08,,,2026-04-08\n"
        "6,805,pro,incomplete_expired,2026-03-01,,,,2026-03-02\n",
    )
    project.connect("billing", folder)
    rows = by_id(project.staged("billing", "subscriptions"), "source_subscription_id")
    assert [row["status"] for row in rows.values()] == [
        "cancelled", "active", "paused", "trialing", "cancelled", "incomplete_expired",
    ]  # fmt: skip
    day = datetime.fromisoformat
    assert (rows["3"]["paused_at"], rows["3"]["resumes_at"]) == (
        day("2026-03-10"), day("2026-05-10"),
    )  # fmt: skip
    assert rows["4"]["trial_ends_at"] == day("2026-04-08")
    assert rows["6"]["ended_at"] == day("2026-03-02")


ODD = (
    "NaN", "nan", "Infinity", "-1", "0", "99999999999999999999", "57971-01-01", "9999-12-31",
    "0000-00-00 00:00:00", "1767225600000000", "soon", "2026-13-45", "É€", "1e400", "{{ x }}",
)  # fmt: skip


def test_odd_values_in_every_column_stop_nothing(project: Project, deliver: Deliver) -> None:
    good = [f"{n},{n % 7},2026-01-{n % 28 + 1:02} 10:00:00,paid,EUR,{n}.50" for n in range(1, 30)]
    bad = [f"{n},{value},{value},{value},{value},{value}" for n, value in enumerate(ODD, start=100)]
    folder = deliver(
        "orders.csv",
        "\n".join(["order_id,customer_id,ordered_at,status,currency,total", *good, *bad]) + "\n",
    )
    project.connect("shop", folder)
    rows = project.staged("shop", "orders")
    assert len(rows) == len(good) + len(ODD)
    accepted = [row for row in rows if row["_reject_reason"] is None]
    assert [row["source_order_id"] for row in accepted] == [str(n) for n in range(1, 30)]
