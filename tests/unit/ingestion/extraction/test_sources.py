from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from deployment.source_config import FilesSource, SqlSource
from ingestion.errors import SourceError
from ingestion.extraction.sources import Extraction, extract
from tests.databases import Server
from tests.unit.ingestion.conftest import Shop

DAYS = [date(2026, 6, 16), date(2026, 6, 17)]


def extracted(shop: Shop, source: FilesSource | SqlSource, *days: date) -> Extraction:
    with shop.warehouse.connect() as con:
        return extract(con, "shop", source, shop.home, days)


def recorded(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.query(
        "select run_date, is_complete, message from ops.extractions order by run_date"
    )


def test_a_source_that_has_never_been_read_fails_the_run(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"shop\.orders: no file"):
        extracted(shop, shop.source, DAYS[0])
    assert recorded(shop) == []


def test_a_source_that_was_read_before_keeps_its_rows_and_reports_the_failure(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    assert extracted(shop, shop.source, DAYS[0]).failure is None
    shop.deliver("orders_2026-06-17.csv", "")
    extraction = extracted(shop, shop.source, DAYS[1])
    assert extraction.reports == []
    assert "the file is empty (0 bytes)" in str(extraction.failure)
    assert recorded(shop) == [(DAYS[0], True, None), (DAYS[1], False, extraction.failure)]
    assert shop.query("select order_no from raw_shop.orders") == [("1",)]


def test_every_date_of_a_run_is_recorded_and_the_next_run_replaces_it(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    extracted(shop, shop.source, *DAYS)
    broken = shop.deliver("orders_2026-06-17.csv", "")
    extracted(shop, shop.source, DAYS[1])
    broken.unlink()
    extracted(shop, shop.source, DAYS[1])
    assert recorded(shop) == [(day, True, None) for day in DAYS]


def test_a_mutable_source_is_not_read_for_a_date_before_one_it_was_read_for(
    shop: Shop, sqlite: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = sqlite.database("sources")
    database.execute("create table people (id integer)", "insert into people values (1)")
    monkeypatch.setenv("CRM_URL", database.url)
    tables: Mapping[str, Any] = {"people": {"columns": ["id"], "key": ["id"]}}
    source = SqlSource.model_validate({"kind": "sql", "url": "${CRM_URL}", "tables": tables})
    assert extracted(shop, source, DAYS[1]).reports[0].rows == 1
    database.execute("insert into people values (2)")
    assert extracted(shop, source, DAYS[0]).reports[0].rows == 0
    assert extracted(shop, source, DAYS[1]).reports[0].rows == 1
