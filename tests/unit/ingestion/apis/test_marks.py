"""High-water marks by the records' own times."""

from __future__ import annotations

from tests.unit.ingestion.desk import Desk, order


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
