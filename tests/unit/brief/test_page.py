from __future__ import annotations

import re
from base64 import b64encode
from decimal import Decimal
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from brief.page import OVERDUE_SHARE, Definitions, brief_html
from tests.unit.brief.published_file import DAY, ROOT, SHOP, a_day, a_year, published_file


@pytest.fixture(scope="module")
def page(con: duckdb.DuckDBPyConnection) -> str:
    return brief_html(con, DAY, SHOP)


class LooseNumbers(HTMLParser):
    """Digits of a page that stand outside the elements that say where a figure comes from."""

    # What is no figure: code, the axes of pictures (whose numbers are in tables), and the title.
    EXEMPT = frozenset({"script", "style", "code", "svg", "title", "h3"})
    VOID = frozenset({"meta", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.VOID:
            return
        names = {name for name, _ in attrs}
        sourced = bool(names & {"data-query", "data-setting", "data-definition"})
        day = tag == "time" and "datetime" in names
        self.stack.append((tag, sourced or day or tag in self.EXEMPT))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if re.search(r"\d", data) and not any(is_sourced for _, is_sourced in self.stack):
            self.found.append(data.strip())


def test_every_number_of_the_page_has_the_place_it_comes_from(page: str) -> None:
    parser = LooseNumbers()
    parser.feed(page)
    assert parser.found == []


def test_the_page_loads_nothing_and_allows_only_its_own_style_and_script(page: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src 'none';")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    without_namespaces = re.sub(r'xmlns(:xlink)?="[^"]+"', "", page)
    assert not re.search(r"https?:|//[a-z]|\bsrc=|@import|url\(", without_namespaces)
    assert not re.search(r"\bstyle=|\bon\w+=", page)


def test_both_languages_are_on_the_page_with_ids_of_their_own(page: str) -> None:
    assert '<html lang="en">' in page
    assert page.index('id="en" lang="en"') < page.index('id="zh" lang="zh-Hans"')
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= set(ids)
    assert "采取挽留措施" in page
    assert "call &lt;now&gt;" in page


def test_the_same_file_gives_the_same_page(con: duckdb.DuckDBPyConnection, page: str) -> None:
    assert brief_html(con, DAY, SHOP) == page


def made(tmp_path: Path, rows: dict[str, list[dict[str, object]]], kind: str = "shop") -> str:
    path = published_file(tmp_path / "holdfast.duckdb", rows)
    churn = "non_contractual" if kind == "shop" else "contractual"
    with duckdb.connect(str(path), read_only=True) as con:
        return brief_html(con, DAY, Definitions("zh", "CNY", churn, 30, 180))


def test_a_company_without_any_row_has_a_page_that_claims_nothing(tmp_path: Path) -> None:
    page = made(tmp_path, {})
    assert '<html lang="zh-Hans">' in page
    assert "No action was decided for this day." in page
    assert "Not tested yet. Treat the list as a first guess." in page
    assert "No text" in page


def test_a_stale_source_is_named_with_its_reason(tmp_path: Path) -> None:
    rows = a_day()
    rows["ops.data_quality_daily"][0] |= {"is_stale": True, "stale_reason": "no answer"}
    page = made(tmp_path, rows, "contracts")
    assert re.search(r"Yes: <data value=\"1\"[^>]*>1</data> source did not deliver\.", page)
    assert "no answer" in page


def test_a_day_without_decisions_lists_the_reachable_customers_with_most_value_at_risk(
    tmp_path: Path,
) -> None:
    rows = a_year()
    for table in ("customer_actions_daily", "action_exclusions_daily"):
        rows[f"activation.{table}"] = []
    page = made(tmp_path, rows)
    assert "Customers with the most value at risk who can still be reached" in page
    listed = re.findall(r'data-query="riskiest" data-column="customer_id"[^>]*>(\w+)<', page)
    # The first three in the answers, and all of them in the list, in each language.
    assert listed == ["c1", "c2", "c4"] * 4


def test_a_page_of_an_earlier_day_says_when_its_data_was_known(tmp_path: Path) -> None:
    path = published_file(tmp_path / "holdfast.duckdb", a_day(), DAY.replace(month=7))
    with duckdb.connect(str(path), read_only=True) as con:
        page = brief_html(con, DAY, SHOP)
    assert "Written afterwards: corrections of data" in page


def test_a_page_without_dashboards_has_no_link_that_leaves_it(page: str) -> None:
    assert all(link.startswith("#") for link in re.findall(r'<a [^>]*href="([^"]+)"', page))


def test_overdue_is_what_the_lifecycle_calls_at_risk() -> None:
    macro = (ROOT / "dbt_project/macros/customers/lifecycle.sql").read_text(encoding="utf-8")
    (share,) = re.findall(r"'at_risk': (0\.\d+)", macro)
    assert Decimal(1) - Decimal(share) == Decimal(str(OVERDUE_SHARE))


def test_contracts_have_their_own_definitions(tmp_path: Path) -> None:
    page = made(tmp_path, a_day(), "contracts")
    assert "every contract ended in the" in page
    assert "no order for longer than" not in page


def test_a_model_without_order_is_not_trusted(tmp_path: Path) -> None:
    rows = a_year()
    rows["feedback.prediction_performance"][0]["roc_auc"] = 0.5
    assert "the model cannot tell who is at risk" in made(tmp_path, rows)
