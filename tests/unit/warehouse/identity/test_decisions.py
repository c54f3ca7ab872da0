from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from warehouse.connection import Warehouse
from warehouse.errors import WarehouseError
from warehouse.identity.decisions import fault_messages, write_identity_decisions

HEADER = "decision,source_a,source_customer_id_a,source_b,source_customer_id_b,decided_on\n"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.initialise("demo", "Demo Company")
    return warehouse


def test_decisions_are_replaced_by_the_file(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    with warehouse.connect() as con:
        path.write_text(HEADER + "never_same,shop,601,shop,602,\n", encoding="utf-8-sig")
        write_identity_decisions(con, path)
        path.write_text(HEADER + "always_same,shop,601,crm,7,2026-06-30\n", encoding="utf-8")
        assert write_identity_decisions(con, path) == []
        assert con.execute("from ops.identity_decisions").fetchall() == [
            ("always_same", "shop", "601", "crm", "7", date(2026, 6, 30), None)
        ]
        write_identity_decisions(con, None)
        assert con.execute("from ops.identity_decisions").fetchall() == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("perhaps,shop,1,shop,2,", "expected always_same or never_same"),
        ("never_same,shop,1,shop,,", "is empty"),
        ("never_same,shop,1,shop,1,", "both records are the same"),
        ("never_same,shop,1,shop,2,30.06.2026", "expected a date"),
        ("never_same,shop", "is empty"),
    ],
)
def test_a_faulty_line_stops_no_day_and_is_named(
    warehouse: Warehouse, tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text(f"{HEADER}always_same,shop,8,shop,9,\n{line}\n", encoding="utf-8")
    with warehouse.connect() as con:
        faulty = write_identity_decisions(con, path)
        assert con.execute("select fault is null from ops.identity_decisions").fetchall() == [
            (True,),
            (False,),
        ]
    [message] = fault_messages(path, faulty)
    assert "line 3" in message
    assert reason in message


def test_a_lost_file_or_column_is_an_error_that_names_it(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    path = tmp_path / "decisions.csv"
    with warehouse.connect() as con:
        with pytest.raises(WarehouseError, match=r"decisions.csv: the decisions"):
            write_identity_decisions(con, path)
        path.write_text("decision,source_a\n", encoding="utf-8")
        with pytest.raises(WarehouseError, match=r"line 1: the column source_customer_id_a"):
            write_identity_decisions(con, path)
