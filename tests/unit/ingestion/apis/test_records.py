"""Records as rows: columns, types and odd values."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.desk import Desk, resource, serve, ticket


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
