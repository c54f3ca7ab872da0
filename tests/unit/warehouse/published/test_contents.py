from __future__ import annotations

from pathlib import Path

import duckdb

from tests.unit.warehouse.company import FIRST, Company
from warehouse.published.contents import FileContents, read_contents


def contents(company: Company) -> FileContents:
    company.publish()
    with duckdb.connect() as con:
        con.execute(f"attach '{company.published}' as file (read_only)")
        return read_contents(con, "file")


def test_the_contents_of_a_file_are_its_tables_with_columns_comments_and_rows(
    tmp_path: Path,
) -> None:
    company = Company(tmp_path).create()
    company.run(0)
    found = contents(company)
    assert (found.company, found.as_of_date) == ("Demo Company", FIRST)
    assert found.rows == {"activation.risks": 3, "marts.customers": 3, "ops.publication": 1}
    risks = found.tables[0]
    assert risks.comment == "Each customer's churn risk."
    assert [(column.name, column.type, column.comment) for column in risks.columns] == [
        ("snapshot_date", "DATE", None),
        ("customer_id", "VARCHAR", None),
        ("risk", "DOUBLE", "Probability."),
    ]
    assert found.description(version=1)["version"] == 1


def test_the_hash_of_the_schema_moves_with_columns_and_neither_with_rows_nor_comments(
    tmp_path: Path,
) -> None:
    company = Company(tmp_path).create()
    company.run(0)
    hashes = [contents(company).schema_hash]
    company.run(1)
    company.execute("comment on table marts.customers is 'People.'")
    hashes.append(contents(company).schema_hash)
    company.execute("alter table marts.customers add column town varchar")
    hashes.append(contents(company).schema_hash)
    assert hashes[0] == hashes[1] != hashes[2]
