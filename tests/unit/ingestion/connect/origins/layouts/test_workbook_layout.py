from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.layouts.workbook_layout import workbook_options
from tests.unit.ingestion.connect.conftest import Project


def _saved(path: Path, **sheets: list[tuple[object, ...]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


TABLE = [("order_no", "ordered_at", "total"), *[(n, "2026-01-02", n + 0.5) for n in range(1, 20)]]


def test_title_rows_and_a_cover_sheet_are_skipped(tmp_path: Path) -> None:
    path = _saved(tmp_path / "orders.xlsx", Cover=[("Orders",)], Data=[("May",), (), *TABLE])
    options, questions = workbook_options(path)
    assert options == {"sheet": "Data", "header_row": 3}
    assert questions == ["only the sheet Data is read: do Cover have rows of the table too?"]


def test_a_plain_workbook_needs_no_options(tmp_path: Path) -> None:
    assert workbook_options(_saved(tmp_path / "orders.xlsx", Sheet=TABLE)) == ({}, [])


def test_a_file_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "orders.xlsx").write_bytes(b"order_no,total")
    with pytest.raises(ConnectError, match="no Excel workbook"):
        workbook_options(tmp_path / "orders.xlsx")


def test_orders_of_a_workbook_are_connected_and_staged(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    _saved(folder / "orders.xlsx", Data=[("Orders of May",), *TABLE])
    project.connect("till", folder)
    rows = project.staged("till", "orders")
    assert [str(row["net_amount"]) for row in rows[:2]] == ["1.500", "2.500"]
