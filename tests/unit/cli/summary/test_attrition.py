"""The sentence on attrition: the stage that it names, and the figures that it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from cli.summary.attrition import StageAttrition, attrition_sentence, read_highest_attrition

HIGHEST = StageAttrition(
    stage="first_purchase",
    first_month=date(2026, 4, 1),
    last_month=date(2026, 6, 1),
    entered=1000,
    lost=125,
    never_share=0.381,
    median_days_to_second=41,
    never_after_days=63,
)


def test_the_sentence_has_the_numbers_of_the_second_purchase() -> None:
    assert attrition_sentence(HIGHEST, "non_contractual") == (
        "highest among first-time buyers: 12.5 % lost a month (125 in total, 2026-04 to 2026-06);"
        " 38 % never buy again; the median second order comes after 41 days;"
        " of those without one after 63 days, 90 % never buy again"
    )


def test_what_is_not_known_is_left_out() -> None:
    unknown = replace(HIGHEST, never_share=None, median_days_to_second=None, never_after_days=None)
    early = replace(HIGHEST, never_after_days=None)

    assert attrition_sentence(unknown, "contractual") == (
        "highest among customers in their first 90 days: 12.5 % lost a month"
        " (125 in total, 2026-04 to 2026-06)"
    )
    assert attrition_sentence(early, "non_contractual").endswith("after 41 days")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(
            """
            create schema marts;
            create table marts.lifecycle_attrition (
                month date, stage varchar, stage_no integer, is_complete boolean,
                entered bigint, lost bigint
            );
            create table marts.repeat_purchase (
                dimension varchar, group_name varchar, never_share double,
                median_days_to_second integer, never_after_days integer
            );
            insert into marts.repeat_purchase values ('all', 'all', 0.4, 41, 63),
                ('plan', 'basic', 0.5, 1, 1);
            """
        )
        yield con


def counted(con: duckdb.DuckDBPyConnection, stage: str, stage_no: int, *months: int) -> None:
    """A stage that 100 customers are in and so many are lost from, month by month up to June."""
    con.executemany(
        "insert into marts.lifecycle_attrition values (?, ?, ?, ?, ?, ?)",
        [
            (date(2026, 7 - len(months) + at, 1), stage, stage_no, at < len(months) - 1, 100, lost)
            for at, lost in enumerate(months)
        ],
    )


def test_the_worst_stage_is_that_of_the_latest_complete_months(
    con: duckdb.DuckDBPyConnection,
) -> None:
    counted(con, "prospect", 1, 90, 90, 90, 90, 90)
    counted(con, "first_purchase", 3, 90, 10, 10, 10, 0)
    counted(con, "loyal", 5, 0, 9, 9, 9, 99)

    assert read_highest_attrition(con) == StageAttrition(
        "first_purchase", date(2026, 3, 1), date(2026, 5, 1), 300, 30, 0.4, 41, 63
    )


def test_another_stage_has_no_facts_of_the_second_purchase(con: duckdb.DuckDBPyConnection) -> None:
    counted(con, "loyal", 5, 1, 1, 1, 1)

    highest = read_highest_attrition(con)

    assert highest is not None
    assert (highest.stage, highest.never_share, highest.never_after_days) == ("loyal", None, None)


def test_where_nobody_was_lost_or_hardly_anybody_is_there_no_stage_is_named(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert read_highest_attrition(con) is None
    counted(con, "loyal", 5, 0, 0, 0, 0)
    con.execute(
        "insert into marts.lifecycle_attrition values ('2026-05-01', 'repeat', 4, true, 29, 29)"
    )
    assert read_highest_attrition(con) is None
