from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pytest

from ingestion.connect.mapping.amounts.line_totals import line_amount
from ingestion.connect.origins.folder import folder_catalog
from ingestion.connect.profiling.source_profile import SourceProfile, profile_source
from tests.unit.ingestion.connect.conftest import Deliver


def profiled(
    con: duckdb.DuckDBPyConnection,
    deliver: Deliver,
    header: str,
    rows: Sequence[tuple[object, ...]],
) -> SourceProfile:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    return profile_source(
        con, folder_catalog(con, "x", deliver("rows.csv", "\n".join(lines) + "\n"))
    )


def rows(is_total: bool) -> list[tuple[object, ...]]:
    """Rows of (order, product, pieces, amount): 1 to 3 pieces of products with a price each."""
    return [
        (n // 4, f"P{n % 7}", 1 + n % 3, f"{(2.5 + n % 7) * (1 + n % 3 if is_total else 1):.2f}")
        for n in range(210)
    ]


@pytest.mark.parametrize(("is_total", "kind"), [(True, "line total"), (False, "unit price")])
def test_the_amounts_of_a_product_show_whether_they_grow_with_its_pieces(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, is_total: bool, kind: str
) -> None:
    profile = profiled(con, deliver, "o,p,q,a", rows(is_total))
    found = line_amount(profile, profile.tables["rows"], "a", "q", product="p", order="o")
    assert (found.kind, found.is_sure) == (kind, True)


def test_another_column_decides_which_of_two_amounts_is_the_total(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    both = [(*row, f"{float(str(row[3])) * int(str(row[2])):.2f}") for row in rows(False)]
    profile = profiled(con, deliver, "o,p,q,a,b", both)
    table = profile.tables["rows"]
    assert line_amount(profile, table, "a", "q").kind == "unit price"
    assert line_amount(profile, table, "b", "q").kind == "line total"
    assert "a times q is b in 100.0%" in line_amount(profile, table, "a", "q").reason


def test_a_sum_a_thousand_times_too_great_is_asked_and_not_drafted(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    fuel = [(n, f"P{n}", 15_000 if n % 20 == 0 else 1, f"{1 + n % 9}.50") for n in range(400)]
    profile = profiled(con, deliver, "o,p,q,price", fuel)
    found = line_amount(profile, profile.tables["rows"], "price", "q", product="p")
    assert (found.kind, found.is_sure) == ("line total", False)
    assert "the amounts add up to 2,190.00" in found.reason
    assert "times the quantity to 1,562,086.00" in found.reason


def test_the_total_of_an_order_is_the_same_on_all_of_its_lines(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    repeated = [(n // 3, f"P{n}", 1 + n % 2, f"{n // 3}.75") for n in range(120)]
    profile = profiled(con, deliver, "o,p,q,a", repeated)
    found = line_amount(profile, profile.tables["rows"], "a", "q", order="o")
    assert (found.kind, found.is_sure) == ("order total", True)
