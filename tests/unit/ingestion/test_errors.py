from __future__ import annotations

from pathlib import Path

from ingestion.errors import SourceError, without_values


def test_an_error_of_a_file_begins_with_its_place() -> None:
    assert str(SourceError.of_file(Path("a.csv"), "it is empty")) == "a.csv: it is empty"
    assert str(SourceError.of_file("a.csv", "a quote", line=7)) == "a.csv, line 7: a quote"


def test_a_message_about_rows_loses_everything_that_it_quotes() -> None:
    message = "Could not convert string 'Ann's \"file\"\nhunter2' to INT32"
    assert without_values(message) == "Could not convert string … to INT32"
    assert without_values("no value here") == "no value here"
