"""Consents are known by their answers, purposes and channels, and other tables are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.connect.mapping.proposal import Constant, FromColumn, FromWords
from tests.unit.ingestion.connect.conftest import Deliver, Project, columns_of

CUSTOMERS = "customer_id,email,name,marketing_consent,preferred_channel\n" + "".join(
    f"C{n},u{n}@example.org,Ada Ace,{'yes' if n % 3 else 'no'},{('email', 'sms')[n % 2]}\n"
    for n in range(30)
)
# No name says what a column means.
ANSWERS = "nr,kd_nr,x1,x2,x3,x4\n" + "".join(
    f"E{n},C{n % 30},{('newsletter', 'transactional')[n % 2]},{('e-mail', 'sms', 'all')[n % 3]},"
    f"{('Granted', 'Withdrawn')[n % 2]},2026-01-{n % 28 + 1:02} 10:00:00\n"
    for n in range(60)
)


def connected(project: Project, folder: Path) -> dict[str, object]:
    return {
        entity: columns_of(each)
        for entity, each in project.entities(project.connect("shop", folder)).items()
    }


def test_answers_are_known_by_their_values(project: Project, deliver: Deliver) -> None:
    deliver("customers.csv", CUSTOMERS)
    folder = deliver("tab7.csv", ANSWERS)
    found = project.entities(project.connect("shop", folder))["consents"]
    assert found.table == "tab7"
    values = {name: each.value for name, each in found.columns.items()}
    assert values["source_customer_id"] == FromColumn("kd_nr")
    assert values["answered_at"] == FromColumn("x4")
    assert values["purpose"] == FromWords(
        "x1",
        (("'marketing'", ("newsletter",)), ("'service'", ("transactional",))),
        keeps_others=True,
    )
    rows = project.staged("shop", "consents")
    assert len(rows) == 60
    assert [(row["purpose"], row["channel"], row["is_granted"]) for row in rows[:3]] == [
        ("marketing", "email", True), ("service", "sms", False), ("marketing", None, True),
    ]  # fmt: skip
    assert found.columns["answered_at"].questions == (
        "is x4 the time of the answer? The first of them is read",
    )


def test_an_unknown_word_is_asked_about_and_reaches_the_warehouse(
    project: Project, deliver: Deliver
) -> None:
    deliver("customers.csv", CUSTOMERS)
    folder = deliver("tab7.csv", ANSWERS.replace("transactional,sms", "research,pigeon"))
    found = project.entities(project.connect("shop", folder))["consents"]
    (question,) = found.columns["purpose"].questions
    assert question.startswith("what do research 10 in x1 mean? Their rows are rejected, and")
    rows = project.staged("shop", "consents")
    assert {(row["purpose"], row["channel"]) for row in rows} >= {("research", "pigeon")}


def test_flags_need_the_name_of_an_answer_and_a_missing_purpose_is_a_question(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "contact_preferences.csv",
        "preference_id,customer_id,channel,opt_in,changed\n"
        + "".join(
            f"P{n},C{n % 20},{('email', 'post')[n % 2]},"
            f"{('yes', 'no')[n % 2]},2026-02-{n % 28 + 1:02}\n"
            for n in range(40)
        ),
    )
    found = project.entities(project.connect("shop", folder))["consents"]
    assert found.columns["is_granted"].value == FromColumn("opt_in")
    assert found.columns["purpose"].value == Constant("'marketing'")
    (question,) = found.columns["purpose"].questions
    assert question.startswith("no column of contact_preferences contains a purpose")


OTHERS = {
    "a_flag_of_customers": CUSTOMERS,
    "customers_without_a_known_name": CUSTOMERS.replace("customer_id", "kd_nr"),
    "orders": "order_id,customer_id,placed,status,channel,total\n" + "".join(
        f"{n},C{n % 20},2026-01-{n % 28 + 1:02},{('accepted', 'rejected')[n % 2]},"
        f"{('email', 'phone')[n % 2]},{n}.50\n"
        for n in range(60)
    ),
    "tickets": "ticket_id,customer_id,opened_at,channel,is_solved\n" + "".join(
        f"T{n},C{n % 20},2026-01-{n % 28 + 1:02},"
        f"{('email', 'phone')[n % 2]},{('yes', 'no')[n % 2]}\n"
        for n in range(60)
    ),
    "events": "event_id,user_id,occurred_at,event_type,medium\n" + "".join(
        f"V{n},C{n % 20},2026-01-{n % 28 + 1:02},"
        f"{('opened', 'clicked', 'unsubscribed')[n % 3]},email\n"
        for n in range(60)
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_another_table_is_no_consent(project: Project, deliver: Deliver, content: str) -> None:
    folder = deliver("export.csv", content)
    assert {"consents", "suppressions"} & connected(project, folder).keys() == set()
