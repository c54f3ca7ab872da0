from __future__ import annotations

from ingestion.connect.mapping.proposal import Constant, LookedUp
from tests.unit.ingestion.connect.conftest import Deliver, Project


def test_lines_get_a_quantity_and_the_category_of_their_product(
    project: Project, deliver: Deliver
) -> None:
    deliver(
        "products.csv",
        "product_id,category\n" + "".join(f"P{n},{'tea' if n % 2 else 'cup'}\n" for n in range(20)),
    )
    folder = deliver(
        "order_items.csv",
        "order_id,item_no,product_id,price\n"
        + "".join(f"{n // 2},{n % 2},P{n % 20},1.5\n" for n in range(60)),
    )
    lines = project.entities(project.connect("shop", folder))["order_lines"]
    assert lines.columns["quantity"].value == Constant("1")
    assert lines.columns["quantity"].questions == (
        "order_items has no quantity: is each row one piece?",
    )
    assert isinstance(lines.columns["category"].value, LookedUp)
    rows = project.staged("shop", "order_lines")
    assert {row["category"] for row in rows} == {"tea", "cup"}
    assert {row["quantity"] for row in rows} == {1.0}


def test_the_kind_and_the_date_of_a_text_are_questioned(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "comments.csv",
        "comment_id,customer_no,created_at,answered_at,rating,comment\n"
        + "".join(
            f"K{n},C{n % 9},2025-02-{n % 28 + 1:02},2025-03-{n % 28 + 1:02},{n % 5 + 1},all {n}\n"
            for n in range(60)
        ),
    )
    feedback = project.entities(project.connect("shop", folder))["feedback"]
    assert "review, ticket_message or survey?" in str(feedback.columns["kind"].questions)
    assert "at created_at, or at answered_at?" in str(feedback.columns["created_at"].questions)


def test_a_required_column_without_a_candidate_is_questioned(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "sessions.csv",
        "session_id,occurred_at,event_type\n"
        + "".join(f"S{n},2025-02-{n % 28 + 1:02},session\n" for n in range(60)),
    )
    events = project.entities(project.connect("app", folder))["events"]
    assert "rows without it are rejected" in str(events.columns["source_customer_id"].questions)
