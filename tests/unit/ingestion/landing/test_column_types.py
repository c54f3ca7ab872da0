from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from ingestion.errors import SourceError
from ingestion.landing.column_types import canonical_type, common_type, not_castable


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("INTEGER", "BIGINT", "BIGINT"),
        ("INTEGER", "DOUBLE", "DOUBLE"),
        ("BIGINT", "DOUBLE", None),  # 2**53 + 1 is no double
        ("INTEGER", "DECIMAL(12,2)", "DECIMAL(12,2)"),
        ("DECIMAL(9,2)", "DECIMAL(9,4)", "DECIMAL(11,4)"),
        ("DATE", "TIMESTAMP", "TIMESTAMP"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", None),
        ("TIMESTAMP", "TIMESTAMP_NS", None),  # which ends in 2262
        ("INTEGER[]", "DATE", None),
    ],
)
def test_a_common_type_holds_all_values_of_both(
    con: duckdb.DuckDBPyConnection, one: str, other: str, common: str | None
) -> None:
    assert common_type(con, one, other) == common_type(con, other, one) == common


@pytest.mark.parametrize(
    ("values", "kind", "wanted", "misfits"),
    [
        ("('1'), ('01'), ('x'), (null)", "VARCHAR", "INTEGER", 1),
        ("('1.5'), ('2.0')", "VARCHAR", "INTEGER", 1),
        ("('2026-06-30'), ('2026-06-30 12:00:00')", "VARCHAR", "DATE", 1),
        ("(1.25), (1.5)", "DECIMAL(4,2)", "DECIMAL(4,1)", 1),
        ("(timestamptz '2026-06-30 00:00:00+00')", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", 1),
        ("(1), (2)", "INTEGER", "VARCHAR", 0),
        ("(1), (2)", "INTEGER", "INTEGER", 0),
    ],
)
def test_values_that_a_cast_would_change_do_not_fit(
    con: duckdb.DuckDBPyConnection, values: str, kind: str, wanted: str, misfits: int
) -> None:
    relation = f"(values {values}) as delivered (amount)"
    assert not_castable(con, relation, "amount", kind, wanted) == misfits


def test_without_rows_to_read_the_number_of_misfits_is_unknown(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert not_castable(con, None, "amount", "VARCHAR", "INTEGER") is None


def test_a_configured_type_has_the_name_that_duckdb_gives_it(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert canonical_type(con, "shop.orders.amount", "decimal(9, 2)") == "DECIMAL(9,2)"
    assert canonical_type(con, "shop.orders.amount", "text") == "VARCHAR"
    with pytest.raises(SourceError, match=r"shop\.orders\.amount: NUMBR is no type of DuckDB's"):
        canonical_type(con, "shop.orders.amount", "NUMBR")
