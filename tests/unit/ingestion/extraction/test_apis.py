"""APIs over a real connection: paging, what has changed, faults, and what is said of them."""

from __future__ import annotations

import base64
import random
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deployment.home import Home
from deployment.source_config import RestSource
from ingestion.errors import SourceError
from ingestion.extraction.apis import extract_api
from ingestion.landing.report import TableReport
from ingestion.opened_source import open_source
from tests.api_sources import current_rows, example, expected_rows
from tests.local_apis import SECRETS, ZENDESK_TOKEN, LocalApis, Record
from tests.unit.ingestion.extraction.killing import extractor
from tests.unit.ingestion.memory import MemoryWarehouse, memory_warehouse
from warehouse.connection import Warehouse

USERS = ["id", "updated_at", "name"]


def ticket(number: int, **fields: Any) -> Record:
    return {
        "id": number,
        "created_at": "2026-05-01T08:00:00Z",
        "updated_at": "2026-05-01T08:00:00Z",
        "status": "open",
        "type": None,
        "priority": "normal",
        "requester_id": 7000 + number,
        "submitter_id": 7000 + number,
        "via": {"channel": "email"},
        "tags": ["shop"],
        "description": f"Wo bleibt Paket {number}? \u2028 \"heute\" 𝄞 'ja'",
        "satisfaction_rating": {"score": "unoffered"},
        **fields,
    }


def order(number: int, updated_at: str, **fields: Any) -> Record:
    return {
        "id": number,
        "customer": {"id": 1},
        "created_at": "2026-05-01T10:00:00+02:00",
        "processed_at": "2026-05-01T10:00:00+02:00",
        "updated_at": updated_at,
        "cancelled_at": None,
        "financial_status": "paid",
        "test": False,
        "currency": "EUR",
        "total_price": "10.00",
        "total_price_set": {},
        "total_discounts": "0.00",
        "discount_codes": [],
        "source_name": "web",
        "line_items": [],
        "refunds": [],
        **fields,
    }


def contact(number: int, email: str) -> Record:
    names = ("phone", "firstname", "lastname", "hs_country_region_code", "city")
    names += ("hs_analytics_source", "hs_email_optout", "hs_merged_object_ids")
    return {
        "id": str(number),
        "createdAt": "2026-05-01T08:00:00Z",
        "updatedAt": "2026-05-01T08:00:00Z",
        "archived": False,
        "properties": {"email": email, **dict.fromkeys(names)},
    }


@dataclass
class Desk:
    """One home and the local APIs that it reads."""

    home: Home
    warehouse: Warehouse | MemoryWarehouse
    apis: LocalApis

    def source(self, name: str, tables: list[str] | None = None, **changes: Any) -> RestSource:
        content = example(self.apis)["sources"][name]
        if tables:
            content["tables"] = {table: content["tables"][table] for table in tables}
        return RestSource.model_validate({**content, **changes})

    def extract(self, name: str, source: RestSource, day: str) -> dict[str, TableReport]:
        with self.warehouse.connect() as con:
            reports = extract_api(
                con, open_source(name, source), self.home, date.fromisoformat(day)
            )
        return {report.table: report for report in reports}

    def tickets(self, day: str = "2026-06-01", **changes: Any) -> int:
        """Read the tickets; the number of rows landed."""
        source = self.source("zendesk", ["tickets"], **changes)
        return self.extract("zendesk", source, day)["tickets"].rows

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect(read_only=True) as con:
            return con.execute(sql).fetchall()

    def current(self, source: str, table: str) -> dict[str, dict[str, Any]]:
        with self.warehouse.connect(read_only=True) as con:
            return current_rows(con, source, table)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name, secret in {**SECRETS, "ZENDESK_USER": "export@example.com"}.items():
        monkeypatch.setenv(name, secret)
    home = Home(tmp_path / "home").create()
    with LocalApis().serving() as apis, memory_warehouse() as warehouse:
        yield Desk(home, warehouse, apis)
    assert not (home.root / "scratch").exists()


def resource(desk: Desk, paging: dict[str, Any], **changes: Any) -> RestSource:
    """A resource of no particular maker, at an address that the local server does not have."""
    table = {
        "path": "/things",
        "records": "items",
        "paging": paging,
        "columns": ["id"],
        "key": ["id"],
        **changes.pop("table", {}),
    }
    return RestSource.model_validate(
        {
            "kind": "rest",
            "base_url": desk.apis.url,
            "auth": {"user": "${ZENDESK_USER}/token", "password": "${ZENDESK_TOKEN}"},
            "retries": {"attempts": 2, "first_wait_seconds": 0},
            "tables": {"things": table},
            **changes,
        }
    )


def serve(desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Answer the resource of no particular maker by a function of its parameters."""
    monkeypatch.setattr(desk.apis, "answer", lambda path, parameters: answer(parameters))


# Paging


@pytest.mark.parametrize("overlap", [0, 3])
@pytest.mark.parametrize("kind", ["hubspot", "shopify", "zendesk"])
def test_every_record_is_loaded_once_for_every_kind_of_paging(
    desk: Desk, kind: str, overlap: int
) -> None:
    desk.apis.page_size, desk.apis.overlap = 10, overlap
    for number in range(1, 58):
        desk.apis.tickets.put(ticket(number))
        desk.apis.orders.put(order(number, "2026-05-02T10:00:00+02:00"))
        desk.apis.contacts.put(contact(number, f"{number}@example.com"))
    table = {"hubspot": "contacts", "shopify": "orders", "zendesk": "tickets"}[kind]
    source = desk.source(kind, [table])
    assert desk.extract(kind, source, "2026-06-01")[table].rows == 57
    rows = desk.query(f"select count(*), count(distinct id) from raw_{kind}.{table}")
    assert rows == [(57, 57)]
    assert desk.extract(kind, source, "2026-06-02")[table].rows == 0


@pytest.mark.parametrize(
    ("paging", "answer"),
    [
        ({"kind": "page", "parameter": "page"}, lambda p: (int(p["page"]) - 1) * 4),
        ({"kind": "page", "parameter": "p", "first": 0}, lambda p: int(p["p"]) * 4),
        ({"kind": "offset", "parameter": "skip"}, lambda p: int(p["skip"])),
    ],
)
def test_pages_that_are_counted_end_with_an_empty_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, paging: dict[str, Any], answer: Any
) -> None:
    def page(parameters: dict[str, str]) -> tuple[Any, dict[str, str]]:
        start = answer(parameters)
        return {"items": [{"id": n} for n in range(start, min(start + 4, 10))]}, {}

    serve(desk, monkeypatch, page)
    assert desk.extract("shop", resource(desk, paging), "2026-06-01")["things"].rows == 10


def test_an_address_in_the_answer_is_followed_on_the_same_host_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    paging = {"kind": "next_url", "field": "links.next"}
    pages = {"": ("?at=2", [1, 2]), "2": ("/things?at=3", [3]), "3": (None, [4])}

    def page(parameters: dict[str, str]) -> tuple[Any, dict[str, str]]:
        address, ids = pages[parameters.get("at", "")]
        return {"items": [{"id": n} for n in ids], "links": {"next": address}}, {}

    serve(desk, monkeypatch, page)
    source = resource(desk, paging)
    assert desk.extract("shop", source, "2026-06-01")["things"].rows == 4
    pages["2"] = ("https://elsewhere.example.com/things?at=3", [3])
    with pytest.raises(SourceError, match=r"of the next page is at elsewhere\.example\.com"):
        desk.extract("shop", source, "2026-06-02")


@pytest.mark.parametrize(
    ("paging", "body", "said"),
    [
        (
            {"kind": "cursor", "field": "next", "parameter": "after"},
            lambda p: {"items": [{"id": 1}], "next": "same"},
            "asks for the same page again",
        ),
        (
            {"kind": "cursor", "field": "next", "parameter": "after"},
            lambda p: {"items": [{"id": 1}], "next": p.get("after", "") + "x"},
            "had no new record",
        ),
        (
            {"kind": "cursor", "field": "next", "parameter": "after"},
            lambda p: {"items": [], "next": p.get("after", "") + "x"},
            "had no new record",
        ),
        (
            {"kind": "page", "parameter": "page"},
            lambda p: {"items": [{"id": int(p["page"]) % 3}]},
            "had no new record",
        ),
    ],
)
def test_endless_paging_is_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, paging: dict[str, Any], body: Any, said: str
) -> None:
    serve(desk, monkeypatch, lambda parameters: (body(parameters), {}))
    with pytest.raises(SourceError, match=rf"^shop\.things: /things: .*{said}.*correct paging"):
        desk.extract("shop", resource(desk, paging, stalled_pages=5), "2026-06-01")


def test_an_empty_page_in_the_middle_is_skipped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {"": ([1], "b"), "b": ([], "c"), "c": ([2], None)}

    def page(parameters: dict[str, str]) -> tuple[Any, dict[str, str]]:
        ids, following = pages[parameters.get("after", "")]
        return {"items": [{"id": n} for n in ids], "next": following}, {}

    serve(desk, monkeypatch, page)
    source = resource(desk, {"kind": "cursor", "field": "next", "parameter": "after"})
    assert desk.extract("shop", source, "2026-06-01")["things"].rows == 2


# What has changed


def test_an_export_continues_at_the_last_cursor(desk: Desk) -> None:
    desk.apis.page_size = 4
    for number in range(1, 10):
        desk.apis.tickets.put(ticket(number))
    assert desk.tickets("2026-06-01") == 9
    desk.apis.asked.clear()
    assert desk.tickets("2026-06-02") == 0
    assert len(desk.apis.asked) == 1
    desk.apis.tickets.put(ticket(3, status="solved"))
    desk.apis.tickets.put(ticket(10))
    desk.apis.asked.clear()
    assert desk.tickets("2026-06-03") == 2
    assert all("cursor=c" in asked and "start_time" not in asked for asked in desk.apis.asked)
    statuses = desk.query("select status from raw_zendesk.tickets where id = '3' order by _load_id")
    assert statuses == [("open",), ("solved",)]


def test_only_updated_records_are_requested_by_their_own_time(desk: Desk) -> None:
    desk.apis.orders.put(order(1, "2026-05-03T01:30:00+02:00"))
    desk.apis.orders.put(order(2, "2026-05-02T12:00:00+02:00"))
    source = desk.source("shopify", ["orders"])
    desk.extract("shopify", source, "2026-06-01")
    # Committed late: its time is before the latest one that was seen, within the look-back.
    desk.apis.orders.put(order(3, "2026-05-03T01:00:00+02:00"))
    desk.apis.orders.put(order(4, "2026-05-02T09:00:00+02:00"))
    desk.apis.asked.clear()
    assert desk.extract("shopify", source, "2026-06-02")["orders"].rows == 1
    assert "updated_at_min=2026-05-02T22%3A30%3A00Z" in desk.apis.asked[0]
    assert set(desk.current("shopify", "orders")) == {"1", "2", "3"}


def test_a_time_in_the_future_does_not_hide_later_changes(desk: Desk) -> None:
    desk.apis.orders.put(order(1, "2999-01-01T00:00:00Z"))
    source = desk.source("shopify", ["orders"])
    desk.extract("shopify", source, "2026-06-01")
    ((mark,),) = desk.query("select \"value\" from ops.extract_state where name = 'mark'")
    assert mark < "2999"


def test_rows_absent_from_a_complete_read_are_soft_deleted(desk: Desk) -> None:
    for number in range(1, 6):
        desk.apis.contacts.put(contact(number, "a@example.com"))
    source = desk.source("hubspot")
    desk.extract("hubspot", source, "2026-06-01")
    desk.apis.contacts.remove("2")
    desk.apis.contacts.put(contact(3, "b@example.com"))
    report = desk.extract("hubspot", source, "2026-06-02")["contacts"]
    assert (report.rows, report.rows_ended) == (1, 1)
    current = desk.current("hubspot", "contacts")
    assert set(current) == {"1", "3", "4", "5"}
    assert current["3"]["properties_email"] == "b@example.com"


def test_all_records_are_compared_every_compare_every_days(desk: Desk) -> None:
    content = example(desk.apis)["sources"]["shopify"]
    content["tables"] = {"orders": {**content["tables"]["orders"], "compare_every_days": 7}}
    source = RestSource.model_validate(content)
    for number in (1, 2):
        desk.apis.orders.put(order(number, "2026-05-02T12:00:00Z"))
    desk.extract("shopify", source, "2026-06-01")
    desk.apis.orders.remove("1")
    assert desk.extract("shopify", source, "2026-06-07")["orders"].rows_ended == 0
    assert desk.extract("shopify", source, "2026-06-08")["orders"].rows_ended == 1
    assert set(desk.current("shopify", "orders")) == {"2"}


def test_an_api_that_is_suddenly_empty_deletes_nothing(desk: Desk) -> None:
    desk.apis.contacts.put(contact(1, "a@example.com"))
    source = desk.source("hubspot")
    desk.extract("hubspot", source, "2026-06-01")
    desk.apis.contacts.remove("1")
    with pytest.raises(SourceError, match=r"hubspot\.contacts: .* no record at all.* 1 rows"):
        desk.extract("hubspot", source, "2026-06-02")
    assert set(desk.current("hubspot", "contacts")) == {"1"}


def test_deleted_and_merged_records_are_no_longer_valid(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.apis.tickets.put(ticket(number))
    desk.tickets("2026-06-01")
    desk.apis.tickets.put(ticket(1, status="deleted"))
    desk.apis.tickets.put(ticket(2, status="closed", tags=["shop", "closed_by_merge"]))
    assert desk.tickets("2026-06-02") == 2
    assert set(desk.current("zendesk", "tickets")) == {"3"}


def test_side_loaded_metrics_become_a_field_of_their_tickets(desk: Desk) -> None:
    desk.apis.tickets.put(ticket(1))
    desk.apis.tickets.put(ticket(2))
    desk.apis.metrics["1"] = {"ticket_id": 1, "reopens": 3}
    desk.tickets()
    assert desk.query("select id, metric_set from raw_zendesk.tickets order by id") == [
        ("1", '{"ticket_id":1,"reopens":3}'),
        ("2", None),
    ]


# Faults


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
        ("403", r"answers 403: what ZENDESK_USER and ZENDESK_TOKEN stands for lacks a permission"),
        ("404", r"answers 404: there is no such resource"),
        ("422", r"answers 422: it does not understand the request: check parameters"),
        ("429", r"answers 429: it is asked too often"),
        ("500", r"answers 500: it fails on its side"),
        ("302", r"answers 302: it has moved elsewhere"),
        ("html", r"a web page, not JSON"),
        ("truncated", r"not one whole JSON value"),
        ("cut", r"breaks off its answers"),
        ("hang up", r"cannot be reached, or breaks off"),
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


# What comes


def test_a_required_field_that_no_record_has_stops_the_source(desk: Desk) -> None:
    desk.apis.tickets.put(ticket(1))
    desk.tickets("2026-06-01")
    renamed = ticket(2)
    renamed["requester"] = renamed.pop("requester_id")
    desk.apis.tickets.put(renamed)
    with pytest.raises(SourceError, match=r"zendesk\.tickets: no record has requester_id any more"):
        desk.tickets("2026-06-02")
    assert set(desk.current("zendesk", "tickets")) == {"1"}


def test_a_missing_field_is_null_and_a_new_field_is_kept(desk: Desk) -> None:
    without = ticket(1)
    del without["priority"]
    desk.apis.tickets.put(without)
    desk.apis.tickets.put(ticket(2))
    desk.tickets("2026-06-01")
    desk.apis.tickets.put(ticket(3, sla={"breached": True}))
    desk.tickets("2026-06-02")
    assert desk.query("select id, priority, sla from raw_zendesk.tickets order by id") == [
        ("1", None, None),
        ("2", "normal", None),
        ("3", "normal", '{"breached":true}'),
    ]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ("data.tickets", r"there is no list data\.tickets in the answer; there are tickets"),
        ("after_cursor", r"there is no list after_cursor"),
        ("tickets", None),
    ],
)
def test_a_wrong_path_of_records_is_reported(desk: Desk, records: str, said: str | None) -> None:
    desk.apis.tickets.put(ticket(1))
    content = example(desk.apis)["sources"]["zendesk"]
    content["tables"] = {"tickets": {**content["tables"]["tickets"], "records": records}}
    source = RestSource.model_validate(content)
    if said is None:
        assert desk.extract("zendesk", source, "2026-06-01")["tickets"].rows == 1
        return
    with pytest.raises(SourceError, match=said):
        desk.extract("zendesk", source, "2026-06-01")


def test_columns_have_the_configured_types_or_the_misfit_is_reported(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"id": 1, "paid": "1.50"}, {"id": 2, "paid": "geheim"}]
    serve(desk, monkeypatch, lambda parameters: ({"items": items}, {}))
    table = {"columns": ["id", "paid"], "types": {"id": "BIGINT", "paid": "DECIMAL(9, 2)"}}
    source = resource(desk, {}, table=table)
    with pytest.raises(
        SourceError, match=r"shop\.things, column paid: 1 values cannot become DECIMAL\(9, 2\)"
    ) as caught:
        desk.extract("shop", source, "2026-06-01")
    assert "geheim" not in str(caught.value)
    items[1]["paid"] = "2.005"
    with pytest.raises(SourceError, match=r"column paid: 1 values cannot become"):
        desk.extract("shop", source, "2026-06-01")
    items[1]["paid"] = "2"
    desk.extract("shop", source, "2026-06-01")
    assert desk.query("select id, paid::varchar from raw_shop.things order by id") == [
        (1, "1.50"),
        (2, "2.00"),
    ]


def test_odd_values_land_as_they_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {
        "id": 9007199254740993,
        "text": 'a\u0000b\tc\n"d" \\ é 漢 𝄞',
        "empty": "",
        "nothing": None,
        "number": 0.1,
        "list": [],
        "object": {},
        "spaced name": True,
    }
    serve(desk, monkeypatch, lambda parameters: ([odd], {}))
    source = resource(desk, {}, table={"records": "."})
    desk.extract("shop", source, "2026-06-01")
    assert desk.query(
        'select id, text, empty, nothing, number, list, object, "spaced name" from raw_shop.things'
    ) == [("9007199254740993", odd["text"], "", None, "0.1", "[]", "{}", "true")]


def test_memory_does_not_grow_with_the_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(parameters: dict[str, str]) -> tuple[Any, dict[str, str]]:
        number = int(parameters["page"])
        items = [{"id": number * 100 + n, "text": f"{number}-{n}" * 100} for n in range(100)]
        return {"items": items if number <= pages else []}, {}

    serve(desk, monkeypatch, page)
    source = resource(desk, {"kind": "page", "parameter": "page"})
    peaks = []
    for number in (5, 50):
        pages = number
        tracemalloc.start()
        desk.extract("shop", source, "2026-06-01")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The 45 pages more hold over 2 MB of text.
    assert peaks[1] - peaks[0] < 1 << 20


# Killed, and fuzzed

_EXTRACT = """
from datetime import date
from pathlib import Path

import yaml

from deployment.home import Home
from deployment.source_config import RestSource
from ingestion.extraction.apis import extract_api
from ingestion.opened_source import open_source
from warehouse.connection import Warehouse


def extract(arguments):
    root, config, day = arguments
    source = RestSource.model_validate(yaml.safe_load(Path(config).read_text()))
    home = Home(Path(root))
    with Warehouse(home.warehouse).connect() as con:
        extract_api(con, open_source("zendesk", source), home, date.fromisoformat(day))
"""


def test_a_kill_at_any_moment_neither_loses_nor_repeats_a_row(desk: Desk, tmp_path: Path) -> None:
    desk.warehouse = Warehouse(desk.home.warehouse)
    desk.warehouse.initialise("demo", "Demo Company")
    desk.apis.page_size = 40
    desk.apis.fault = lambda path, count: time.sleep(0.004)  # type: ignore[func-returns-value]
    chance = random.Random(11)
    config = tmp_path / "source.yml"
    content = example(desk.apis)["sources"]["zendesk"]
    content["tables"] = {"tickets": content["tables"]["tickets"]}
    config.write_text(yaml.safe_dump(content))
    killed, kills = 0, 12
    with extractor(_EXTRACT) as extractions:
        for kill in range(kills):
            for _ in range(300):
                number = chance.randint(1, 1500)
                desk.apis.tickets.put(ticket(number, priority=chance.choice(["low", "high"])))
            day = f"2026-06-{kill + 1:02}"
            seconds = 0.3 * kill / kills
            killed += extractions.is_killed(seconds, desk.home.root, config, day)
    assert killed >= 5
    desk.tickets("2026-06-20")
    columns = list(desk.source("zendesk").tables["tickets"].columns)
    assert desk.current("zendesk", "tickets") == expected_rows(desk.apis.tickets, columns)
    _accounts_agree(desk, "zendesk", "tickets")


def _accounts_agree(desk: Desk, source: str, table: str) -> None:
    """Every load has counted its rows, and no row follows one of its key that is the same."""
    counted = desk.query(
        f"select load_id, rows from ops.load_ledger where source = '{source}' order by 1"
    )
    there = desk.query(f"select _load_id, count(*) from raw_{source}.{table} group by 1 order by 1")
    assert counted == there
    rows = desk.query(
        f"""
        select * exclude (_load_id, _file, _row, _loaded_at)
        from raw_{source}.{table}
        order by id, _load_id
        """
    )
    assert all(one != following for one, following in pairwise(rows))


changes = st.tuples(
    st.sampled_from(["put", "remove"]),
    st.integers(1, 12),
    st.sampled_from([None, "", "a", "b\u0000", "ü\u2028"]),
)
extractions = st.tuples(
    st.just("extract"),
    st.lists(st.sampled_from([None, "429", "500", "cut", "hang up", "html"]), max_size=6),
    st.integers(1, 5),
)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.one_of(changes, extractions), max_size=14))
def test_after_any_changes_and_faults_raw_equals_the_records_and_the_ledger_counts_them(
    steps: list[tuple[Any, Any, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path_factory.mktemp("fuzzed")).create()
    with (
        pytest.MonkeyPatch.context() as patch,
        LocalApis().serving() as apis,
        memory_warehouse() as warehouse,
    ):
        patch.setenv("HUBSPOT_TOKEN", SECRETS["HUBSPOT_TOKEN"])
        desk = Desk(home, warehouse, apis)
        retries = {"attempts": 3, "first_wait_seconds": 0, "longest_wait_seconds": 0}
        source = desk.source("hubspot", retries=retries)
        apis.contacts.put(contact(99, "stays@example.com"))
        day = 1
        for kind, argument, value in [*steps, ("extract", [], 3)]:
            if kind == "put":
                apis.contacts.put(contact(argument, value))
            elif kind == "remove":
                if str(argument) in apis.contacts.records:
                    apis.contacts.remove(str(argument))
            else:
                faults = dict(enumerate(argument, start=sum(apis.counts.values()) + 1))
                apis.fault = lambda path, count, faults=faults: faults.get(count)  # type: ignore[misc]
                apis.page_size, apis.overlap = value, value // 2
                try:
                    desk.extract("hubspot", source, f"2026-06-{day:02}")
                except SourceError:
                    assert argument
                day += 1
        columns = source.tables["contacts"].columns
        expected = {
            key: {
                column: record["properties"].get(column.removeprefix("properties_"))
                if column.startswith("properties_")
                else record[column]
                for column in columns
            }
            for key, record in apis.contacts.records.items()
        }
        current = desk.current("hubspot", "contacts")
        assert {
            key: {column: row[column] for column in columns} for key, row in current.items()
        } == expected
        counted = desk.query("select sum(rows) from ops.load_ledger")
        assert counted == desk.query("select count(*) from raw_hubspot.contacts")


# Secrets


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
