"""Lines of an order that was edited after it was placed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from tests.unit.dbt_project.money_company import MoneyCompany, Row

EDITED = date(2026, 2, 2)


def baskets(
    amounts: tuple[float, float], lines: Sequence[Row], order_loads: tuple[int, int]
) -> Any:
    """Number of lines and units before and after the order's amount changed on 2 February."""
    versions = [
        {
            "source_order_id": "10",
            "source_customer_id": "a",
            "ordered_at": "2026-02-01 10:00",
            "net_amount": amount,
            "_load_id": load,
            **interval,
        }
        for amount, load, interval in zip(
            amounts, order_loads, ({"known_to": EDITED}, {"known_from": EDITED}), strict=True
        )
    ]
    company = MoneyCompany(versions, [date(2026, 4, 30)], int_order_lines_versions=lines)
    return company.query(
        "select line_count, units, line_amount from int_order_baskets order by known_from"
    )


def line(name: str, quantity: float, unit_price: float, load: int, **fields: Any) -> Row:
    return {
        "source_order_line_id": name,
        "source_order_id": "10",
        "quantity": quantity,
        "unit_price": unit_price,
        "_load_id": load,
        "_row": 1,
        **fields,
    }


REDELIVERED: list[Row] = [
    line("tea", 1, 20, 2, known_to=EDITED),
    line("cup", 1, 30, 2),
    line("tea", 1, 20, 4, known_from=EDITED),
]


@pytest.mark.parametrize("shipping", [0, 5])
def test_a_line_that_no_longer_fits_the_amount_ends(shipping: float) -> None:
    found = baskets((50 + shipping, 20 + shipping), REDELIVERED, (1, 3))

    assert found == [(2, 2, 50), (1, 1, 20)]


def test_a_line_that_did_not_change_need_not_be_redelivered() -> None:
    lines: list[Row] = [
        line("tea", 2, 10, 2, known_to=EDITED),
        line("cup", 1, 30, 2),
        line("tea", 1, 10, 4, known_from=EDITED),
    ]

    assert baskets((50, 40), lines, (1, 3)) == [(2, 3, 50), (2, 2, 40)]


def test_lines_stay_where_no_choice_of_them_fits() -> None:
    assert baskets((50, 33), REDELIVERED, (1, 3)) == [(2, 2, 50)]


def test_a_table_with_orders_and_lines_redelivers_all_lines() -> None:
    lines = [{**row, "_load_id": load} for row, load in zip(REDELIVERED, (1, 1, 3), strict=True)]

    assert baskets((50, 33), lines, (1, 3)) == [(2, 2, 50), (1, 1, 20)]
