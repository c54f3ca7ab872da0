from __future__ import annotations

import duckdb

from ingestion.connect.mapping.column_evidence import best_column, fits_kind
from ingestion.connect.profiling.entities import AMOUNT, FLAG, ID, TIME
from tests.unit.ingestion.connect.conftest import (
    Deliver,
    Project,
    profile_of,
    shop_with_a_customer_per_order,
)


def test_an_unknown_status_is_rejected_and_questioned(project: Project, deliver: Deliver) -> None:
    folder = shop_with_a_customer_per_order(deliver)
    status = project.entities(project.connect("shop", folder))["orders"].columns["status"]
    assert "what do lost in order_status mean?" in str(status.questions)
    reasons = {row["_reject_reason"] for row in project.staged("shop", "orders")}
    assert reasons == {None, "unreadable order_status: lost"}


def test_values_of_another_kind_exclude_a_column(
    con: duckdb.DuckDBPyConnection, deliver: Deliver
) -> None:
    table = profile_of(
        con, deliver, total=["1.5", "2.5"], day=["2026-01-01", "2026-01-02"], code=["A1", "B2"]
    )
    kinds = {
        name: [kind for kind in (AMOUNT, TIME, FLAG, ID) if fits_kind(kind, column, 4.0)]
        for name, column in table.columns.items()
    }
    assert kinds == {"total": [AMOUNT], "day": [TIME], "code": [ID]}
    assert best_column(table, "orders", "net_amount", AMOUNT)[1] == "total"
    assert best_column(table, "orders", "net_amount", AMOUNT, taken={"total"}) == (0.0, "")
