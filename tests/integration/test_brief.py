"""The brief of a run: each figure computed again from the published file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser

import duckdb
import pytest

from brief.facts import queries
from brief.figures import exact
from brief.formats import UNKNOWN
from tests.integration.deployments import DROPS, HISTORY, LAST, Deployment

# Rows by language, query and key.
Computed = dict[tuple[str, str, str], dict[str, object]]


class Figures(HTMLParser):
    """Figures of a page with their attributes and texts, and the SQL of its queries.

    `figures` and `sql` are by the language of the edition.
    """

    def __init__(self) -> None:
        super().__init__()
        self.language = ""
        self.figures: list[tuple[str, dict[str, str], list[str]]] = []
        self.sql: dict[tuple[str, str], str] = {}
        self.open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if found.get("class", "").startswith("edition"):
            self.language = found["id"]
        if "data-query" in found:
            self.figures.append((self.language, found, []))
        if tag not in ("meta", "br"):
            self.open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, found in self.open:
            if "data-sql" in found:
                key = self.language, found["data-sql"]
                self.sql[key] = self.sql.get(key, "") + data
            if "data-query" in found:
                self.figures[-1][2].append(data)


@pytest.fixture(scope="module")
def page(day_by_day: Deployment) -> Figures:
    parser = Figures()
    parser.feed(day_by_day.home.brief.read_text(encoding="utf-8"))
    return parser


@pytest.fixture(scope="module")
def computed(
    page: Figures, day_by_day: Deployment
) -> dict[tuple[str, str, str], dict[str, object]]:
    """Rows of the page's own queries on the published file, by language, query and key."""
    return {
        (language, name, key): row
        for (language, name), sql in page.sql.items()
        for key, row in rows(day_by_day, name, sql)
    }


def rows(deployment: Deployment, name: str, sql: str) -> Iterator[tuple[str, dict[str, object]]]:
    with duckdb.connect(str(deployment.home.published), read_only=True) as con:
        found = con.execute(sql)
        columns = [column for column, *_ in found.description]
        for values in found.fetchall():
            row = dict(zip(columns, values, strict=True))
            yield "/".join(str(row[column]) for column in queries()[name].key), row


def test_each_figure_is_a_cell_of_the_published_file(page: Figures, computed: Computed) -> None:
    assert len(page.figures) > 400
    for language, found, texts in page.figures:
        row = computed[language, found["data-query"], found.get("data-row", "")]
        value = row[found["data-column"]]
        text = "".join(texts)
        if value is None:
            assert (found["value"], text[0]) == ("", UNKNOWN), found
        elif isinstance(value, float):
            # Sums of doubles depend on the order of the threads.
            assert float(found["value"]) == pytest.approx(value, rel=1e-12), found
            assert is_rounded(text, Decimal(found["value"])), (found, text)
        elif "value" in found:
            assert found["value"] == exact(value), found
            assert is_rounded(text, Decimal(str(value))), (found, text)
        elif "datetime" in found:
            assert found["datetime"] == exact(value), found
        else:
            assert text == str(value), found


def is_rounded(text: str, value: Decimal) -> bool:
    """True if a text shows a value, rounded to the digits of the text."""
    digits = "".join(character for character in text if character in "0123456789.")
    if text.startswith(">"):
        return value > Decimal("0.99")
    shown = Decimal(digits) * (-1 if "−" in text else 1)
    half = Decimal(1).scaleb(int(shown.as_tuple().exponent)) / 2
    return any(abs(shown - value * factor) <= half for factor in (1, 100))


def test_the_most_important_figures_are_those_of_other_queries(
    page: Figures, day_by_day: Deployment
) -> None:
    """Figures of the top of the page, by SQL that is not the page's own."""
    shown = {
        (found["data-query"], found["data-column"]): found.get("value")
        for language, found, _ in page.figures
        if language == "en" and "data-row" not in found
    }
    day = f"snapshot_date = date '{LAST}'"
    for column, sql in {
        "treated": f"select count(*) from activation.customer_actions_daily where {day}"
        " and arm = 'treatment'",
        "value_at_risk": "select sum(value_at_risk) from activation.customer_risk_daily"
        f" where {day}",
        "expected_net_value": "select sum(expected_net_value) from"
        f" activation.customer_actions_daily where {day} and arm = 'treatment'",
        "beyond_reach": "select coalesce(sum(value_at_risk), 0) from"
        f" activation.action_exclusions_daily where {day} and reason = 'lost_anyway'",
    }.items():
        ((expected,),) = day_by_day.query(sql)
        assert shown["today", column] == str(expected), column


def test_each_day_has_a_page_and_the_latest_is_the_brief(day_by_day: Deployment) -> None:
    home = day_by_day.home
    names = sorted(path.stem for path in home.briefs.iterdir())
    assert (names[0], names[-1], len(names)) == (str(HISTORY), str(LAST), DROPS + 1)
    assert home.brief.read_bytes() == (home.briefs / f"{LAST}.html").read_bytes()
    assert home.brief.stat().st_size < 1_000_000


def test_the_page_has_no_personal_data(day_by_day: Deployment) -> None:
    page = day_by_day.home.brief.read_text(encoding="utf-8")
    people = day_by_day.warehouse(
        "select distinct email, full_name from intermediate.int_customers_versions"
        " where email is not null and full_name is not null"
    )
    assert people
    assert [email for email, name in people if str(email) in page or str(name) in page] == []


def test_the_summary_names_the_brief(day_by_day: Deployment) -> None:
    done = day_by_day.cli("brief")
    assert done.stdout == f"Brief of {LAST}: {day_by_day.home.briefs / f'{LAST}.html'}\n"
    assert f"Brief         {day_by_day.home.brief}" in day_by_day.cli("status").stdout
