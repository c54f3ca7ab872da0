from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cli.summary.day_summary import SummaryError, read_summary


def test_a_file_of_another_version_is_reported_with_the_command_to_run(tmp_path: Path) -> None:
    published = tmp_path / "holdfast.duckdb"
    with duckdb.connect(str(published)) as con:
        con.execute("create schema ops")
        con.execute("create table ops.data_quality_daily as select date '2026-06-30' snapshot_date")
    with pytest.raises(SummaryError, match=r"another version of Holdfast.*holdfast run"):
        read_summary(published)


def test_nothing_published_is_no_summary(tmp_path: Path) -> None:
    assert read_summary(tmp_path / "holdfast.duckdb") is None
