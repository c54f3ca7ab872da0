from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook

from ingestion.connect.origins.layouts.workbook_layout import workbook_options


def saved(path: Path, totals: list[object]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(("order_no", "total"))
    for number, total in enumerate(totals):
        sheet.append((number, total))
    book.save(path)
    return path


def test_numbers_as_text_among_numbers_are_asked_about(tmp_path: Path) -> None:
    numbers: list[object] = [n + 0.5 for n in range(60)]
    path = saved(tmp_path / "orders.xlsx", [*numbers, "1.234", "12,50", "none"])
    _, (question,) = workbook_options(path)
    assert question.startswith("2 cells of total are text such as 9.999 or 9,99 among 60 numbers")


def test_a_column_of_text_or_of_numbers_alone_is_not_asked_about(tmp_path: Path) -> None:
    assert workbook_options(saved(tmp_path / "text.xlsx", ["1,5"] * 20))[1] == []
    assert workbook_options(saved(tmp_path / "numbers.xlsx", [1.5] * 20))[1] == []
