from __future__ import annotations

from functools import partial

from ingestion.connect.mapping.matching import _columns
from ingestion.connect.mapping.shapes.customer_attributes import customer_attributes
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled, basket_rows


def test_attributes_become_customers_where_the_entity_has_a_column_and_the_rest_is_named(
    profiled: Profiled,
) -> None:
    profile = profiled(
        log=("hh,b,c,d,e,f,g", basket_rows()),
        homes=("hh,city,income_band", [(100 + n, f"T{n % 3}", "low") for n in range(12)]),
    )
    log = profile.tables["log"]
    found, kept_out = customer_attributes(profile, log, "hh", {"log"}, partial(_columns, profile))
    assert found is not None
    assert found.table == "homes"
    assert found.questions == ("homes has 80% of the customers of log: is it whole?",)
    (line,) = kept_out
    assert "no column for income_band" in line
    assert "docs/extending.md" in line
