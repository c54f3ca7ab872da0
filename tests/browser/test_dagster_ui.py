"""The Dagster UI in a real browser, on a deployment that was run from the terminal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.pages import PATIENCE, browser
from tests.integration.deployments import HISTORY, ROOT, Deployment

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.environ.get("CHROMIUM"), reason="CHROMIUM names no browser"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


@pytest.fixture(scope="module")
def addresses(first_day: Deployment) -> Iterator[dict[str, str]]:
    """Where the UIs of the deployment answer, by their name."""
    ports = {"dagster": free_port(), "mlflow": free_port()}
    options = [part for name, port in ports.items() for part in (f"--{name}-port", str(port))]
    command = first_day.command("ui", *options)
    process = subprocess.Popen(
        command, env=first_day.environ(), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C" in line:
            break
    try:
        yield {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


@pytest.fixture(scope="module")
def address(addresses: dict[str, str]) -> str:
    return addresses["dagster"]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A browser's page."""
    with browser() as opened:
        page = opened.new_page(viewport={"width": 1400, "height": 640})
        page.set_default_timeout(PATIENCE)
        # Dagster asks once for an e-mail address, in front of everything.
        page.add_locator_handler(
            page.get_by_text("Skip", exact=True), lambda locator: locator.click()
        )
        yield page


def test_the_graph_shows_every_layer(page: Page, address: str) -> None:
    page.goto(f"{address}/asset-groups")
    for layer in ("raw", "staging", "intermediate", "marts", "features", "model", "published"):
        page.get_by_text(layer, exact=True).first.wait_for()


def test_the_run_of_the_terminal_is_there_with_its_date(page: Page, address: str) -> None:
    page.goto(f"{address}/runs")
    page.get_by_text("retrain").first.wait_for()
    page.goto(f"{address}/assets/published/holdfast")
    page.get_by_text(HISTORY.isoformat()).first.wait_for()


def test_the_checks_of_a_table_are_there_and_passed(page: Page, address: str) -> None:
    page.goto(f"{address}/assets/features/feat_customer_snapshots?view=checks")
    page.get_by_text("enough_customers_to_score").first.wait_for()
    page.get_by_text("Succeeded").first.wait_for()


def test_the_model_shows_its_lift_as_a_picture(page: Page, address: str) -> None:
    show_markdown(page, address, "lift")
    page.locator("img[src^='data:image/png']").first.wait_for()


def test_the_model_shows_its_card(page: Page, address: str) -> None:
    show_markdown(page, address, "model_card")
    page.get_by_role("heading", name="Out-of-scope use").wait_for()


def show_markdown(page: Page, address: str, name: str) -> None:
    """Open a text among what the latest training of the model left."""
    page.goto(f"{address}/assets/ml/churn_model")
    row = page.locator("tr").filter(has=page.get_by_text(name, exact=True))
    row.get_by_text("Show Markdown").click()


@pytest.mark.parametrize("server", ["dagster", "mlflow"])
def test_a_foreign_host_name_that_resolves_to_this_machine_is_refused(
    addresses: dict[str, str], server: str
) -> None:
    def status(host: str) -> int:
        request = urllib.request.Request(addresses[server], headers={"Host": host})
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    own = addresses[server].removeprefix("http://")
    assert status(own) == 200
    assert status(own.replace("127.0.0.1", "localhost")) == 200
    assert status("attacker.example") in {400, 403}
    assert status(f"attacker.example:{own.partition(':')[2]}") in {400, 403}
