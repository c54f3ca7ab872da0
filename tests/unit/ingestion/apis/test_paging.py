"""Pages of every kind: each record once, and no endless loop."""

from __future__ import annotations

from typing import Any

import pytest

from deployment.source_config import RestSource
from ingestion.errors import SourceError
from tests.api_sources import example
from tests.unit.ingestion.desk import Desk, contact, order, resource, serve, ticket


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


def test_side_loaded_metrics_become_a_field_of_their_tickets(desk: Desk) -> None:
    desk.apis.tickets.put(ticket(1))
    desk.apis.tickets.put(ticket(2))
    desk.apis.metrics["1"] = {"ticket_id": 1, "reopens": 3}
    desk.tickets()
    assert desk.query("select id, metric_set from raw_zendesk.tickets order by id") == [
        ("1", '{"ticket_id":1,"reopens":3}'),
        ("2", None),
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
