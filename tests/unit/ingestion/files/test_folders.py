from __future__ import annotations

import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import Shop


def test_no_file_at_all_is_an_error_that_names_the_path(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"shop\.orders: no file .*orders_\{date\}\.csv: deliver"):
        shop.extract("2026-06-16")


def test_a_location_that_is_not_there_is_an_error_that_names_it(shop: Shop) -> None:
    shop.folder.rmdir()
    with pytest.raises(SourceError, match=r"source shop: its location .*landing/shop is not a f"):
        shop.extract("2026-06-16")
