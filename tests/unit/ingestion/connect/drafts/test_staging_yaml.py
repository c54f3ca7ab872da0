from __future__ import annotations

import duckdb
import yaml

from ingestion.connect.drafts.staging_yaml import column_text
from tests.unit.ingestion.connect.conftest import Deliver, Project, profile_of


def test_a_column_is_described_by_kind_range_vocabulary_and_empty_share(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con,
        deliver,
        status=["open", "paid", "paid", "paid"] * 5,
        total=["1.5", "2.5", "", "9.5"] * 5,
        mail=[f"c{n}@x.org" for n in range(20)],
        day=["2026-01-01", "2026-01-02"] * 10,
    )
    assert {name: column_text(column) for name, column in table.columns.items()} == {
        "status": "Text; paid, open.",
        "total": "Decimal; 1.5 to 9.5; 25.0% empty.",
        "mail": "E-mail addresses; 20 different.",
        "day": "Date; 2026-01-01 to 2026-01-02.",
    }


def test_only_columns_with_an_origin_are_described(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "customers.csv",
        "customer_no,email\n" + "".join(f"C{n},c{n}@x.org\n" for n in range(30)),
    )
    project.connect("crm", folder)
    models = yaml.safe_load((project.staging("crm") / "_crm__models.yml").read_text())
    assert models["models"][0]["columns"] == [
        {"name": "_row", "data_tests": ["not_null"]},
        {"name": "source_customer_id", "description": "From customer_no."},
        {"name": "email", "description": "From email."},
    ]
