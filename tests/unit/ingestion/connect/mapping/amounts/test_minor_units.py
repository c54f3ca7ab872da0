from __future__ import annotations

import pytest

from tests.unit.ingestion.connect.conftest import Deliver, Project


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        ("id,customer,created,amount", "ch_{n}a,cus_{n}b,1767225600,12{n}", "id has ids of a"),
        ("order_no,ordered_at,amount_cents", "{n},2026-01-02,12{n}", "is named as amount_cents"),
        ("order_no,ordered_at,currency,amount", "{n},2026-01-02,eur,12{n}", "lower case (eur)"),
    ],
)
def test_names_codes_and_ids_are_evidence_of_the_smallest_unit(
    project: Project, deliver: Deliver, header: str, row: str, reason: str
) -> None:
    rows = "".join(f"{row.format(n=n)}\n" for n in range(10, 40))
    project.connect("shop", deliver("orders.csv", f"{header}\n{rows}"))
    text = (project.staging("shop") / "stg_shop__orders.sql").read_text()
    assert reason in " ".join(line.strip().removeprefix("-- ") for line in text.splitlines())
    assert "from_minor_units(" in text
    assert str(project.staged("shop", "orders")[0]["net_amount"]) == "12.100"


def test_whole_amounts_without_evidence_are_a_question_and_stay_whole(
    project: Project, deliver: Deliver
) -> None:
    rows = "".join(f"{n},2026-01-02,EUR,12{n}\n" for n in range(10, 40))
    project.connect("shop", deliver("orders.csv", f"order_no,ordered_at,currency,amount\n{rows}"))
    text = (project.staging("shop") / "stg_shop__orders.sql").read_text()
    assert "amount has no decimals: are its amounts whole units, or cents?" in text
    assert project.staged("shop", "orders")[0]["net_amount"] == 1210


def test_one_amount_with_decimals_is_enough(project: Project, deliver: Deliver) -> None:
    rows = "".join(f"{n},2026-01-02,eur,12{n}\n" for n in range(10, 40))
    rows += "41,2026-01-02,eur,12.50\n"
    project.connect("shop", deliver("orders.csv", f"order_no,ordered_at,currency,amount\n{rows}"))
    text = (project.staging("shop") / "stg_shop__orders.sql").read_text()
    assert "no decimals" not in text
