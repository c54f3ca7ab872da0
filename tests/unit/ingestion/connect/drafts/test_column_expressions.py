from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.connect.connection import Connection
from ingestion.connect.drafts.column_expressions import (
    amount_expression,
    cast_expression,
    is_parsed,
    parsed_expression,
)
from ingestion.connect.profiling.entities import AMOUNT, ID, TIME, WORD
from ingestion.connect.profiling.profile import ColumnProfile
from tests.unit.ingestion.connect.conftest import Deliver, Project, profile_of, profiles_of


def test_days_of_a_german_crm_and_milliseconds_of_a_help_desk_become_times(
    demo_company: tuple[Project, dict[str, Connection]],
) -> None:
    project, _ = demo_company
    text = (project.staging("crm") / "stg_crm__customers.sql").read_text()
    assert "read_timestamp('created', order='day_first')" in text
    assert "when lower(marketing_consent) in ('ja') then true" in text
    text = (project.staging("helpdesk") / "stg_helpdesk__tickets.sql").read_text()
    # Milliseconds since 1970 are in UTC, and days have no time of day: neither needs a zone.
    assert "{{ read_timestamp('opened') }} as opened_at" in text


@pytest.mark.parametrize(
    ("duckdb_type", "role", "kind", "expected"),
    [
        ("TIMESTAMP WITH TIME ZONE", TIME, "timestamp", "{{ read_timestamp('x') }}"),
        ("TIMESTAMP", TIME, "timestamp", "{{ read_timestamp('x', zone=var('time_zone')) }}"),
        ("DATE", TIME, "timestamp", "{{ read_timestamp('x') }}"),
        ("DOUBLE", AMOUNT, "decimal(18, 4)", "{{ read_amount('x') }}"),
        ("DOUBLE", ID, "varchar", "{{ read_id('x') }}"),
    ],
)
def test_typed_times_amounts_and_ids_are_read_by_the_macros_too(
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    duckdb_type: str,
    role: str,
    kind: str,
    expected: str,
) -> None:
    column = _typed(con, tmp_path, duckdb_type)
    assert is_parsed(role, column)
    assert parsed_expression(role, kind, column, "x") == expected


def test_words_of_a_typed_column_are_cast_and_need_no_check(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    column = _typed(con, tmp_path, "BIGINT")
    assert not is_parsed(WORD, column)
    assert cast_expression(WORD, "varchar", column, "x") == "cast(x as varchar)"


def test_forms_of_values_become_arguments_of_the_macros(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con,
        deliver,
        placed=["03/28/2026 2:30 PM", "04/01/2026 11:00 AM"],
        sent=["46113", "46114"],
        total=["1.234,50", "7,5"],
        cents=["1250", "990"],
    )
    read = {
        name: parsed_expression(AMOUNT if name == "total" else TIME, "", column, name)
        for name, column in table.columns.items()
        if name != "cents"
    }
    assert read == {
        "placed": "{{ read_timestamp('placed', zone=var('time_zone'), order='month_first') }}",
        "sent": "{{ read_timestamp('sent', zone=var('time_zone'), formats='excel_serial') }}",
        "total": "{{ read_amount('total', decimals=',') }}",
    }
    cents = table.columns["cents"]
    assert amount_expression(cents, "cents", "source.code") == (
        "{{ from_minor_units('cents', 'source.code') }}"
    )
    assert amount_expression(cents, "cents", "") == (
        "{{ from_minor_units('cents', \"'\" ~ var('currency') ~ \"'\") }}"
    )


def _typed(con: duckdb.DuckDBPyConnection, folder: Path, duckdb_type: str) -> ColumnProfile:
    con.execute(
        f"copy (select cast(null as {duckdb_type}) as x from range(3))"
        f" to '{folder / 'table.parquet'}'"
    )
    return profiles_of(con, folder)["table"].columns["x"]
