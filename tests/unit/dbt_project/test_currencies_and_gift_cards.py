"""Orders in other currencies, gift cards and free orders: what counts, and with which amount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.dbt_project.money_company import MoneyCompany, Row

END = [date(2026, 4, 30)]


def order(number: str, customer: str, at: str, net_amount: float, **fields: Any) -> Row:
    return {
        "source_order_id": number,
        "source_customer_id": customer,
        "ordered_at": at,
        "net_amount": net_amount,
        **fields,
    }


TWO_CURRENCIES = [
    order("5001", "77", "2026-01-10 10:00", 40),
    order("5002", "77", "2026-02-14 10:00", 42),
    order("5003", "77", "2026-03-20 10:00", 455, currency="SEK"),
    order("5004", "77", "2026-04-18 10:00", 460, currency="sek "),
    order("5005", "78", "2026-04-19 10:00", 38, currency="eur"),
]


def test_a_purchase_without_a_rate_counts_with_an_unknown_amount() -> None:
    company = MoneyCompany(TWO_CURRENCIES, END)

    assert company.kept(END[0]) == {"77": 82, "78": 38}
    assert sum(company.totals("orders").values()) == 5
    features = company.features("77")
    assert features["days_since_last_order"] == 12
    assert (features["orders_lifetime"], features["purchase_days_lifetime"]) == (4, 4)
    assert features["valued_days_lifetime"] == 2
    assert features["net_revenue_lifetime"] == 82
    # Of the last 30 days only an unknown amount is known; of the last week that nothing was bought.
    assert features["net_revenue_30d"] is None
    assert features["net_revenue_7d"] == 0
    assert features["average_order_value_365d"] == 41


@pytest.mark.parametrize(
    ("currency", "sign", "amount"),
    [
        ("EUR", "€", 10),
        ("EUR", " Euro", 10),
        ("EUR", "$", None),
        ("CAD", "$", 10),
        ("CAD", "US$", None),
        ("NOK", "kr", 10),
        ("CNY", "¥", 10),
    ],
)
def test_a_sign_is_a_currency_where_it_can_be_one_only(
    currency: str, sign: str, amount: int | None
) -> None:
    company = MoneyCompany(
        [order("1", "a", "2026-02-01 10:00", 10, currency=sign)], END, {"currency": currency}
    )

    assert company.kept(END[0]) == {"a": amount}


def test_an_order_uses_the_latest_rate_on_or_before_its_day() -> None:
    company = MoneyCompany(
        TWO_CURRENCIES,
        END,
        {"exchange_rates": True},
        exchange_rates=[
            {"rated_on": date(2026, 1, 1), "currency": "SEK", "rate": "0.09"},
            {"rated_on": date(2026, 4, 18), "currency": "SEK", "rate": "0.1"},
            {"rated_on": date(2026, 4, 19), "currency": "SEK", "rate": "0.5"},
        ],
    )

    totals = company.totals("net_revenue")
    assert (float(totals[date(2026, 3, 20)]), totals[date(2026, 4, 18)]) == (40.95, 46)
    assert float(company.kept(END[0])["77"]) == 168.95


def test_a_rate_after_the_order_does_not_apply() -> None:
    rates = [{"rated_on": date(2026, 4, 1), "currency": "SEK", "rate": "0.1"}]
    company = MoneyCompany(TWO_CURRENCIES, END, {"exchange_rates": True}, exchange_rates=rates)

    assert company.kept(END[0])["77"] == 128


def test_refunds_use_the_rate_of_their_order() -> None:
    """A Swedish order of 400 at 0.1: 100 kronor back as its own amount, 5 euro back as a row."""
    fields: dict[str, Any] = {"currency": "SEK", "refunded_at": "2026-04-20 10:00"}
    company = MoneyCompany(
        [
            order("1", "a", "2026-04-02 10:00", 400, refunded_amount=100, **fields),
            order("2", "b", "2026-04-02 10:00", 400, currency="SEK"),
        ],
        END,
        {"exchange_rates": True},
        exchange_rates=[
            {"rated_on": date(2026, 4, 1), "currency": "SEK", "rate": "0.1"},
            {"rated_on": date(2026, 4, 20), "currency": "SEK", "rate": "0.2"},
        ],
        int_refunds_versions=[
            {
                "source_refund_id": "r",
                "source_order_id": "2",
                "refunded_at": "2026-04-20 10:00",
                "amount": 5,
                "currency": "EUR",
            }
        ],
    )

    assert company.kept(END[0]) == {"a": 30, "b": 35}
    assert company.totals("refunded_amount") == {date(2026, 4, 20): 15}


def test_an_order_of_unknown_amount_can_be_wholly_refunded() -> None:
    fields: dict[str, Any] = {"currency": "SEK", "refunded_at": "2026-03-01 10:00"}
    company = MoneyCompany(
        [
            order("1", "a", "2026-02-01 10:00", 400, refunded_amount=50, **fields),
            order("2", "b", "2026-02-01 10:00", 400, status="refunded", **fields),
        ],
        END,
    )

    assert company.totals("orders") == {date(2026, 2, 1): 1}
    assert company.totals("refunds") == {date(2026, 3, 1): 2}
    assert company.kept(END[0]) == {"a": None, "b": None}
    assert company.features("a")["days_since_last_order"] == 88
    assert company.features("a")["net_revenue_lifetime"] is None
    assert company.features("b")["orders_lifetime"] is None


def test_a_third_decimal_is_kept_where_the_currency_has_one() -> None:
    dinar = {"currency": "KWD", "currency_decimals": 3, "money_type": "decimal(18, 3)"}
    company = MoneyCompany(
        [order("1", "a", "2026-02-01 10:00", 12.345, currency="kwd")], END, dinar
    )

    assert str(company.kept(END[0])["a"]) == "12.345"
    assert str(company.totals("net_revenue")[date(2026, 2, 1)]) == "12.345"


GIFT_CARDS = [
    order("9001", "94", "2026-04-01 10:00", 50, payment_kind="money", is_gift_card_sale=True),
    order("9002", "95", "2026-04-20 10:00", 50, payment_kind="gift_card"),
    order("9003", "95", "2026-04-28 10:00", 0, payment_kind="coupon"),
    order("9004", "96", "2026-04-28 10:00", 0),
]


@pytest.mark.parametrize(
    ("setting", "revenue", "kept"),
    [
        ("count_when_spent", {date(2026, 4, 20): 50}, {"94": None, "95": 50, "96": None}),
        ("count_when_sold", {date(2026, 4, 1): 50}, {"94": 50, "95": 0, "96": None}),
    ],
)
def test_a_gift_card_is_revenue_once(
    setting: str, revenue: dict[date, int], kept: dict[str, int | None]
) -> None:
    company = MoneyCompany(GIFT_CARDS, END, {"gift_cards": setting})

    assert company.totals("net_revenue") == revenue
    assert company.kept(END[0]) == kept
    # The free order of 28 April is neither a purchase nor a purchase day.
    assert company.features("95")["days_since_last_order"] == 10
    assert company.features("95")["purchase_days_lifetime"] == 1
    assert company.features("96") == {}
    assert (company.features("94") == {}) == (setting == "count_when_spent")


def test_the_refund_of_an_unspent_gift_card_takes_nothing_from_revenue() -> None:
    sale = {**GIFT_CARDS[0], "status": "refunded", "refunded_at": "2026-04-05 10:00"}
    company = MoneyCompany([sale], END)

    assert company.totals("net_revenue") == {}
    assert company.totals("refunded_amount") == {}


def test_an_optional_amount_with_more_decimals_is_unknown_and_not_rounded() -> None:
    company = MoneyCompany(
        [order("1", "a", "2026-02-01 10:00", 10, gross_amount=12.345, discount_amount=2.34)], END
    )

    assert company.query("select gross_amount, discount_amount from int_purchases") == [
        (None, Decimal("2.34"))
    ]


def line(order_id: str, number: int, price: float, **fields: Any) -> Row:
    return {
        "_row": number,
        "source_order_id": order_id,
        "source_order_line_id": f"{order_id}-{number}",
        "quantity": 1,
        "unit_price": price,
        **fields,
    }


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        ("count_when_spent", {"goods": 30, "mixed": 60, "refunded": 40, "gift": None}),
        ("count_when_sold", {"goods": 30, "mixed": 100, "refunded": 80, "gift": 55}),
    ],
)
def test_a_gift_card_in_a_mixed_order_takes_its_own_part(
    setting: str, kept: dict[str, int | None]
) -> None:
    """Goods of 60 and a card of 40; of one order 20 came back. A card alone was sent for 5."""
    at = "2026-04-01 10:00"
    company = MoneyCompany(
        [
            order("1", "goods", at, 30),
            order("2", "mixed", at, 100),
            order("3", "refunded", at, 100, refunded_amount=20, refunded_at="2026-04-03 10:00"),
            order("4", "gift", at, 55),
        ],
        END,
        {"gift_cards": setting},
        int_order_lines_versions=[
            line("1", 1, 30),
            line("2", 2, 60),
            line("2", 3, 40, is_gift_card=True),
            line("3", 4, 60),
            line("3", 5, 40, is_gift_card=True),
            line("4", 6, 50, is_gift_card=True),
        ],
    )

    assert company.kept(END[0]) == kept
    [total] = company.totals("net_revenue").values()
    assert total == sum(amount or 0 for amount in kept.values())


def test_the_refund_of_a_whole_mixed_order_is_not_beyond_it() -> None:
    at, back = "2026-04-01 10:00", "2026-04-03 10:00"
    company = MoneyCompany(
        [order("1", "a", at, 100, status="refunded", refunded_amount=100, refunded_at=back)],
        END,
        int_order_lines_versions=[line("1", 1, 60), line("1", 2, 40, is_gift_card=True)],
    )

    assert company.kept(END[0]) == {"a": None}
    assert company.query(
        "select amount, excess_amount, is_suspect, is_whole from int_order_refunds"
    ) == [(60, 0, False, True)]
