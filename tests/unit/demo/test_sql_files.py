"""Variables of the SQL files arrive as values, and batches cover the people once."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from demo import sql_files
from demo.sql_files import batches, run_files, set_company, set_variables


@pytest.mark.parametrize("value", [7, 0.25, date(2026, 2, 28), "a folder's 'name'"])
def test_a_variable_has_the_value_that_was_set(value):
    with duckdb.connect() as connection:
        set_variables(connection, {"given": value})

        (read,) = connection.execute("select getvariable('given')").fetchone()

    assert (float(read) if isinstance(value, float) else read) == value


def test_batches_cover_every_person_once(monkeypatch):
    monkeypatch.setattr(sql_files, "PEOPLE_A_BATCH", 40)
    with duckdb.connect() as connection:
        found = [
            (
                number,
                *connection.execute(
                    "select getvariable('first_person'), getvariable('last_person')"
                ).fetchone(),
            )
            for number in batches(connection, 100)
        ]

    assert found == [(0, 1, 40), (1, 41, 80), (2, 81, 100)]


def test_a_file_reads_the_company_that_was_set():
    with duckdb.connect() as connection:
        set_company(connection, 7, date(2026, 1, 1), date(2026, 1, 10))
        run_files(connection, ("random", "calendar"))
        days = connection.execute(
            "select count(*) from calendar where local_date between date '2026-01-01'"
            " and date '2026-01-01' + getvariable('days')::integer - 1"
        ).fetchone()

    assert days == (10,)
