"""Customer types, as the macro decides them for a planted shop."""

from __future__ import annotations

import duckdb
import pytest

from tests.unit.dbt_project.conftest import ParsedProject


@pytest.fixture(scope="module")
def customer_type(project: ParsedProject) -> str:
    return project.query("{{ customer_type() }}")


def types(expression: str, shares: list[float], orders: int = 4) -> list[str]:
    """Types of customers with these shares of discounted orders, in a shop of these customers."""
    with duckdb.connect() as con:
        return [
            found
            for (found,) in con.execute(
                f"""
                with customers as (
                    select
                        unnest($shares) as discounted_share_lifetime,
                        $orders as orders_lifetime,
                        0 as refund_share_365d,
                        null::double as margin_share_365d
                ),
                boundaries as (
                    select median(discounted_share_lifetime) as median_discounted_share
                    from customers
                )
                select {expression} from customers cross join boundaries
                order by discounted_share_lifetime
                """,
                {"shares": shares, "orders": orders},
            ).fetchall()
        ]


def test_who_buys_at_a_discount_where_few_do_is_an_opportunist(customer_type: str) -> None:
    assert types(customer_type, [0, 0, 0, 0.75, 1]) == [
        *["core_loyal"] * 3,
        "opportunist",
        "passer_by",
    ]


def test_a_discount_that_nearly_everybody_gets_makes_nobody_an_opportunist(
    customer_type: str,
) -> None:
    assert types(customer_type, [0, 0.8, 0.9, 0.9, 1]) == ["core_loyal"] * 5
    assert types(customer_type, [0, 0.8, 0.9, 0.9, 1], orders=2) == ["undecided"] * 5
