from __future__ import annotations

import traceback

import duckdb
import pytest

from ingestion.errors import SourceError
from ingestion.files.duckdb_messages import explain
from tests.unit.ingestion.conftest import Shop


@pytest.mark.parametrize("value", ["ann@example.org", "o'ann", 'an "ann" a', "a\nb ann"])
def test_an_unknown_message_is_shown_without_row_values(value: str) -> None:
    with duckdb.connect() as con, pytest.raises(duckdb.ConversionException) as caught:
        con.execute("select cast(? as integer)", [value])
    assert value in str(caught.value)
    assert str(explain("orders.parquet", caught.value)) == (
        "orders.parquet: it cannot be read (Conversion Error: Could not convert string … to INT32)"
    )


def test_duckdbs_own_message_is_not_logged_as_the_cause(shop: Shop) -> None:
    shop.tables = {
        "orders": {"path": "orders.parquet", "format": "parquet", "columns": ["order_no"]}
    }
    shop.deliver("orders.parquet", "no Parquet " * 9)
    with pytest.raises(SourceError, match="not a whole Parquet file") as caught:
        shop.extract("2026-06-01")
    assert "No magic bytes" not in "".join(traceback.format_exception(caught.value))
