from __future__ import annotations

from datetime import date
from io import StringIO

from rich.console import Console

from cli.summary.copies import show_copies
from orchestration.recorded_copies import RecordedCopy


def test_each_copy_is_a_line_with_what_is_wrong() -> None:
    console = Console(file=StringIO(), width=60)
    day = date(2026, 6, 30)
    show_copies(
        console,
        [
            RecordedCopy("postgres", 7, day, "the role may not [create] a schema in the database"),
            RecordedCopy("parquet", 8, day, None),
        ],
    )
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines() == [
        (
            "PostgreSQL    version 7, as of 2026-06-30: the role may not [create] a schema in the"
            " database; the next run tries again"
        ),
        "Parquet       version 8, as of 2026-06-30",
    ]
