"""Types of operators and functions."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from spark.dialect import types
from spark.dialect.binding.expression_types import ExpressionTypes
from spark.dialect.tree import note_type


@pytest.mark.parametrize(
    ("expression", "kinds", "expected"),
    [
        ("a + b", ("DATE", "INTEGER"), "DATE"),
        ("a - b", ("DATE", "DATE"), "BIGINT"),
        ("a * b", ("DECIMAL(18,2)", "DECIMAL(9,3)"), "DECIMAL(18,5)"),
        ("a / b", ("DECIMAL(18,2)", "INTEGER"), "DOUBLE"),
        ("sum(a)", ("INTEGER",), "HUGEINT"),
        ("row_number()", (), "BIGINT"),
        ("round(a, 1)", ("DECIMAL(9,3)",), "DECIMAL(9,1)"),
        ("list(a)", ("VARCHAR",), "VARCHAR[]"),
        ("a[b]", ("DOUBLE[]", "BIGINT"), "DOUBLE"),
        ("regexp_extract(a, '(x)(y)', ['p', 'q'])", ("VARCHAR",), "STRUCT(p VARCHAR, q VARCHAR)"),
    ],
)
def test_duckdb_gives_the_type(expression: str, kinds: tuple[str, ...], expected: str) -> None:
    node = sqlglot.parse_one(expression, read="duckdb")
    for column, kind in zip(
        sorted(node.find_all(exp.Column), key=lambda each: each.name), kinds, strict=True
    ):
        note_type(column, kind)
    assert ExpressionTypes(duckdb.connect()).of(node) == expected


def test_a_union_has_the_wider_type() -> None:
    expressions = ExpressionTypes(duckdb.connect())
    assert expressions.of_union("INTEGER", "DECIMAL(9,2)") == "DECIMAL(12,2)"
    assert expressions.of_union(types.NULL, "DATE") == "DATE"
    assert expressions.of_union(types.UNKNOWN, "DATE") == types.UNKNOWN
