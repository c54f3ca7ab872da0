from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.connect.connection import Connection
from ingestion.connect.drafts.column_expressions import cast_expression, is_parsed
from ingestion.connect.profiling.entities import AMOUNT, ID, TIME, WORD
from tests.unit.ingestion.connect.conftest import Project, profiles_of


def test_days_of_a_german_crm_and_milliseconds_of_a_help_desk_become_times(
    demo_company: tuple[Project, dict[str, Connection]],
) -> None:
    project, _ = demo_company
    text = (project.staging("crm") / "stg_crm__customers.sql").read_text()
    assert "try_timestamp('created', ['%d.%m.%Y'])" in text
    assert "when lower(marketing_consent) in ('ja') then true" in text
    text = (project.staging("helpdesk") / "stg_helpdesk__tickets.sql").read_text()
    assert "epoch_ms(try_cast(opened as bigint)) as opened_at" in text
    assert "{{ to_local('opened_at') }} as opened_at" in text


@pytest.mark.parametrize(
    ("duckdb_type", "role", "kind", "expected"),
    [
        ("TIMESTAMP WITH TIME ZONE", TIME, "timestamp", "timezone('{{ var(\"time_zone\") }}', x)"),
        ("TIMESTAMP", TIME, "timestamp", "x"),
        ("DATE", TIME, "timestamp", "cast(x as timestamp)"),
        ("DOUBLE", AMOUNT, "decimal(18, 2)", "cast(x as decimal(18, 2))"),
        ("DOUBLE", ID, "varchar", "cast(try_cast(x as bigint) as varchar)"),
        ("BIGINT", WORD, "varchar", "cast(x as varchar)"),
    ],
)
def test_typed_columns_are_cast_and_need_no_check(
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    duckdb_type: str,
    role: str,
    kind: str,
    expected: str,
) -> None:
    con.execute(
        f"copy (select cast(null as {duckdb_type}) as x from range(3))"
        f" to '{tmp_path / 'table.parquet'}'"
    )
    column = profiles_of(con, tmp_path)["table"].columns["x"]
    assert not is_parsed(role, column)
    assert cast_expression(role, kind, column, "x") == expected
