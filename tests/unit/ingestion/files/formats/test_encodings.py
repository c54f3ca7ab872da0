from __future__ import annotations

import io

import pytest

from ingestion.files.formats.encodings import detect
from tests.unit.ingestion.conftest import ORDERS, Shop


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("plain", "ascii", "utf-8"),
        ("Käufer 中文", "utf-8", "utf-8"),
        ("Käufer", "utf-8-sig", "utf-8"),
        ("Käufer 中文", "utf-16", "utf-16"),
        ("order 1;5 Käufer", "utf-16-le", "utf-16-le"),
        ("order 1;5 Käufer", "utf-16-be", "utf-16-be"),
        ("王小明;北京\n退货", "gb18030", "gb18030"),
        ("退", "gb18030", "gb18030"),
        ("great product, 退货 ok", "gb18030", "gb18030"),
        ("Käufer", "windows-1252", "windows-1252"),
        ("Größe; Übergröße; ÅÄÖ", "windows-1252", "windows-1252"),
        ("José; Élodie; Hélène; £5; 7 €; naïve", "windows-1252", "windows-1252"),
        ("Käufer \x81", "latin-1", "latin-1"),
    ],
)
def test_an_encoding_is_detected(text: str, encoding: str, found: str) -> None:
    assert detect(io.BytesIO(f"a;b\n1;{text}\n".encode(encoding))) == found


def test_one_invalid_byte_does_not_change_the_detected_encoding() -> None:
    text = "Müller\nSchröder\nJäger\nKöln\nÖtzi\n".encode()
    assert detect(io.BytesIO(text + b"\xe4\n")) == "utf-8"


def test_every_common_chinese_character_is_distinguished_from_accents() -> None:
    words = [bytes((lead, trail)).decode("gb18030") for lead in range(0xB0, 0xD8)
             for trail in range(0xA1, 0xFF) if (lead, trail) < (0xD7, 0xFA)]  # fmt: skip
    # Beside others: on their own some are UTF-8 as well.
    texts = (f"1,{word}\n2,王小明\n3,退货\n" for word in words)
    assert all(detect(io.BytesIO(text.encode("gb18030"))) == "gb18030" for text in texts)


def test_a_detected_encoding_is_reported_and_each_file_has_its_own(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "options": {"encoding": "auto"}}}
    for day, word, encoding in ((16, "中文", "gb18030"), (17, "Käufer", "latin-1")):
        text = f"order_no,amount\n{word},5\n"
        shop.deliver(f"orders_2026-06-{day}.csv", text.encode(encoding))
    report = shop.extract("2026-06-17")["orders"]
    assert report.encodings == ("gb18030", "windows-1252")
    assert shop.query("select order_no from raw_shop.orders order by _load_id") == [
        ("中文",), ("Käufer",),
    ]  # fmt: skip
