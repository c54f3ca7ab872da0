from __future__ import annotations

import duckdb
import pytest

from cli.doctor.sample import rows
from cli.doctor.sample.rows import SampledTable, sampled_tables
from deployment.config_file import load_config
from deployment.source_config import FilesSource
from tests.unit.cli.doctor.sample.conftest import Shop, good_orders


def _sampled(shop: Shop, con: duckdb.DuckDBPyConnection) -> dict[str, SampledTable]:
    source = load_config(shop.config).sources["shop"]
    assert isinstance(source, FilesSource)
    return sampled_tables(con, "shop", source, shop.home)


def test_each_table_is_loaded_with_its_columns(sampled_shop: Shop) -> None:
    sampled_shop.deliver("orders", *good_orders(5))
    with duckdb.connect() as con:
        assert _sampled(sampled_shop, con) == {
            "orders": SampledTable(5, is_whole=True),
            "customers": SampledTable(100, is_whole=True),
        }
        row = con.execute('select order_no, _row, "Refunded at" from raw_shop.orders').fetchone()
        assert row == ("0", 1, None)


def test_a_malformed_row_is_left_out_as_in_a_run(sampled_shop: Shop) -> None:
    sampled_shop.deliver("orders", *good_orders(5), "too,many,values,in,this,row,of,the,file")
    with duckdb.connect() as con:
        assert _sampled(sampled_shop, con)["orders"].rows == 5


def test_a_file_that_cannot_be_read_leaves_the_other_tables(sampled_shop: Shop) -> None:
    with duckdb.connect() as con:
        assert set(_sampled(sampled_shop, con)) == {"customers"}


def test_a_longer_file_is_read_in_part(sampled_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SAMPLE_ROWS", 10)
    sampled_shop.deliver("orders", *good_orders(50))
    with duckdb.connect() as con:
        assert _sampled(sampled_shop, con)["orders"] == SampledTable(10, is_whole=False)
