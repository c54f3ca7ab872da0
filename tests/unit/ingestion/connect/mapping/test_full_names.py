from __future__ import annotations

import pytest

from tests.unit.ingestion.connect.conftest import Deliver, Project, columns_of


@pytest.mark.parametrize(
    ("given", "family"), [("first_name", "last_name"), ("Vorname", "Nachname"), ("prenom", "nom")]
)
def test_the_parts_of_a_name_are_one_full_name(
    project: Project, deliver: Deliver, given: str, family: str
) -> None:
    folder = deliver(
        "customers.csv",
        f"customer_no,{family},{given},email\n"
        "C1,Kern,Mia,mia@x.org\nC2,Kern,,paul@x.org\nC3,,,info@x.org\n",
    )
    connection = project.connect("shop", folder)
    name = project.entities(connection)["customers"].columns["full_name"]
    assert columns_of(project.entities(connection)["customers"])["full_name"] == (given, family)
    assert name.questions == ()
    assert [row["full_name"] for row in project.staged("shop", "customers")] == [
        "Mia Kern",
        "Kern",
        None,
    ]


def test_a_column_of_full_names_is_kept(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "customers.csv",
        "customer_no,full_name,first_name,last_name,email\nC1,Mia A. Kern,Mia,Kern,mia@x.org\n",
    )
    entities = project.entities(project.connect("shop", folder))
    assert columns_of(entities["customers"])["full_name"] == "full_name"
