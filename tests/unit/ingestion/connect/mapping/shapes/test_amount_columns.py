from __future__ import annotations

from ingestion.connect.mapping.shapes.amount_columns import (
    amount_column,
    discount_columns,
    ordered_share,
    quantity_column,
)
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled, Row, basket_rows


def test_the_amount_is_the_greatest_sum_that_is_seldom_zero(profiled: Profiled) -> None:
    amounts = [str(row[5]) for row in basket_rows()]
    rows: list[Row] = [(a, f"{float(a) / 9:.2f}", "0.00", n) for n, a in enumerate(amounts)]
    rows[0] = (rows[0][0], rows[0][1], "99999.00", 0)
    profile = profiled(log=("f,tax,z,n", rows))
    assert amount_column(profile, profile.tables["log"], ()) == ("f", ("tax",))


def test_a_name_decides_before_a_sum(profiled: Profiled) -> None:
    rows = [(row[5], 2 * float(str(row[5])) + 0.5) for row in basket_rows()]
    profile = profiled(log=("sales_value,f", rows))
    assert amount_column(profile, profile.tables["log"], ()) == ("sales_value", ())


def test_whole_numbers_of_which_most_are_one_are_a_quantity(profiled: Profiled) -> None:
    rows = [(1 if n % 3 else 2, n % 40, row[5]) for n, row in enumerate(basket_rows())]
    profile = profiled(log=("e,h,f", rows))
    assert quantity_column(profile, profile.tables["log"], {"f"}) == "e"


def test_the_share_of_orders_with_a_discount_is_counted_by_order(profiled: Profiled) -> None:
    rows = [(n // 2, "1.50" if n % 8 == 0 else "0.00", "0.10") for n in range(80)]
    profile = profiled(log=("c,coupon_disc,card_disc", rows))
    table = profile.tables["log"]
    assert discount_columns(table) == ["coupon_disc", "card_disc"]
    shares = ordered_share(profile, table, discount_columns(table), ["c"])
    assert shares == {"coupon_disc": 0.25, "card_disc": 1.0}
