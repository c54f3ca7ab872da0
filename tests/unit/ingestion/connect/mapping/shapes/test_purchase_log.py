from __future__ import annotations

from ingestion.connect.mapping.shapes.purchase_log import purchase_log
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled, basket_rows


def test_the_basket_is_of_one_day_and_the_customer_of_many(profiled: Profiled) -> None:
    profile = profiled(log=("a,b,c,d,e,f,g", basket_rows()))
    log = purchase_log(profile, profile.tables["log"])
    assert log is not None
    assert (log.order, log.customer, log.time, log.amount) == (("c",), "a", "g", "f")
    assert log.is_grouped
    assert log.rivals["customer"] == ("b",)
    assert "60 c repeat, and 100.0% of them are of one day" in log.reasons[0]


def test_a_week_is_no_customer_although_it_repeats_over_days(profiled: Profiled) -> None:
    rows = [(row[2], int(str(row[2])) // 8, row[5], row[6]) for row in basket_rows()]
    profile = profiled(log=("c,w,f,g", rows))
    assert purchase_log(profile, profile.tables["log"]) is None


def test_rows_of_a_customer_and_a_moment_are_one_purchase_without_a_basket(
    profiled: Profiled,
) -> None:
    rows = [(row[0], row[5], row[6]) for row in basket_rows()]
    profile = profiled(log=("k,v,w", rows))
    log = purchase_log(profile, profile.tables["log"])
    assert log is not None
    assert (log.order, log.customer, log.is_grouped) == (("k", "w"), "k", True)


def test_a_table_without_a_time_or_an_amount_is_no_log(profiled: Profiled) -> None:
    rows = basket_rows()
    profile = profiled(
        untimed=("a,c,f", [(row[0], row[2], row[5]) for row in rows]),
        unpaid=("a,g", [(row[0], row[6]) for row in rows]),
    )
    assert purchase_log(profile, profile.tables["untimed"]) is None
    assert purchase_log(profile, profile.tables["unpaid"]) is None
