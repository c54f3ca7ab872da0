"""Requests: retries, rate limit, messages of faults, and secrets."""

from __future__ import annotations

import base64
import random
import time

import pytest

from ingestion.errors import SourceError
from tests.api_sources import expected_rows
from tests.local_apis import ZENDESK_TOKEN
from tests.unit.ingestion.desk import Desk, ticket
from warehouse.connection import Warehouse


def test_every_ticket_is_loaded_once_although_the_api_fails_in_every_way(desk: Desk) -> None:
    desk.apis.page_size, desk.apis.overlap = 7, 2
    for number in range(1, 201):
        desk.apis.tickets.put(ticket(number))
    chance = random.Random(4)
    faults = ["429", "500", "502", "503", "cut", "hang up", None, None, None]
    desk.apis.fault = lambda path, count: chance.choice(faults)
    desk.apis.retry_after = "0"
    source = {"retries": {"attempts": 40, "first_wait_seconds": 0.001, "longest_wait_seconds": 1}}
    assert desk.tickets(**source) == 200
    columns = list(desk.source("zendesk").tables["tickets"].columns)
    current = desk.current("zendesk", "tickets")
    assert current == expected_rows(desk.apis.tickets, columns)
    assert desk.query("select sum(rows) from ops.load_ledger") == [(200,)]


def test_a_retry_after_is_obeyed(desk: Desk) -> None:
    desk.apis.tickets.put(ticket(1))
    desk.apis.retry_after = "1"
    desk.apis.fault = lambda path, count: "429" if count == 1 else None
    started = time.monotonic()
    assert desk.tickets() == 1
    assert 1 <= time.monotonic() - started < 5


def test_requests_respect_the_rate_limit(desk: Desk) -> None:
    desk.apis.page_size = 1
    for number in range(1, 7):
        desk.apis.tickets.put(ticket(number))
    started = time.monotonic()
    desk.tickets(requests_per_second=20)
    assert time.monotonic() - started >= 5 / 20


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("401", r"answers 401: check ZENDESK_USER and ZENDESK_TOKEN"),
        ("403", r"answers 403: the owner of ZENDESK_USER and ZENDESK_TOKEN lacks a permission"),
        ("404", r"answers 404: there is no such resource"),
        ("422", r"answers 422: it does not understand the request: check parameters"),
        ("429", r"answers 429: it receives too many requests"),
        ("500", r"answers 500: the server fails"),
        ("302", r"answers 302: it redirects"),
        ("html", r"a web page, not JSON"),
        ("truncated", r"not one whole JSON value"),
        ("cut", r"its answers end early"),
        ("hang up", r"cannot be reached, or its answers end"),
    ],
)
def test_a_permanent_fault_is_reported_with_a_remedy(desk: Desk, fault: str, said: str) -> None:
    desk.apis.tickets.put(ticket(1))
    desk.tickets("2026-06-01")
    desk.apis.tickets.put(ticket(2))
    desk.apis.fault = lambda path, count: fault
    where = r"^zendesk\.tickets: /api/v2/incremental/tickets/cursor\.json: .*"
    with pytest.raises(SourceError, match=where + said) as caught:
        desk.tickets("2026-06-02")
    assert "cursor=" not in str(caught.value)
    desk.apis.fault = None
    assert desk.tickets("2026-06-03") == 1


def test_an_unreachable_server_is_reported(desk: Desk) -> None:
    source = desk.source("zendesk", base_url="http://127.0.0.1:9")
    with pytest.raises(SourceError, match=r"zendesk\.tickets: .*cannot be reached.*base_url"):
        desk.extract("zendesk", source, "2026-06-01")


def test_a_secret_that_is_not_set_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZENDESK_TOKEN")
    with pytest.raises(SourceError, match=r"source zendesk: ZENDESK_TOKEN is not set"):
        desk.tickets()
    monkeypatch.setenv("ZENDESK_TOKEN", "two\nlines")
    with pytest.raises(SourceError, match="ZENDESK_TOKEN has characters that a header") as caught:
        desk.tickets()
    assert "lines" not in str(caught.value)


def test_a_secret_is_written_nowhere(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    desk.warehouse = Warehouse(desk.home.warehouse)  # a file, whose bytes are searched too
    desk.warehouse.initialise("demo", "Demo Company")
    desk.apis.tickets.put(ticket(1))
    desk.tickets("2026-06-01")
    texts = []
    for fault in ("401", "500", "cut", "hang up", "html"):
        desk.apis.fault = lambda path, count, fault=fault: fault  # type: ignore[misc]
        with pytest.raises(SourceError) as caught:
            desk.tickets("2026-06-02")
        error: BaseException | None = caught.value
        while error is not None:
            texts += [str(error), repr(error.args), repr(vars(error))]
            error = error.__cause__ or error.__context__
    captured = capfd.readouterr()
    texts += [caplog.text, captured.out, captured.err]
    pair = base64.b64encode(f"export@example.com/token:{ZENDESK_TOKEN}".encode()).decode()
    for secret in (ZENDESK_TOKEN, pair):
        assert not any(secret in text for text in texts)
        holders = [
            path
            for path in desk.home.root.rglob("*")
            if path.is_file() and secret.encode() in path.read_bytes()
        ]
        assert holders == []
