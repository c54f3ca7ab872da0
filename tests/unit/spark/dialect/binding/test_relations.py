"""Columns of relations."""

from __future__ import annotations

import duckdb
import pytest
from sqlglot import exp

from spark.dialect import UnsupportedConstructError
from spark.dialect.binding.relations import columns_of


def test_columns_have_duckdbs_types() -> None:
    con = duckdb.connect()
    con.execute(
        'create schema raw; create table raw."Order Lines" ("Unit Price" decimal(9,2), n hugeint)'
    )
    table = exp.table_("Order Lines", db="raw", quoted=True)
    assert columns_of(table, con) == {"Unit Price": "DECIMAL(9,2)", "n": "HUGEINT"}


def test_an_unknown_relation_is_named() -> None:
    with pytest.raises(UnsupportedConstructError, match="nowhere"):
        columns_of(exp.table_("nowhere"), duckdb.connect())
