from __future__ import annotations

from ingestion.connect.mapping.shapes.shared_values import contained_share, customer_column
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled


def test_a_column_of_customers_has_their_values_and_for_numbers_their_name(
    profiled: Profiled,
) -> None:
    profile = profiled(
        log=("hh,t", [(n % 10, "2025-01-01") for n in range(30)]),
        people=("hh,x", [(n, n) for n in range(5)]),
        sizes=("size,x", [(n, n) for n in range(5)]),
        strangers=("hh,x", [(n, n) for n in range(100, 105)]),
    )
    log = profile.tables["log"]
    found = {
        name: customer_column(profile, profile.tables[name], log, "hh")
        for name in ("people", "sizes", "strangers")
    }
    assert found == {"people": "hh", "sizes": None, "strangers": None}
    assert contained_share(profile, log, "hh", profile.tables["people"], "hh") == 0.5
