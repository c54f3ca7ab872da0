from __future__ import annotations

import pytest

from ingestion.connect.origins.layouts.csv_layout import CsvLayout, csv_layout
from tests.unit.ingestion.connect.conftest import Project

ROWS = [f"{n},C{n % 9},2026-01-{n % 28 + 1:02},{n}.50" for n in range(1, 41)]
HEADER = "order_no,customer_no,ordered_at,total"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n", CsvLayout(",", 0)),
        ("Orders of May\n\na;b;c\n1;2;3\n4;5;6\n", CsvLayout(";", 2)),
        ("Orders of May,,,\n,,,\na,b,c,d\n1,2,3,4\n5,6,7,8\n", CsvLayout(",", 2)),
        ('a\tb\n"1\n2"\t3\n', CsvLayout("\t", 0)),
        ("only words here\n", None),
    ],
)
def test_the_delimiter_and_the_titles_are_found(text: str, expected: CsvLayout | None) -> None:
    assert csv_layout(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "\r\n" + "".join(row + ("\r\n", "\n")[n % 2] for n, row in enumerate(ROWS)),
        HEADER + "\r" + "\r".join(ROWS) + "\r",
        "Orders of May,,,\n,,,\n" + "\n".join([HEADER, *ROWS]),
        "\ufeff" + "\n".join([HEADER, "", *ROWS, "", ""]),
        "\n".join([HEADER + ",total", *[f"{row},9" for row in ROWS]]),
    ],
    ids=["mixed line ends", "CR", "title rows", "BOM and blank lines", "repeated column"],
)
def test_each_form_of_file_is_connected_with_all_its_rows(project: Project, text: str) -> None:
    folder = project.home.root / "exports"
    folder.mkdir()
    (folder / "orders.csv").write_bytes(text.encode())
    project.connect("till", folder)
    rows = project.staged("till", "orders")
    assert len(rows) == 40
    assert [row["source_order_id"] for row in rows[:3]] == ["1", "2", "3"]
    assert str(rows[0]["net_amount"]) == "1.500"
