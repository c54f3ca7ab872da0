"""docs/demo_company.md lists each action with its planted shares, and each file of the truth."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from demo.generator import TRUTH, TRUTH_OF_DIRT

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "demo_company.md").read_text(encoding="utf-8")


def cells(row: str) -> list[str]:
    return [cell.strip().strip("`") for cell in row.strip("|").split("|")]


def section(heading: str) -> list[list[str]]:
    """Rows of the first table below a heading, without its header."""
    part = PAGE[PAGE.index(f"\n## {heading}\n") :].split("\n## ")[1]
    table = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)
    assert table is not None
    return [cells(row) for row in table[0].splitlines()[2:]]


def test_the_page_has_the_planted_shares_of_each_action() -> None:
    with (ROOT / "demo/words/actions.csv").open(encoding="utf-8", newline="") as file:
        planted = [
            [
                row["action_id"],
                row["cause"],
                row["channel"],
                row["cost"],
                *(
                    f"{float(row[share]):.0%}".replace("%", " %")
                    for share in ("kept_if_answered", "kept_otherwise", "driven_away")
                ),
            ]
            for row in csv.DictReader(file)
        ]

    assert section("Planted effects") == planted


def test_the_page_has_every_file_of_the_truth() -> None:
    assert {row[0] for row in section("Truth")} == {name for name, _ in (*TRUTH, *TRUTH_OF_DIRT)}
