"""Staging of the records of HubSpot, Shopify and Zendesk, value by value, with unreadable ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import yaml

from deployment.config_file import load_config
from deployment.home import Home
from ingestion.extraction.sources import extract
from tests.api_company import contact, metric_set, order, shop_customer, ticket, user
from tests.api_sources import example
from tests.integration.deployments import Deployment
from tests.local_apis import SECRETS, LocalApis
from warehouse.connection import Warehouse, write_run_dates

DAY = date(2026, 6, 1)
# An hour before and one after the clocks go forward in Berlin.
WINTER = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
SUMMER = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def payment(amount: str, currency: str = "EUR", **fields: str) -> dict[str, Any]:
    return {"kind": "refund", "status": "success", "amount": amount, "currency": currency, **fields}


def fill(apis: LocalApis) -> None:
    apis.customers.put(shop_customer(1, WINTER, "Ada@Example.com"))
    erased = {"first_name": None, "last_name": None, "default_address": None}
    apis.customers.put({**shop_customer(2, SUMMER, None), **erased})
    apis.customers.put({**shop_customer(3, SUMMER, "c@example.com"), "created_at": "gestern"})

    refund = {"created_at": "2026-04-02T10:00:00+02:00"}
    price = {
        "shop_money": {"amount": "100.00", "currency_code": "EUR"},
        "presentment_money": {"amount": "110.00", "currency_code": "USD"},
    }
    late = {"processed_at": "2026-04-03T09:00:00+02:00"}
    for record in (
        order(
            1,
            1,
            WINTER,
            "90.00",
            created_at="2026-05-01T00:00:00Z",
            total_discounts="10.00",
            discount_codes=[{"code": "MAI10", "amount": "10.00", "type": "fixed_amount"}],
        ),
        order(
            2,
            1,
            SUMMER,
            "20.00",
            financial_status="refunded",
            refunds=[
                {**refund, "transactions": [payment("5.00")]},
                {"created_at": "2026-04-03T10:00:00+02:00", "transactions": [payment("15.00")]},
            ],
        ),
        order(
            3,
            1,
            SUMMER,
            "100.00",
            financial_status="partially_refunded",
            total_price_set=price,
            refunds=[{**refund, "transactions": [payment("55.00", "USD", **late)]}],
        ),
        order(4, 1, SUMMER, "7.00", cancelled_at="2026-03-30T08:00:00+02:00"),
        order(5, 1, SUMMER, "1.00", test=True),
        order(6, None, SUMMER, "8.00", line_items=[]),
        order(7, 1, SUMMER, "zwölf"),
        order(8, 1, SUMMER, "9.00", financial_status="voided"),
        order(9, 1, SUMMER, "9.50", financial_status="pending"),
        order(10, 1, SUMMER, "9.60", financial_status="mystery"),
        order(11, 1, SUMMER, "9.70", currency="USD"),
        order(
            12,
            1,
            SUMMER,
            "9.80",
            refunds=[{**refund, "transactions": [payment("9.80", status="failure")]}],
            line_items=[
                {"id": 121, "product_id": None, "title": "By hand", "quantity": 2, "price": "4.90"},
                {"id": 122, "product_id": 7, "title": "Tea", "quantity": "viele", "price": "1"},
            ],
        ),
    ):
        apis.orders.put(record)

    names = {"firstname": "Ada", "lastname": "Lovelace"}
    apis.contacts.put(
        contact(
            101,
            WINTER,
            email="ada@example.com",
            hs_country_region_code="de",
            hs_analytics_source="ORGANIC_SEARCH",
            hs_merged_object_ids="55;56",
            **names,
        )
    )
    apis.contacts.put(contact(102, WINTER))
    apis.contacts.put(
        contact(103, WINTER, hs_country_region_code="Germany", hs_email_optout="true")
    )
    apis.contacts.put({**contact(104, WINTER), "createdAt": "never"})

    apis.users.put(user(201, WINTER, "ada@example.com"))
    apis.users.put(user(202, WINTER, "help@example.com", role="agent"))
    apis.tickets.put(ticket(1, 201, WINTER, satisfaction_rating={"score": "good"}))
    apis.tickets.put(ticket(2, 201, WINTER, status="open", satisfaction_rating={"score": "bad"}))
    apis.tickets.put(ticket(3, 201, WINTER, submitter_id=202, status="new", type=None))
    apis.tickets.put(ticket(4, 201, WINTER, created_at="soon"))
    apis.metrics["1"] = metric_set(1, WINTER, 90)
    apis.metrics["2"] = metric_set(2, WINTER, 5, reopens=2)
    apis.metrics["3"] = {**metric_set(3, WINTER, None), "solved_at": None}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    root = tmp_path_factory.mktemp("apis")
    home = Home(root / "home").create()
    with pytest.MonkeyPatch.context() as patch, LocalApis().serving() as apis:
        for name, secret in {**SECRETS, "ZENDESK_USER": "export@example.com"}.items():
            patch.setenv(name, secret)
        fill(apis)
        path = root / "company.yml"
        path.write_text(yaml.safe_dump(example(apis)), encoding="utf-8")
        config = load_config(path)
        warehouse = Warehouse(home.warehouse, time_zone=config.time_zone)
        warehouse.initialise(config.slug, config.company)
        # A second day, on which an order that was open has been paid.
        for day in (DAY, DAY + timedelta(days=1)):
            with warehouse.connect() as con:
                for name, source in config.sources.items():
                    extract(con, name, source, home, [day])
                write_run_dates(con, [day])
            apis.orders.put(
                order(9, 1, SUMMER, "9.50", updated_at="2026-06-01T12:00:00Z", source_name="pos")
            )
        deployment = Deployment(home, path)
        entities = ("customers", "orders", "order_lines", "refunds", "tickets", "feedback")
        versions = (f"+int_{entity}_versions" for entity in entities)
        cautious = ("--indirect-selection", "cautious")
        deployment.dbt("build", *cautious, "--select", *versions, "+data_quality_daily")
    with warehouse.connect(read_only=True) as con:
        yield con


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def test_orders_are_what_the_shop_says_of_them(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        built,
        """
        select
            source_order_id, source_customer_id, ordered_at::varchar, status, net_amount,
            discount_amount, coupon_code, cancelled_at::varchar, refunded_at::varchar,
            refunded_amount
        from intermediate.int_orders_versions
        where _reject_reason is null and known_to > date '2026-06-02'
        order by source_order_id::int
        """,
    )
    winter, summer = "2026-03-29 01:30:00", "2026-03-29 03:30:00"
    money = Decimal
    nothing = (money("0.00"), None)
    assert found == [
        ("1", "1", winter, "completed", money(90), money(10), "MAI10", None, None, None),
        (
            *("2", "1", summer, "refunded", money(20), *nothing),
            *(None, "2026-04-03 10:00:00", money(20)),
        ),
        (
            *("3", "1", summer, "completed", money(100), *nothing),
            *(None, "2026-04-03 09:00:00", money(50)),
        ),
        ("4", "1", summer, "cancelled", money(7), *nothing, "2026-03-30 08:00:00", None, None),
        ("6", None, summer, "completed", money(8), *nothing, None, None, None),
        ("8", "1", summer, "cancelled", money(9), *nothing, None, None, None),
        ("9", "1", summer, "completed", money("9.50"), *nothing, None, None, None),
        ("11", "1", summer, "completed", money("9.70"), *nothing, None, None, None),
        ("12", "1", summer, "completed", money("9.80"), *nothing, None, None, None),
    ]


def test_orders_that_cannot_count_say_why(built: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        built,
        """
        select source_order_id, _reject_reason
        from intermediate.int_orders_versions
        where _reject_reason is not null
        order by source_order_id::int
        """,
    ) == [
        ("5", "test order"),
        ("7", "unreadable total_price: zwölf"),
        ("10", "unreadable financial_status: mystery"),
    ]


def test_each_payment_back_is_a_refund_on_its_own_day(built: duckdb.DuckDBPyConnection) -> None:
    """Order 3 was paid back in dollars, at the rate at which it was paid."""
    assert rows(
        built,
        """
        select source_order_id, refunded_at::varchar, amount, currency
        from intermediate.int_refunds_versions
        where _reject_reason is null and known_to > date '2026-06-02'
        order by all
        """,
    ) == [
        ("2", "2026-04-02 10:00:00", Decimal(5), "EUR"),
        ("2", "2026-04-03 10:00:00", Decimal(15), "EUR"),
        ("3", "2026-04-03 09:00:00", Decimal(50), "EUR"),
    ]


def test_an_order_in_another_currency_is_kept_and_reported(
    built: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        built,
        """
        select unknown_amounts, unknown_currencies from ops.data_quality_daily
        where table_name = 'orders'
        """,
    ) == [(1, "USD 1")]


def test_an_order_s_lines_come_out_of_it(built: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        built,
        """
        select
            source_order_line_id, source_order_id, product_id, product_name, quantity, unit_price,
            _reject_reason
        from intermediate.int_order_lines_versions
        where source_order_id in ('1', '5', '6', '12')
        order by source_order_line_id::int
        """,
    ) == [
        ("10", "1", "501", "Tea 1", 1.0, Decimal(90), None),
        ("50", "5", "505", "Tea 5", 1.0, Decimal(1), "line of a test order"),
        ("121", "12", None, "By hand", 2.0, Decimal("4.9"), None),
        ("122", "12", "7", "Tea", None, Decimal(1), "unreadable quantity: viele"),
    ]


def test_customers_of_all_three_are_read(built: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        built,
        """
        select
            source, source_customer_id, email, full_name, created_at::varchar, country,
            acquisition_channel, marketing_consent, external_ids,
            coalesce(_reject_reason, 'lost: ' || array_to_string(_lost_fields, ', '))
        from intermediate.int_customers_versions
        order by source, source_customer_id::int
        """,
    ) == [
        (
            *("hubspot", "101", "ada@example.com", "Ada Lovelace", "2026-03-29 01:30:00", "DE"),
            *("organic_search", None, ["hubspot:55", "hubspot:56"], None),
        ),
        ("hubspot", "102", None, None, "2026-03-29 01:30:00", None, None, None, [], None),
        ("hubspot", "103", None, None, "2026-03-29 01:30:00", None, None, False, [], None),
        (
            *("hubspot", "104", None, None, None, None, None, None, []),
            "lost: created_at",
        ),
        (
            *("shopify", "1", "Ada@Example.com", "First1 Last1", "2026-03-29 01:30:00", "DE"),
            *(None, True, None, None),
        ),
        ("shopify", "2", None, None, "2026-03-29 03:30:00", None, None, True, None, None),
        (
            *("shopify", "3", "c@example.com", "First3 Last3", None, "DE", None, True, None),
            "lost: created_at",
        ),
        (
            *("zendesk", "201", "ada@example.com", "User 201", "2026-03-29 01:30:00", None),
            *(None, None, None, None),
        ),
        (
            *("zendesk", "202", "help@example.com", "User 202", "2026-03-29 01:30:00", None),
            *(None, None, None, "not a customer: agent"),
        ),
    ]


def test_tickets_have_the_times_of_their_metrics(built: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        built,
        """
        select
            source_ticket_id, opened_at::varchar, first_response_at::varchar,
            resolved_at::varchar, channel, topic, status, csat_score, reopened_count,
            _reject_reason
        from intermediate.int_tickets_versions
        order by source_ticket_id::int
        """,
    ) == [
        (
            *("1", "2026-03-29 01:30:00", "2026-03-29 04:00:00", "2026-03-30 02:30:00"),
            *("email", "question", "solved", 5.0, 0, None),
        ),
        (
            *("2", "2026-03-29 01:30:00", "2026-03-29 01:35:00", None),
            *("email", "question", "open", 1.0, 2, None),
        ),
        ("3", "2026-03-29 01:30:00", None, None, "email", None, "new", None, 0, None),
        (
            *("4", None, None, None, "email", "question", "solved", None, None),
            "unreadable created_at: soon",
        ),
    ]
    assert rows(
        built,
        """
        select source_feedback_id, _reject_reason
        from intermediate.int_feedback_versions order by 1
        """,
    ) == [
        ("1", None),
        ("2", None),
        ("3", "not written by the customer"),
        ("4", "unreadable created_at: soon"),
    ]


def test_every_row_is_accounted_for(built: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        built,
        """
        select
            source, table_name, delivered, accepted, rejected, superseded, lost_values, lost_fields
        from ops.data_quality_daily order by all
        """,
    ) == [
        ("hubspot", "contacts", 4, 4, 0, 0, 1, "created_at: 1"),
        ("shopify", "customers", 3, 3, 0, 0, 1, "created_at: 1"),
        ("shopify", "orders", 13, 9, 3, 1, 0, None),
        ("zendesk", "tickets", 4, 3, 1, 0, 0, None),
        ("zendesk", "users", 2, 1, 1, 0, 0, None),
    ]
