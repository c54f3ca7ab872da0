"""Pieces of syntax trees."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from spark.dialect import UnsupportedConstructError
from spark.dialect.tree import constant, literal_text, template, type_of


@pytest.mark.parametrize(
    ("sql", "kind"),
    [("1", "INTEGER"), ("3000000000", "BIGINT"), ("1.50", "DECIMAL(3,2)"), ("1e3", "DOUBLE"),
     ("'a'", "VARCHAR"), ("null", '"NULL"'), ("true", "BOOLEAN"), ("(2)", "INTEGER")],
)  # fmt: skip
def test_constants_have_duckdbs_types(sql: str, kind: str) -> None:
    assert type_of(sqlglot.parse_one(sql, read="duckdb")) == kind


@pytest.mark.parametrize(
    ("sql", "value"), [("3 * (4)", 12), ("-2", -2), ("a", None), ("1.5", None)]
)
def test_constants_are_calculated(sql: str, value: int | None) -> None:
    assert constant(sqlglot.parse_one(sql, read="duckdb")) == value


def test_a_part_of_a_template_keeps_its_precedence() -> None:
    part = sqlglot.parse_one("x + 1", read="duckdb")
    assert template("a * 2", a=part).sql("spark") == "(x + 1) * 2"


def test_a_text_that_is_no_literal_is_refused() -> None:
    with pytest.raises(UnsupportedConstructError, match="strptime"):
        literal_text(exp.column("x"), "strptime")
