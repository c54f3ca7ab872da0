"""An unknown figure stays unknown when it is bounded by a number.

DuckDB's `greatest` and `least` ignore nulls: greatest(null, 1) is 1. So a figure is bounded by a
number with the macros `at_least` and `at_most` alone (`macros/statistics/bounds.sql`), which are
null where the figure is. Where null is to count as a number, `coalesce` says so. Of columns alone,
such as two ends of an interval, `greatest` and `least` take the known ones.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

DBT = Path(__file__).parents[2] / "dbt_project"
BOUNDS = DBT / "macros" / "statistics" / "bounds.sql"
# The name may also be chosen in Jinja: {{ 'least' if … else 'greatest' }}(
USE = re.compile(r"\b(?:greatest|least)\b[^(),;]*\(", re.IGNORECASE)
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
NUMBER = re.compile(r"[-+]?[\d.][\d._]*(?:e[-+]?\d+)?", re.IGNORECASE)
# The figure of a variable or of a constant of the template.
SET_NUMBER = re.compile(r"\{%-?\s*set\s+(\w+)\s*=\s*[-+]?[\d.]+\s*-?%\}")


def arguments(sql: str) -> list[str]:
    """The arguments of a call, from behind its opening parenthesis on."""
    found, depth = [""], 0
    for character in sql:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            break
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return [argument.strip() for argument in found]


def bounded_by_numbers(sql: str) -> list[str]:
    """Uses of greatest and least of which an argument is a number."""
    sql = COMMENT.sub("", sql)
    constants = set(SET_NUMBER.findall(sql))
    return [
        use.group(0)
        for use in USE.finditer(sql)
        for argument in arguments(sql[use.end() :])
        if NUMBER.fullmatch(argument) or argument.strip("{} ") in constants
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "select greatest(amount, 0)",
        "select LEAST(0.9, greatest(a, b))",
        "select round(5 * least((a + 1) / (b + 1), 2))",
        "select greatest(a, b, 1e-6)",
        "select {{ 'least' if falling else 'greatest' }}(\n    1, a / nullif(b, 0))",
        "{% set floor = 0.02 %} select greatest(amount, {{ floor }})",
    ],
)
def test_a_figure_bounded_by_a_number_is_found(sql: str) -> None:
    assert len(bounded_by_numbers(sql)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "select greatest(valid_from, known_from)",
        "select least(known_to, ended_on + 1, date '9999-12-31')",
        "{# greatest(a, 1) #} select 1 -- least(c, 1)",
    ],
)
def test_ends_of_intervals_and_comments_are_none(sql: str) -> None:
    assert bounded_by_numbers(sql) == []


def test_figures_are_bounded_by_numbers_with_the_macros_alone() -> None:
    found = {
        str(path.relative_to(DBT)): uses
        for folder in ("models", "macros", "tests")
        for path in sorted((DBT / folder).rglob("*.sql"))
        if path != BOUNDS
        if (uses := bounded_by_numbers(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_a_bound_of_an_unknown_figure_is_unknown() -> None:
    macros = Environment().from_string(BOUNDS.read_text(encoding="utf-8")).module
    with duckdb.connect() as con:
        rows = con.execute(
            f"""
            select {macros.at_least("figure", 1)}, {macros.at_most("figure", 1)}
            from (values (null), (0.5), (1.5)) as figures (figure)
            """
        ).fetchall()
    assert rows == [(None, None), (1, 0.5), (1.5, 1)]
