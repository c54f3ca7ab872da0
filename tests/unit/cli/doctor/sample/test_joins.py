from __future__ import annotations

from tests.unit.cli.doctor.sample.conftest import Shop, good_orders


def test_orders_without_any_customer_are_an_error(sampled_shop: Shop) -> None:
    sampled_shop.deliver(
        "orders", *(f"{n},00{n},2026-01-02T10:00:00Z,paid,EUR,9.50," for n in range(3))
    )
    assert sampled_shop.problems() == [
        "error: orders: 0 of 3 rows (0.0%) find a customer by customer = customers.customer_no"
    ]


def test_less_than_99_percent_are_a_warning(sampled_shop: Shop) -> None:
    rows = [f"9{n},K{n},2026-01-02T10:00:00Z,paid,EUR,9.50," for n in range(2)]
    sampled_shop.deliver("orders", *good_orders(98), *rows)
    (problem,) = sampled_shop.problems()
    assert problem.startswith("warning: orders: 98 of 100 rows (98.0%) find a customer by")


def test_99_percent_are_none(sampled_shop: Shop) -> None:
    sampled_shop.deliver("orders", *good_orders(99), "99,K1,2026-01-02T10:00:00Z,paid,EUR,9.50,")
    assert sampled_shop.problems() == []
