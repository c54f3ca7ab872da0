"""The dashboards in a real Superset: imported, queried, shown, and read while runs publish."""

from __future__ import annotations

import math
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from playwright.sync_api import Page, sync_playwright

from bi.superset.charts import chart_uuid, groups
from bi.superset.datasets import BoundDataset, bind
from bi.superset.description import Chart, dashboards, datasets
from cli.data_dictionary import demo_manifest
from demo import generate
from deployment.home import Home
from tests.bi.local_superset import PASSWORD, Superset, started
from tests.browser.pages import FLAGS
from tests.integration.deployments import Deployment
from warehouse.published.metrics import metrics_from_manifest
from warehouse.published.publication import publish
from warehouse.published.tables import PublishedTable, tables_from_manifest

PEOPLE = 400
LAST = date(2026, 6, 30)
# One horizon and a week before the last day, so that every comparison has its rows.
DAYS = (LAST - timedelta(days=92), LAST - timedelta(days=7), LAST)
PUBLICATIONS = 10
CHARTS = [(name, chart) for name, each in dashboards().items() for chart in each.charts]
FAILURES = ("No results were returned", "No data", "Unexpected error", "Data error")
PATIENCE = 120_000


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    return demo_manifest()


@pytest.fixture(scope="session")
def bound(manifest: dict[str, Any]) -> dict[str, BoundDataset]:
    return bind(datasets(), manifest, metrics_from_manifest(manifest))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a few runs: of the tests' own company, or a copy of `BI_HOME`."""
    folder = tmp_path_factory.mktemp("bi") / "home"
    if given := os.environ.get("BI_HOME"):
        shutil.copytree(given, folder, symlinks=True)
        return Home(folder)
    drops = (LAST - DAYS[0]).days + 1
    generate(folder / "landing", folder / "demo_truth", people=PEOPLE, daily_drops=drops)
    deployment = Deployment(Home(folder))
    for day in DAYS:
        deployment.day(day)
    return deployment.home


@pytest.fixture(scope="session")
def superset(home: Home) -> Iterator[Superset]:
    with started(home.root) as running:
        yield running


@pytest.fixture(scope="session")
def charts(superset: Superset) -> dict[str, int]:
    return superset.charts()


def test_the_key_is_for_its_owner_only(superset: Superset, home: Home) -> None:
    assert stat.S_IMODE((home.root / "superset" / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("dashboard", "chart"), CHARTS, ids=[f"{name}: {chart.title}" for name, chart in CHARTS]
)
def test_a_chart_has_the_rows_that_sql_gives(
    superset: Superset,
    charts: dict[str, int],
    home: Home,
    bound: dict[str, BoundDataset],
    dashboard: str,
    chart: Chart,
) -> None:
    customer = riskiest_customer(home) if dashboard == "customer" else None
    shown = superset.rows(charts[chart_uuid(dashboard, chart)], customer)
    assert shown
    assert any(value is not None for row in shown for value in row.values())
    names, expected = rows_by_sql(home, chart, bound[str(chart.dataset)], customer)
    found = [tuple(comparable(row[name]) for name in names) for row in shown]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def riskiest_customer(home: Home) -> str:
    """The customer whom the page of a customer shows first."""
    with duckdb.connect(str(home.published), read_only=True) as con:
        (customer,) = con.execute(
            "select customer_id from activation.customer_risk_daily"
            " where snapshot_date = (select as_of_date from ops.publication)"
            " order by value_at_risk desc nulls last limit 1"
        ).fetchone() or (None,)
    return str(customer)


def rows_by_sql(
    home: Home, chart: Chart, dataset: BoundDataset, customer: str | None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of the chart's columns, and its rows by SQL on the published file."""
    keys = chart.columns or groups(chart)
    measures = [f"{dataset.metrics[name].expression} as {name}" for name in chart.metrics]
    conditions = [f"({chart.where})"] if chart.where else []
    conditions += [f"customer_id = '{customer}'"] if customer else []
    where = f" where {' and '.join(conditions)}" if conditions else ""
    grouped = " group by all" if chart.kind != "table" else ""
    order = ", ".join(
        f"{name.removeprefix('-')} {'desc nulls last' if name[0] == '-' else 'asc nulls last'}"
        for name in chart.order
    )
    ordered = f" order by {order}" if order else ""
    sql = (
        f"select {', '.join([*keys, *measures])} from ({dataset.sql})"
        f"{where}{grouped}{ordered} limit {chart.limit}"
    )
    with duckdb.connect(str(home.published), read_only=True) as con:
        rows = con.execute(sql).fetchall()
    return [*keys, *chart.metrics], [tuple(comparable(value) for value in row) for row in rows]


def comparable(value: Any) -> Any:
    """A value in one form: fractions to ten digits, times as milliseconds since 1970."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, datetime):
            moment = value.replace(tzinfo=UTC)
        return float(round(moment.timestamp() * 1000))
    if isinstance(value, int | float | Decimal):
        if math.isnan(value):
            return None
        return float(value) if value == int(value) else float(f"{value:.10g}")
    return value


def test_no_query_fails_while_runs_publish_and_the_next_sees_the_new_day(
    superset: Superset, charts: dict[str, int], home: Home, manifest: dict[str, Any]
) -> None:
    """Each publication has another day as its last: a week before, or the last again."""
    tables = tables_from_manifest(manifest)
    watched = [charts[chart_uuid(name, chart)] for name, chart in CHARTS if name == "today"]
    value_at_risk, *_ = watched
    failures: list[BaseException] = []
    asked = 0
    done = threading.Event()

    def query() -> None:
        nonlocal asked
        while not done.is_set():
            for chart in watched:
                try:
                    superset.rows(chart)
                    asked += 1
                except BaseException as error:
                    failures.append(error)

    reader = threading.Thread(target=query)
    reader.start()
    seen = []
    try:
        for number in range(PUBLICATIONS):
            day = DAYS[-1 - (number + 1) % 2]
            publish_up_to(home, tables, day)
            (row,) = superset.rows(value_at_risk)
            seen.append((day, comparable(row["value_at_risk"])))
    finally:
        done.set()
        reader.join()
    assert failures == []
    assert asked > PUBLICATIONS
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        sums = dict(
            con.execute(
                "select snapshot_date, sum(value_at_risk) from activation.customer_risk_daily"
                " group by all"
            ).fetchall()
        )
    assert seen == [(day, comparable(sums[day])) for day, _ in seen]
    assert len({value for _, value in seen}) == 2


def publish_up_to(home: Home, tables: list[PublishedTable], day: date) -> None:
    """Publish the warehouse as if the day were its latest."""
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("create table if not exists main.later as from ops.snapshot_dates")
        con.execute("create or replace table ops.snapshot_dates as from main.later")
        con.execute("delete from ops.snapshot_dates where snapshot_date > ?", [day])
    publish(home.warehouse, home.published, tables)


@pytest.fixture(scope="session")
def answered() -> list[str]:
    """Addresses that have answered the browser."""
    return []


@pytest.fixture(scope="session")
def page(superset: Superset, answered: list[str]) -> Iterator[Page]:
    """A browser that is logged in."""
    if not os.environ.get("CHROMIUM"):
        pytest.skip("CHROMIUM names no browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=FLAGS, timeout=PATIENCE
        )
        page = browser.new_page(viewport={"width": 1500, "height": 1900})
        page.set_default_timeout(PATIENCE)
        page.on("response", lambda response: answered.append(response.url))
        page.goto(f"{superset.address}/login/")
        page.locator("input[type=text]").first.fill("admin")
        page.locator("input[type=password]").first.fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/superset/welcome/**")
        yield page
        browser.close()


@pytest.mark.parametrize("name", dashboards())
def test_a_dashboard_shows_every_chart_in_a_browser(
    page: Page, superset: Superset, name: str, tmp_path: Path
) -> None:
    described = dashboards()[name]
    # Charts below the window are loaded when they are scrolled to.
    height = 170 + sum(8 * row.height + 16 for row in described.rows)
    page.set_viewport_size({"width": 1500, "height": height})
    opened(page, superset, name)
    page.screenshot(path=Path(os.environ.get("BI_PICTURES", tmp_path)) / f"superset_{name}.png")
    text = page.inner_text("body")
    assert [
        title for title in (chart.title for chart in described.charts) if title not in text
    ] == []
    assert [failure for failure in FAILURES if failure in text] == []


def test_a_customer_in_a_table_is_a_link_to_the_page_of_the_customer(
    page: Page, superset: Superset, home: Home
) -> None:
    opened(page, superset, "today")
    link = page.locator("a[href*='holdfast-customer']").first
    customer = link.inner_text()
    page.goto(f"{superset.address}{link.get_attribute('href')}")
    wait_for_charts(page, "customer")
    with duckdb.connect(str(home.published), read_only=True) as con:
        found = con.execute(
            "select churn_probability from activation.customer_risk_daily"
            " where customer_id = ? and snapshot_date = (select as_of_date from ops.publication)",
            [customer],
        ).fetchone()
    assert found is not None
    text = page.inner_text("body")
    assert customer in text
    assert f"{found[0]:.1%}" in text


def opened(page: Page, superset: Superset, name: str) -> None:
    """Open a dashboard and wait until no chart is loading."""
    page.goto(f"{superset.address}/superset/dashboard/holdfast-{name.replace('_', '-')}/")
    wait_for_charts(page, name)


def wait_for_charts(page: Page, name: str) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('.slice_container').length >= count"
        " && !document.querySelector('.loading')",
        arg=len(dashboards()[name].charts),
    )
    # Bars and lines grow for a second.
    page.wait_for_timeout(1500)
    page.wait_for_function("() => !document.querySelector('.loading')")


def test_the_browser_has_asked_no_other_host(page: Page, answered: list[str]) -> None:
    assert page
    assert answered
    assert {urlsplit(url).hostname for url in answered} == {"127.0.0.1"}
