from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ingestion.connect.origins.file_patterns import (
    file_format,
    path_pattern,
    pattern_questions,
)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("in/orders_2026-02-20.csv", "in/orders_{date}.csv"),
        ("2026-02-20/orders_2026-02-20.csv", "{date}/orders_{date}.csv"),
        ("2026-02-20/orders_2026-02-19.csv", "{date}/orders_*.csv"),
        ("part-0003.csv", "part-*.csv"),
        ("q1.csv", "q1.csv"),
        ("orders_20260220.csv", "orders_*.csv"),
    ],
)
def test_dates_and_numbers_of_a_path_become_a_pattern(path: str, pattern: str) -> None:
    assert path_pattern(path) == pattern


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.CSV.gz", "csv"), ("a.ndjson", "jsonl"), ("a.parquet", "parquet"), ("a.docx", None)],
)
def test_the_suffix_gives_the_format(name: str, expected: str | None) -> None:
    assert file_format(PurePosixPath(name)) == expected


def test_files_without_a_date_are_questioned() -> None:
    assert pattern_questions("orders_{date}.csv", "orders_2026-02-20.csv") == []
    assert pattern_questions("orders.csv", "orders.csv") == []
    assert "parts of one table" in pattern_questions("part-*.csv", "part-3.csv")[0]
    assert "YYYY-MM-DD" in pattern_questions("orders_*.csv", "orders_20260220.csv")[0]
