from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from warehouse.hand_over.spreadsheet_cells import without_formulas


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://x")',
        "+49301234567",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tText",
        " =1",
        "\u00a0=1",
        "\ufeff=1",
        "\u200b+1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
    ],
)
def test_a_formula_becomes_a_text(text: str) -> None:
    rows = pa.table({"why": [text]})
    assert without_formulas(rows).to_pydict() == {"why": [f"'{text}"]}


@pytest.mark.parametrize("text", ["Kiel", "a=b", "ada@example.com", "1+1", "", "王", None, "'x"])
def test_any_other_text_stays(text: str | None) -> None:
    rows = pa.table({"why": pa.array([text], pa.string())})
    assert without_formulas(rows).equals(rows)


def test_numbers_and_dates_stay_and_so_do_the_types() -> None:
    rows = pa.table({"value": [-1.5], "day": [date(2026, 6, 30)], "why": ["-1"]})
    guarded = without_formulas(rows)
    assert guarded.schema.equals(rows.schema)
    assert guarded.to_pylist() == [{"value": -1.5, "day": date(2026, 6, 30), "why": "'-1"}]
