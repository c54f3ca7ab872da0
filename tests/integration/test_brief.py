"""The brief of a run: each figure computed again from the published file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser

import duckdb
import pytest

from brief.facts import queries, read_facts
from brief.figures import exact
from brief.formats import UNKNOWN
from cli.data_dictionary import demo_manifest
from tests.integration.deployments import DROPS, HISTORY, LAST, Deployment
from warehouse.published.metrics import metrics_from_manifest

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


# Figures of the page that are metrics of the dbt project: query, its key, column, and the metric.
METRICS = [
    ("today", "", "eligible", "eligible_customers"),
    ("today", "", "high_risk", "high_risk_customers"),
    ("today", "", "value_at_risk", "value_at_risk"),
    ("today", "", "treated", "customers_with_action"),
    ("today", "", "control", "control_customers"),
    ("today", "", "expected_kept", "expected_kept_customers"),
    ("today", "", "expected_cost", "expected_cost"),
    ("today", "", "expected_net_value", "expected_net_value"),
    ("changes", "eligible", "today", "eligible_customers"),
    ("changes", "high_risk", "today", "high_risk_customers"),
    ("changes", "value_at_risk", "today", "value_at_risk"),
    ("changes", "expected_churn", "today", "expected_churn_rate"),
    ("changes", "warned", "today", "shown_customers"),
    ("outlook", "", "expected_churn_rate", "expected_churn_rate"),
    ("outlook", "", "churn_rate_low", "expected_churn_rate_low"),
    ("outlook", "", "churn_rate_high", "expected_churn_rate_high"),
    ("data", "", "delivered", "delivered_rows"),
    ("data", "", "rejected", "rejected_rows"),
    ("data", "", "rejected_share", "rejected_share"),
    ("account", "all", "customers_kept", "customers_kept"),
    ("account", "all", "net_value", "net_value"),
]
# Of them, those of the rows of other dates than the day, with the rows of the metric.
METRICS_OF_ROWS = [
    ("attrition_months", "attrition_rate", "attrition_rate", ("month", "stage")),
    ("attrition_months", "entered", "entered_customers", ("month", "stage")),
    ("attrition_months", "lost", "lost_customers", ("month", "stage")),
    ("complaints", "complaints", "complaints", ("month", "topic")),
    ("causes", "value_at_risk", "value_at_risk_by_cause", ("snapshot_date", "cause")),
    ("holdout", "roc_auc", "roc_auc", ("snapshot_date", "model_version")),
    ("holdout", "top_decile_lift", "top_decile_lift", ("snapshot_date", "model_version")),
    ("holdout", "churn_rate", "churn_rate", ("snapshot_date", "model_version")),
    ("holdout", "mean_predicted", "predicted_churn_rate", ("snapshot_date", "model_version")),
]


def test_figures_that_are_metrics_equal_the_metrics_of_the_dbt_project(
    day_by_day: Deployment,
) -> None:
    metrics = metrics_from_manifest(demo_manifest())
    with duckdb.connect(str(day_by_day.home.published), read_only=True) as con:
        facts = read_facts(con, LAST, "en", 90)
        (version,) = con.execute("select model_version from ops.publication").fetchall()[0]

        def measured(name: str, conditions: dict[str, object]) -> float:
            metric = metrics[name]
            where = " and ".join(f"{column} = ?" for column in conditions) or "true"
            ((value,),) = con.execute(
                f"select {metric.expression} from {metric.table} where {where}",
                list(conditions.values()),
            ).fetchall()
            return float(value)

        for query, key, column, name in METRICS:
            is_of_the_day = metrics[name].table != "feedback.retention_account"
            expected = measured(name, {"snapshot_date": LAST} if is_of_the_day else {})
            shown = facts.by_key(query)[key][column]
            assert float(shown) == pytest.approx(expected), (query, column)
        for query, column, name, keys in METRICS_OF_ROWS:
            assert facts[query], query
            for row in facts[query]:
                known = {**row.cells, "model_version": version}
                known.setdefault("snapshot_date", LAST)
                expected = measured(name, {each: known[each] for each in keys})
                assert float(row[column]) == pytest.approx(expected), (query, row.key, column)


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
