from __future__ import annotations

from tests.unit.ingestion.connect.conftest import Deliver, Project


def _questions(project: Project, deliver: Deliver, customers: list[str], orders: list[str]) -> str:
    deliver("customers.csv", "customer_id,email\n" + "".join(f"{each}\n" for each in customers))
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,ordered_at,total\n"
        + "".join(f"{n},{each},2026-01-02,5.50\n" for n, each in enumerate(orders)),
    )
    entities = project.entities(project.connect("shop", folder))
    return str(entities["orders"].columns["source_customer_id"].questions)


def test_orders_that_find_no_customer_are_counted(project: Project, deliver: Deliver) -> None:
    people = [f"C{n},c{n}@x.org" for n in range(3)]
    assert "0 of 3 rows of orders find a customer by" in _questions(
        project, deliver, people, ["K1", "K2", "K3"]
    )


def test_from_99_percent_on_no_question_is_asked(project: Project, deliver: Deliver) -> None:
    people = [f"C{n},c{n}@x.org" for n in range(100)]
    found = [f"C{n}" for n in range(100)]
    assert _questions(project, deliver, people, found) == "()"


def test_98_percent_are_a_question(project: Project, deliver: Deliver) -> None:
    people = [f"C{n},c{n}@x.org" for n in range(100)]
    orders = [f"C{n}" for n in range(98)] + ["K1", "K2"]
    assert "98 of 100 rows of orders find a customer" in _questions(
        project, deliver, people, orders
    )


def test_keys_of_several_lengths_get_no_zeros_back(project: Project, deliver: Deliver) -> None:
    people = ["007,a@x.org", "0042,b@x.org", "12345,c@x.org"]
    asked = _questions(project, deliver, people, ["7", "42", "12345"])
    assert "1 of 3 rows of orders find a customer" in asked
    assert "leading zeros" not in asked
