"""Files in object stores: one of S3's kind, run here, and fsspec's own in memory."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import fsspec
import pytest
import requests

from ingestion.errors import SourceError
from tests.object_stores import SECRET
from tests.unit.ingestion.conftest import ORDERS, Shop

ROWS = "select _file, order_no, amount from raw_shop.orders order by _load_id, _row"


def options(endpoint: str) -> dict[str, Any]:
    return {
        "key": "${SHOP_KEY_ID}",
        "secret": "${SHOP_SECRET}",
        "endpoint_url": endpoint,
        "config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 2},
    }


@pytest.fixture
def bucket(shop: Shop, object_store: str, exports_bucket: Any) -> Any:
    """The shop's files in a bucket; what writes there."""
    shop.location = "s3://exports/shop"
    shop.storage_options = options(object_store)
    return exports_bucket


def test_a_bucket_is_read_like_a_folder_and_loaded_files_are_not_fetched_again(
    shop: Shop, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.tables = {"orders": {**ORDERS, "path": "in/orders_{date}.csv*"}}
    bucket.pipe("exports/shop/in/orders_2026-06-16.csv", b"order_no,amount\n1,5\n")
    bucket.pipe(
        "exports/shop/in/orders_2026-06-17.csv.gz", gzip.compress(b"order_no,amount\n2,6\nx\n")
    )
    bucket.pipe("exports/shop/other/orders_2026-06-16.csv", b"not this one")
    report = shop.extract("2026-06-17")["orders"]
    assert (report.files_loaded, report.rows, report.rows_unreadable) == (2, 3, 1)
    assert shop.query(ROWS) == [
        ("in/orders_2026-06-16.csv", "1", "5"),
        ("in/orders_2026-06-17.csv.gz", "2", "6"),
    ]
    fetched = []
    monkeypatch.setattr(
        "ingestion.files.object_store.ObjectFolder.fetch",
        lambda _, drop, __: fetched.append(drop.relative),
    )
    assert shop.extract("2026-06-17")["orders"].files_unchanged == 2
    assert fetched == []


def test_a_replaced_object_supersedes_its_rows(shop: Shop, bucket: Any) -> None:
    # As long as before, and within the second that the store reports times by.
    for amount, loaded in ((5, 1), (7, 1), (7, 0)):
        bucket.pipe("exports/shop/orders_2026-06-16.csv", f"order_no,amount\n1,{amount}\n".encode())
        assert shop.extract("2026-06-17")["orders"].files_loaded == loaded
    assert [amount for *_, amount in shop.query(ROWS)] == ["5", "7"]


def test_wrong_credentials_are_reported_without_quoting_them(
    shop: Shop, bucket: Any, object_store: str
) -> None:
    bucket.pipe("exports/shop/orders_2026-06-16.csv", b"order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    requests.post(f"{object_store}/moto-api/reset-auth", data=b"0", timeout=10)
    try:
        with pytest.raises(SourceError, match="s3://exports/shop: the store refuses") as caught:
            shop.extract("2026-06-17")
    finally:
        requests.post(f"{object_store}/moto-api/reset-auth", data=b"1000000", timeout=10)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_bucket_that_is_not_there_is_named(shop: Shop, bucket: Any) -> None:
    shop.location = "s3://nowhere/shop"
    with pytest.raises(SourceError, match=r"shop\.orders: no file s3://nowhere/shop/orders_|not"):
        shop.extract("2026-06-16")


def test_an_outage_is_an_error_of_the_source_and_leaves_all_as_it_was(
    shop: Shop, bucket: Any
) -> None:
    bucket.pipe("exports/shop/orders_2026-06-16.csv", b"order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    before = shop.ledger()
    shop.storage_options = options("http://127.0.0.1:9")
    with pytest.raises(SourceError, match=r"the store cannot be read .*is it up") as caught:
        shop.extract("2026-06-17")
    assert SECRET not in str(caught.value)
    assert shop.ledger() == before


def test_a_secret_that_is_not_set_is_named(
    shop: Shop, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_SECRET")
    with pytest.raises(SourceError, match="source shop: SHOP_SECRET is not set"):
        shop.extract("2026-06-16")


def test_any_file_system_of_fsspec_works(shop: Shop, tmp_path: Path) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    memory = fsspec.filesystem("memory")
    memory.pipe("/box/orders_2026-06-16.csv", b"order_no,amount\n2,6\n")
    memory.pipe("/box/orders_20260617.csv", b"order_no,amount\n2,6\n")
    for location in (f"file://{shop.folder}", "memory://box"):
        shop.location = location
        assert shop.extract("2026-06-16")["orders"].files_loaded == 1
        assert shop.extract("2026-06-16")["orders"].files_loaded == 0
    shop.tables = {"more": {**ORDERS, "path": "more_{date}.csv"}}
    with pytest.raises(SourceError, match=r"no file memory://box/more_\{date\}\.csv"):
        shop.extract("2026-06-16")
    memory.rm("/box", recursive=True)


@pytest.mark.parametrize(
    ("location", "said"),
    [("ftpx://host/a", "its location or storage_options are wrong"), ("gs://b/a", "install gcsfs")],
)
def test_a_store_without_its_package_is_reported(shop: Shop, location: str, said: str) -> None:
    shop.location = location
    with pytest.raises(SourceError, match=said):
        shop.extract("2026-06-16")


def test_the_configuration_keeps_no_secret(shop: Shop, bucket: Any) -> None:
    assert SECRET in os.environ["SHOP_SECRET"]
    assert SECRET not in shop.source.model_dump_json()
