from __future__ import annotations

from tests.unit.ingestion.connect.conftest import Deliver, Project


def test_the_entity_with_the_grain_of_the_table_comes_first(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "invoice_lines.csv",
        "Invoice,StockCode,Quantity,InvoiceDate,Price\n"
        + "".join(f"{n // 3},S{n},2,2025-01-02 10:00:00,1.50\n" for n in range(90)),
    )
    proposal = project.connect("till", folder).proposal
    assert [each.entity for each in proposal.of_table("invoice_lines")] == [
        "order_lines",
        "orders",
    ]
    assert proposal.of_table("absent") == []
