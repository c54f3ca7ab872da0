"""Zip archives: the file in them, and archives that are refused."""

from __future__ import annotations

import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import ORDERS, Shop
from tests.unit.ingestion.files.formats.packed import ROWS, archive

GOOD = b"order_no,amount\n1,5\n"
ZIP = {**ORDERS, "path": "orders_{date}.csv.zip"}


def test_the_file_in_an_archive_is_read(shop: Shop) -> None:
    shop.tables = {"orders": ZIP}
    litter = {"__MACOSX/._orders_csv": b"x", "a/.DS_Store": b"x"}
    shop.deliver("orders_2026-06-16.csv.zip", archive(**{"a/orders_csv": GOOD}, **litter))
    shop.extract("2026-06-16")
    shop.tables["orders"] = {**ZIP, "member": "orders*.csv"}
    shop.deliver("orders_2026-06-17.csv.zip", archive(orders_1_csv=GOOD + b"x\n", notes=b"x"))
    assert shop.extract("2026-06-17")["orders"].rows_unreadable == 1
    assert shop.query(ROWS) == [(1, "1", "5"), (1, "1", "5")]


def encrypted() -> bytes:
    """An archive whose entry says that it is encrypted."""
    packed = bytearray(archive(orders_csv=GOOD))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD, "not a whole zip archive"),
        (archive(orders_csv=GOOD)[:-30], "not a whole zip archive"),
        (archive(a_csv=GOOD, b_csv=GOOD), r"there are 2 files in it \(a.csv, b.csv\): set member"),
        (archive(), "there is no file in it"),
        (archive(orders_csv=b""), "the file in it is empty"),
        (archive(orders_csv=b"0" * (65 << 20)), "would unpack to 65 MB, 10"),
        (encrypted(), "it is encrypted: deliver it without a password"),
    ],
)
def test_an_unreadable_archive_is_reported_with_the_reason(
    shop: Shop, content: bytes, said: str
) -> None:
    shop.tables = {"orders": ZIP}
    path = shop.deliver("orders_2026-06-16.csv.zip", content)
    with pytest.raises(SourceError, match=said) as caught:
        shop.extract("2026-06-16")
    assert str(caught.value).startswith(str(path))


def test_a_flipped_byte_in_an_archive_is_noticed(shop: Shop) -> None:
    shop.tables = {"orders": ZIP}
    content = bytearray(archive(orders_csv=GOOD * 50))
    content[45] ^= 0xFF
    shop.deliver("orders_2026-06-16.csv.zip", bytes(content))
    with pytest.raises(SourceError, match="not a whole zip archive"):
        shop.extract("2026-06-16")
