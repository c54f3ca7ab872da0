from __future__ import annotations

import duckdb

from cli.doctor.sample.models import SampledModel
from cli.doctor.sample.quantities import diagnose_quantities


def messages(*quantities: float) -> list[str]:
    con = duckdb.connect()
    con.execute("create table lines as select unnest(?::double[]) as quantity", [list(quantities)])
    model = SampledModel(
        "order_lines",
        "lines",
        "baskets",
        frozenset({"quantity"}),
        {"quantity": "QTY"},
        len(quantities),
        is_whole=True,
    )
    return [finding.message for finding in diagnose_quantities(con, "shop", model)]


def test_fuel_among_pieces_is_named_with_its_share() -> None:
    (found,) = messages(*[1, 2, 1, 3] * 20, 11_000.0, 9_500.0)
    assert found == (
        "order_lines: 2 of 82 sampled rows (2.4%) have more than 100 times the median of QTY and"
        " make 99% of all units"
    )


def test_large_but_usual_quantities_are_no_finding() -> None:
    assert messages(*[1, 2, 1, 3] * 20, 60.0) == []
    assert messages(*[12_000.0] * 10) == []
    assert messages() == []
