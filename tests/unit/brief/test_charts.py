from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
import pytest

from brief.charts import charts
from brief.facts import read_facts
from brief.formats import Formats
from brief.words import words
from tests.unit.brief.published_file import DAY, published_file


@pytest.fixture(scope="module")
def drawn(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    facts = read_facts(con, DAY, "en", 90)
    return charts(facts, words("en"), Formats("en", "EUR"), "non_contractual", validate=True)


def test_every_chart_is_an_image_that_the_page_scales_and_colours(drawn: dict[str, str]) -> None:
    for name, svg in drawn.items():
        root = ET.fromstring(svg)
        assert root.tag.endswith("}svg"), name
        assert "viewBox" in root.attrib
        assert "width" not in root.attrib
        # The content security policy of the page forbids styles in elements.
        assert not re.search(r"\bstyle=|<style|<script|href=", svg), name
        assert "var(--" in svg


def test_a_chart_shows_the_numbers_of_its_rows(drawn: dict[str, str]) -> None:
    texts = [node.text for node in ET.fromstring(drawn["reach"]).iter() if node.text]
    # 300 of 650 beyond reach, 300 of the two with an action, 50 in control.
    assert [text for text in texts if "%" in text] == ["46\u202f%", "46\u202f%", "8\u202f%"]
    # c4 is in control. A name is a text of the picture and no HTML.
    assert "Comparison group of today's actions" in texts
    topics = {node.text for node in ET.fromstring(drawn["complaints"]).iter()}
    assert {"delivery", "month before"} <= topics


def test_without_rows_there_is_no_picture(tmp_path: Path) -> None:
    path = published_file(tmp_path / "holdfast.duckdb", {})
    with duckdb.connect(str(path), read_only=True) as con:
        facts = read_facts(con, DAY, "zh", 90)
    drawn = charts(facts, words("zh"), Formats("zh", "EUR"), "contractual")
    assert set(drawn.values()) == {""}
