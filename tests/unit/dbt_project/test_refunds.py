"""Refunds on their own days: of orders, as rows, and as credit notes."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.unit.dbt_project.money_company import MoneyCompany, Row

END = [date(2026, 4, 30)]


def order(number: str, at: str, net_amount: float, **fields: Any) -> Row:
    """An order of the customer `a`, unless the fields name another."""
    return {
        "source_order_id": number,
        "source_customer_id": "a",
        "ordered_at": at,
        "net_amount": net_amount,
        **fields,
    }


def refund(number: str, at: str, amount: float, **fields: Any) -> Row:
    """A row of the entity `refunds`."""
    return {"source_refund_id": number, "refunded_at": at, "amount": amount, **fields}


def test_partial_and_whole_refunds_reduce_what_was_kept_each_on_its_day() -> None:
    company = MoneyCompany(
        [
            order("6001", "2026-02-01 10:00", 100),
            order(
                "6002",
                "2026-03-01 10:00",
                200,
                refunded_amount=180,
                refunded_at="2026-03-09 10:00",
            ),
            order(
                "6003",
                "2026-04-01 10:00",
                50,
                status="refunded",
                refunded_amount=50,
                refunded_at="2026-04-03 10:00",
            ),
        ],
        END,
    )

    assert company.kept(date(2026, 3, 8)) == {"a": 300}
    assert company.kept(date(2026, 3, 9)) == {"a": 120}
    assert company.kept(date(2026, 4, 2)) == {"a": 170}
    assert company.kept(date(2026, 4, 3)) == {"a": 120}
    assert company.totals("refunded_amount") == {date(2026, 3, 9): 180, date(2026, 4, 3): 50}
    assert company.totals("refunds") == {date(2026, 3, 9): 1, date(2026, 4, 3): 1}
    assert company.totals("net_revenue") == {date(2026, 2, 1): 100, date(2026, 3, 1): 20}
    features = company.features("a")
    assert (features["net_revenue_lifetime"], features["orders_lifetime"]) == (120, 2)
    assert features["average_order_value_365d"] == 60


def test_each_increase_of_the_refunded_amount_is_a_refund_of_its_own() -> None:
    """150 on 9 March, 30 more on the 20th, of which 20 were taken back on 1 April."""

    def version(load: int, known_from: date, known_to: date, **fields: Any) -> Row:
        return order(
            "1",
            "2026-02-20 10:00",
            200,
            _load_id=load,
            known_from=known_from,
            known_to=known_to,
            **fields,
        )

    days = [date(1, 1, 1), date(2026, 3, 10), date(2026, 3, 21), date(2026, 4, 1)]
    company = MoneyCompany(
        [
            version(1, days[0], days[1]),
            version(2, days[1], days[2], refunded_amount=150, refunded_at="2026-03-09 09:00"),
            version(3, days[2], days[3], refunded_amount=180, refunded_at="2026-03-20 09:00"),
            version(
                4,
                days[3],
                date(9999, 12, 31),
                refunded_amount=160,
                refunded_at="2026-03-20 09:00",
            ),
        ],
        END,
    )

    kept = [company.kept(day)["a"] for day in (date(2026, 3, 9), *days[1:])]
    assert kept == [200, 50, 20, 40]
    assert company.totals("refunded_amount") == {date(2026, 3, 9): 150, date(2026, 3, 20): 10}
    # The day was closed on 27 March, before the last change.
    assert company.totals("net_revenue") == {date(2026, 2, 20): 20}


def test_a_refund_without_a_time_counts_from_the_delivery_that_first_contained_it() -> None:
    later: dict[str, Any] = {"_load_id": 2, "known_from": date(2026, 3, 10)}
    orders = [
        order("partial", "2026-02-20 10:00", 200, known_to=date(2026, 3, 10)),
        order("partial", "2026-02-20 10:00", 200, refunded_amount=150, **later),
        order("whole", "2026-02-20 10:00", 30, known_to=date(2026, 3, 10)),
        order("whole", "2026-02-20 10:00", 30, status="refunded", **later),
    ]
    company = MoneyCompany(orders, END)

    assert company.kept(date(2026, 3, 9)) == {"a": 230}
    assert company.kept(date(2026, 3, 10)) == {"a": 50}
    assert company.totals("refunded_amount") == {date(2026, 3, 10): 180}


def test_refund_rows_replace_the_order_s_own_amount_and_are_capped() -> None:
    company = MoneyCompany(
        [
            order("1", "2026-02-20 10:00", 200, refunded_amount=80),
            order("2", "2026-02-21 10:00", 10),
        ],
        END,
        int_refunds_versions=[
            refund("r1", "2026-03-09 10:00", 30, source_order_id="1"),
            refund("r2", "2026-03-12 10:00", -50, source_order_id="1"),
            refund("r3", "2026-03-15 10:00", 150, source_order_id="1"),
            refund("r4", "2026-03-16 10:00", 7, source_customer_id="a"),
            refund("r5", "2026-03-17 10:00", 9, source_order_id="x", source_customer_id="a"),
        ],
    )

    kept = [company.kept(date(2026, 3, day))["a"] for day in (8, 9, 12, 15, 16, 17)]
    assert kept == [210, 180, 130, 10, 3, 3]
    assert list(company.totals("refunded_amount").values()) == [30, 50, 120, 7, 9]
    assert company.totals("orders") == {date(2026, 2, 21): 1}
    assert company.totals("net_revenue") == {date(2026, 2, 21): 10, date(2026, 3, 16): -7}
    suspects = company.query(
        "select refunded_on, excess_amount from int_order_refunds where is_suspect order by all"
    )
    assert suspects == [(date(2026, 3, 15), 30), (date(2026, 3, 17), 0)]


def test_a_refund_beyond_the_order_brings_the_customer_no_debt() -> None:
    company = MoneyCompany(
        [
            order("1", "2026-02-20 10:00", 20, refunded_amount=25, refunded_at="2026-03-01 10:00"),
            order("2", "2026-02-21 10:00", 10),
        ],
        END,
    )

    assert company.kept(date(2026, 3, 1)) == {"a": 10}
    assert company.totals("refunded_amount") == {date(2026, 3, 1): 20}
    assert company.query("select excess_amount, is_suspect from int_order_refunds") == [(5, True)]


def test_a_credit_note_is_a_refund_and_no_purchase() -> None:
    company = MoneyCompany(
        [
            order("1", "2026-02-01 10:00", 200),
            order("2", "2026-02-10 10:00", -50, credited_order_id="1"),
            order("3", "2026-02-12 10:00", -20),
            order(
                "4",
                "2026-02-13 10:00",
                0,
                status="refunded",
                refunded_amount=5,
                refunded_at="2026-02-13 10:00",
            ),
        ],
        END,
    )

    kept = [company.kept(date(2026, 2, day))["a"] for day in (9, 10, 12, 13)]
    assert kept == [200, 150, 130, 125]
    assert company.totals("orders") == {date(2026, 2, 1): 1}
    assert company.totals("net_revenue") == {
        date(2026, 2, 1): 150,
        date(2026, 2, 12): -20,
        date(2026, 2, 13): -5,
    }
    features = company.features("a")
    assert (features["orders_lifetime"], features["purchase_days_lifetime"]) == (1, 1)
    assert (features["net_revenue_lifetime"], features["refunds_365d"]) == (125, 3)
    assert features["days_since_last_order"] == 88


def test_a_cancelled_order_is_no_refund_but_keeps_the_refunds_before() -> None:
    company = MoneyCompany(
        [
            order(
                "1",
                "2026-02-20 10:00",
                200,
                refunded_amount=50,
                refunded_at="2026-03-01 10:00",
                known_to=date(2026, 3, 5),
            ),
            order(
                "1",
                "2026-02-20 10:00",
                200,
                status="cancelled",
                cancelled_at="2026-03-05 10:00",
                refunded_amount=200,
                refunded_at="2026-03-05 10:00",
                known_from=date(2026, 3, 5),
                _load_id=2,
            ),
        ],
        END,
    )

    assert company.totals("refunded_amount") == {date(2026, 3, 1): 50}
    assert company.totals("cancellations") == {date(2026, 3, 5): 1}
    assert company.totals("net_revenue") == {}
    assert company.kept(date(2026, 3, 4)) == {"a": 150}
    assert company.kept(date(2026, 3, 5)) == {"a": None}


def test_a_refunded_amount_may_have_a_minus_sign() -> None:
    fields: dict[str, Any] = {"refunded_at": "2026-03-01 10:00"}
    company = MoneyCompany(
        [
            order("1", "2026-02-20 10:00", 20, refunded_amount=-5, **fields),
            order("2", "2026-02-21 10:00", 10, status="refunded", refunded_amount=-10, **fields),
        ],
        END,
    )

    assert company.kept(date(2026, 3, 1)) == {"a": 15}
    assert company.totals("refunded_amount") == {date(2026, 3, 1): 15}


def test_a_rebuilt_past_knows_the_refund_from_its_own_time() -> None:
    """The last version is seen from the beginning; daily totals keep what was known."""
    company = MoneyCompany(
        [
            order(
                "1",
                "2026-02-20 10:00",
                20,
                known_to=date(1, 1, 1),
                _known_from=date(1, 1, 1),
                _known_to=date(2026, 3, 10),
            ),
            order(
                "1",
                "2026-02-20 10:00",
                20,
                _load_id=2,
                refunded_amount=5,
                refunded_at="2026-03-01 10:00",
                _known_from=date(2026, 3, 10),
                _known_to=date(9999, 12, 31),
            ),
        ],
        END,
        {"past_dates": "rebuilt"},
    )

    assert company.kept(date(2026, 2, 28)) == {"a": 20}
    assert company.kept(date(2026, 3, 1)) == {"a": 15}
    assert company.totals("refunded_amount") == {date(2026, 3, 1): 5}
    corrected = company.query(
        "select corrected_on from daily_totals where metric = 'net_revenue' and corrections > 0"
    )
    assert corrected == [(date(2026, 3, 10),)]
