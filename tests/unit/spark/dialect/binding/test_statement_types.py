"""Types of whole statements: those of all columns of the result are DuckDB's own."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from spark.dialect import UnsupportedConstructError
from spark.dialect.binding.expression_types import ExpressionTypes
from spark.dialect.binding.statement_types import StatementTypes
from spark.dialect.tree import type_of

COLUMNS = {"a": "INTEGER", "m": "DECIMAL(9,2)", "d": "DATE", "l": "INTEGER[]"}
STATEMENTS = [
    "with q as (select a + m as s, d from t) select s * 2 as s, d - 1 as d from q",
    "select l[1] as e, list_transform(l, lambda v: v * 1.5) as w from t",
    "select a, (select max(u.d) from t as u where u.a = t.a) as latest from t",
    "with u as (select a from t union all select m from t) select u.a as a from u",
    "select x.c1, x.c2 from (values (1, 'a'), (2.5, null)) as x(c1, c2)",
    "select unnest(l) as e, row_number() over (order by a) as n from t",
    "select n + 1 as n, row(a, d) = (1, d) as b from t cross join range(3) as r(n)",
    "select sum(a) filter (where m > 1) as s, arg_max(m, (d, a)) as latest from t group by d",
]


def stated(sql: str, con: duckdb.DuckDBPyConnection) -> exp.Expr:
    schema = {"main": {"t": COLUMNS}}
    tree = qualify(
        sqlglot.parse_one(sql.replace("from t", "from main.t"), read="duckdb"),
        dialect="duckdb",
        schema=schema,
    )
    StatementTypes(ExpressionTypes(con), {"main.t": COLUMNS}).note(tree)
    return tree


@pytest.mark.parametrize("sql", STATEMENTS)
def test_the_columns_of_a_statement_have_duckdbs_types(sql: str) -> None:
    con = duckdb.connect()
    con.execute(f"create table t ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
    expected = [str(row[1]) for row in con.execute(f"describe {sql}").fetchall()]
    select = stated(sql, con)
    assert [type_of(each) for each in select.expressions] == expected


def test_a_column_that_no_source_has_is_named() -> None:
    tree = sqlglot.parse_one("select t.nothing from main.t as t", read="duckdb")
    types_of_t = StatementTypes(ExpressionTypes(duckdb.connect()), {"main.t": COLUMNS})
    with pytest.raises(UnsupportedConstructError, match="nothing"):
        types_of_t.note(tree)
