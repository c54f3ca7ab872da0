"""Suppression lists are known by scopes or reasons beside people, and other tables are none."""

from __future__ import annotations

import pytest

from ingestion.connect.mapping.proposal import Constant, FromColumn
from tests.unit.ingestion.connect.conftest import Deliver, Project

SCOPED = "nr,adr,fon,y1,y2\n" + "".join(
    f"S{n},{f'u{n}@example.org' if n % 2 else ''},{'' if n % 2 else f'+44 7700 90{n:04}'},"
    f"{('never_contact', 'no_profiling')[n % 2]},2026-01-{n % 28 + 1:02}\n"
    for n in range(40)
)


def test_entries_are_known_by_their_scopes(project: Project, deliver: Deliver) -> None:
    folder = deliver("liste4.csv", SCOPED)
    found = project.entities(project.connect("shop", folder))["suppressions"]
    assert found.columns["email"].value == FromColumn("adr")
    assert found.columns["suppressed_at"].value == FromColumn("y2")
    assert found.columns["suppressed_at"].questions == ("does an entry of liste4 hold from y2 on?",)
    # Nobody is asked for a customer's id: an address or a number names the person.
    assert found.columns["source_customer_id"].questions == ()
    rows = project.staged("shop", "suppressions")
    assert [row["scope"] for row in rows[:2]] == ["contact", "profile"]
    assert [bool(row["email"]) for row in rows[:2]] == [False, True]


def test_reasons_of_a_mail_system_are_entries_of_never_contact(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "rejects.csv",
        "email,why,created\n"
        + "".join(
            f"u{n}@example.org,{('hard_bounce', 'complaint')[n % 2]},2026-03-{n % 28 + 1:02}\n"
            for n in range(40)
        ),
    )
    found = project.entities(project.connect("shop", folder))["suppressions"]
    assert found.columns["scope"].value == Constant("'contact'")
    (question,) = found.columns["scope"].questions
    assert question.startswith("does each row of rejects (complaint 20, hard_bounce 20) mean that")
    assert {row["scope"] for row in project.staged("shop", "suppressions")} == {"contact"}


def test_a_list_by_id_is_known_by_its_name(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "do_not_contact.csv",
        "entry_no,customer_id,scope,since\n"
        + "".join(f"{n},C{n},contact,2026-03-{n % 28 + 1:02}\n" for n in range(20)),
    )
    found = project.entities(project.connect("shop", folder))["suppressions"]
    assert found.columns["source_customer_id"].value == FromColumn("customer_id")
    assert found.columns["suppressed_at"].value == FromColumn("since")


OTHERS = {
    "customers": "customer_id,email,name,status\n"
    + "".join(f"C{n},u{n}@example.org,Ada Ace,{('active', 'bounced')[n % 2]}\n" for n in range(30)),
    "leads": "lead_id,email,type\n"
    + "".join(f"L{n},u{n}@example.org,{('contact', 'company')[n % 2]}\n" for n in range(30)),
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_another_table_is_no_suppression_list(
    project: Project, deliver: Deliver, content: str
) -> None:
    connection = project.connect("shop", deliver("export.csv", content))
    assert "suppressions" not in project.entities(connection)
