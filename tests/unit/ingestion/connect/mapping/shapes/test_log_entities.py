from __future__ import annotations

from functools import partial

from ingestion.connect.mapping.matching import _columns
from ingestion.connect.mapping.proposal import (
    Added,
    EntityProposal,
    FromColumn,
    Numbered,
    PerPiece,
    Summed,
)
from ingestion.connect.mapping.shapes.log_entities import log_entities
from ingestion.connect.mapping.shapes.purchase_log import purchase_log
from ingestion.connect.profiling.source_profile import SourceProfile
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled, basket_rows


def entities(profile: SourceProfile) -> dict[str, EntityProposal]:
    log = purchase_log(profile, profile.tables["log"])
    assert log is not None
    return {each.entity: each for each in log_entities(profile, log, partial(_columns, profile))}


def test_line_totals_are_added_up_and_divided_by_their_pieces(profiled: Profiled) -> None:
    found = entities(profiled(log=("a,b,c,product_no,e,f,g", basket_rows(180))))
    assert found["orders"].columns["net_amount"].value == Summed("log", "c", "f", None, "c")
    assert found["order_lines"].columns["unit_price"].value == PerPiece("f", "e")
    assert any("read as line total" in note for note in found["orders"].notes)


def test_quantities_of_another_unit_are_asked_about(profiled: Profiled) -> None:
    rows = [(*row[:4], 9000 if n % 30 == 0 else row[4], *row[5:]) for n, row in
            enumerate(basket_rows())]  # fmt: skip
    lines = entities(profiled(log=("a,b,c,product_no,e,f,g", rows)))["order_lines"]
    (question,) = lines.columns["quantity"].questions
    assert question.startswith("4 rows with up to 9,000 in e hold ")


def test_lines_without_a_key_are_numbered_within_their_purchase(profiled: Profiled) -> None:
    rows = [(row[0], row[5], row[6]) for row in basket_rows()]
    found = entities(profiled(log=("k,v,w", [*rows, *rows])))
    key = found["order_lines"].columns["source_order_line_id"].value
    assert key == Numbered("k", ("w",))


def test_a_row_a_purchase_is_an_order_without_lines(profiled: Profiled) -> None:
    rows = [(f"P{n}x", row[0], row[5], row[6]) for n, row in enumerate(basket_rows()[::2])]
    found = entities(profiled(log=("z,k,v,w", rows)))
    assert set(found) == {"orders"}
    assert found["orders"].columns["net_amount"].value == FromColumn("v")


def test_discounts_below_zero_are_negated_and_common_ones_left_out(profiled: Profiled) -> None:
    rows = [
        (*row[:3], row[5], row[6], "-0.50" if n % 9 == 0 else "0.00", "0.10")
        for n, row in enumerate(basket_rows())
    ]
    orders = entities(profiled(log=("a,b,c,f,g,coupon_disc,card_disc", rows)))["orders"]
    assert orders.columns["discount_amount"].value == Added(("coupon_disc",), is_negated=True)
    assert "card_disc is in 100% of the orders: a price for everybody" in " ".join(orders.notes)
