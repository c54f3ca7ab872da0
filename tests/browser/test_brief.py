"""The brief of a run in a real browser: both languages, both colour schemes, on paper."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from brief.pdf import write_pdf
from tests.browser.pages import PATIENCE, browser
from tests.integration.deployments import Deployment

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.environ.get("CHROMIUM"), reason="CHROMIUM names no browser"),
]


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as one:
        yield one


@pytest.fixture
def page(opened: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a browser without a network, in the colour scheme and width of the parameter."""
    scheme, width = getattr(request, "param", ("light", 1280))
    context = opened.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True
    )
    made = context.new_page()
    made.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    made.on("console", lambda message: complaints.append(message.text))
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("request", lambda asked: asked.url.startswith("file:") or complaints.append(asked.url))
    yield made
    # Nothing was asked for over the network, and the page's own policy refused nothing.
    assert complaints == []
    context.close()


def open_brief(page: Page, deployment: Deployment, language: str) -> None:
    page.goto(f"{deployment.home.brief.as_uri()}#{language}")
    page.wait_for_selector(f"#{language} h1", state="visible")


@pytest.mark.parametrize(
    ("page", "language"),
    [(("light", 1280), "en"), (("dark", 1280), "zh"), (("dark", 390), "en")],
    indirect=["page"],
)
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    page: Page, first_day: Deployment, language: str
) -> None:
    open_brief(page, first_day, language)
    for details in page.locator(f"#{language} details").all():
        details.evaluate("node => node.open = true")
    found = Axe().run(page).response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
    width, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= screen


def test_the_language_is_switched_without_a_script(page: Page, first_day: Deployment) -> None:
    open_brief(page, first_day, "en")
    page.get_by_role("link", name="中文").click()
    page.get_by_role("heading", name="今天能挽留谁，用什么办法").wait_for()
    assert not page.locator("#en").is_visible()
    # A link within the other language stays in it.
    page.get_by_role("link", name="这些预测可信吗？").click()
    assert page.locator("#zh").is_visible()
    page.get_by_role("link", name="English").click()
    assert page.locator("#en").is_visible()


@pytest.mark.parametrize("page", [("dark", 1280)], indirect=True)
def test_a_table_is_sorted_from_the_keyboard_by_the_exact_figures(
    page: Page, first_day: Deployment
) -> None:
    open_brief(page, first_day, "en")
    table = page.locator("#en table", has=page.locator("#en-actions"))
    heading = table.get_by_role("columnheader", name="Customers")
    # The total below the rows keeps its place.
    figures = table.locator('tbody [data-column="treated"]')

    def shown() -> list[int]:
        return [int(value or 0) for value in figures.evaluate_all("n => n.map(x => x.value)")]

    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert shown() == sorted(shown(), reverse=True)
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert shown() == sorted(shown())


@pytest.mark.parametrize("page", [("dark", 1280)], indirect=True)
def test_paper_is_white_and_has_no_controls(page: Page, first_day: Deployment) -> None:
    open_brief(page, first_day, "en")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("#en .switch").is_visible()
    assert not page.locator("#en footer details").is_visible()
    assert page.locator("#en h1").is_visible()


def test_the_pdf_is_of_one_language_and_of_a_few_pages(
    first_day: Deployment, tmp_path: Path
) -> None:
    write_pdf(first_day.home.brief, "zh", tmp_path / "brief.pdf")
    content = (tmp_path / "brief.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 10
