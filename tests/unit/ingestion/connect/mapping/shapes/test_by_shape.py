from __future__ import annotations

from functools import partial

from ingestion.connect.mapping.matching import _columns, propose
from ingestion.connect.mapping.shapes.by_shape import entities_by_shape, unused_tables
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled, basket_rows


def test_a_source_with_orders_is_not_searched_for_purchases(profiled: Profiled) -> None:
    rows = [(n, n % 7, f"2025-01-{n % 28 + 1:02}", "paid", f"{n}.50") for n in range(40)]
    profile = profiled(
        orders=("order_no,customer_no,placed,state,total", rows),
        log=("a,b,c,d,e,f,g", basket_rows()),
    )
    proposal = propose(profile)
    assert {each.entity: each.table for each in proposal.entities} == {"orders": "orders"}
    assert unused_tables(profile, proposal.entities) == ["log"]


def test_the_log_with_most_rows_is_the_orders(profiled: Profiled) -> None:
    profile = profiled(
        small=("a,b,c,d,e,f,g", basket_rows(20)), great=("a,b,c,d,e,f,g", basket_rows(60))
    )
    found, kept_out = entities_by_shape(profile, {}, partial(_columns, profile))
    assert {entity: each.table for entity, each in found.items()} == {
        "orders": "great",
        "order_lines": "great",
    }
    assert kept_out == []
