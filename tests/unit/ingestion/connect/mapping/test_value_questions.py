from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from ingestion.connect.mapping.value_questions import known_words, value_questions
from tests.unit.ingestion.connect.conftest import Deliver, profile_of


def test_ratings_above_5_and_countries_in_words_are_questioned(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, stars=["1", "10"] * 9, land=["Deutschland", "Spanien"] * 9)
    stars, land = table.columns["stars"], table.columns["land"]
    assert value_questions("feedback", "rating", stars) == [
        "stars ranges from 1 to 10: convert it to 1 to 5"
    ]
    assert value_questions("feedback", "rating", replace(stars, high=5.0)) == []
    assert "ISO 3166" in str(value_questions("customers", "country", land))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["03/04/2026", "05/06/2026"], "is placed day first or month first?"),
        (["13/04/2026", "04/13/2026"], "1 values of placed have the day first and 1 the month"),
        (["13/04/26", "14/04/26"], "2 of 2 years in placed have two digits"),
        (["1767225600", "2026-04-01"], "placed mixes 1 seconds since 1970, 1 ISO 8601"),
        (["46113", "46114"], "dates that a spreadsheet has written as days since 1899"),
        (["2026-04-01 10:00", "2026-04-01 10:00Z"], "1 of 2 times in placed have no offset"),
        (["2026-04-01", "soon"], "1 of 2 values of placed are no times"),
    ],
)
def test_each_form_of_time_that_leaves_a_doubt_is_asked_about_in_numbers(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, values: list[str], expected: str
) -> None:
    table = profile_of(con, deliver, placed=values)
    (question,) = value_questions("orders", "ordered_at", table.columns["placed"])
    assert expected in question


@pytest.mark.parametrize(
    "values",
    [
        ["2026-04-01 10:00:00", "2026-04-02 11:00:00"],
        ["2026-04-01T10:00:00Z", "2026-04-02T11:00:00+02:00"],
        ["13/04/2026", "14/04/2026"],
        ["1767225600", "1767225700"],
    ],
)
def test_one_sure_form_of_time_is_no_question(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, values: list[str]
) -> None:
    table = profile_of(con, deliver, placed=values)
    assert value_questions("orders", "ordered_at", table.columns["placed"]) == []


def test_amounts_whose_separator_means_either_are_asked_about(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, total=["9.999", "1.000"], net=["9.99", "1.00"])
    (question,) = value_questions("orders", "net_amount", table.columns["total"])
    assert "does 9.999 in total mean nearly 10, or 9999?" in question
    assert value_questions("orders", "net_amount", table.columns["net"]) == []


def test_one_currency_is_no_question_and_a_third_case_of_letters_is_none(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, currency=["eur", "EUR", "Eur"])
    assert value_questions("orders", "currency", table.columns["currency"]) == []


def test_words_of_subscriptions_have_their_own_meanings(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(con, deliver, status=["canceled", "in_trial", "sleeping"])
    column = table.columns["status"]
    assert known_words("subscriptions.status", column) == {
        "canceled": "cancelled", "in_trial": "trialing",
    }  # fmt: skip
    (question,) = value_questions("subscriptions", "status", column)
    assert "what do sleeping in status mean? Their status is unknown until" in question
