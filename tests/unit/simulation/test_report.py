"""Regret is what the oracle has earned more, and the summary compares sums."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from simulation.report import PolicyResult, learning_curve, summary, write_report
from simulation.value import VALUES

FIRST, SECOND = date(2026, 7, 1), date(2026, 7, 15)


def values(*rows: tuple[date, int, int, int, float, float]) -> pa.Table:
    return pa.Table.from_arrays(
        [pa.array(column) for column in zip(*rows, strict=True)], names=VALUES.names
    ).cast(VALUES)


@pytest.fixture
def curve() -> pa.Table:
    return learning_curve(
        {
            "oracle": values((FIRST, 2, 2, 0, 10.0, 110.0), (SECOND, 1, 1, 0, 5.0, 55.0)),
            "random": values((FIRST, 3, 0, 1, 10.0, -10.0)),
        },
        "oracle",
    )


def test_the_curve_adds_up_net_values_and_has_a_row_where_nobody_was_treated(
    curve: pa.Table,
) -> None:
    names = ("policy", "sent_on", "net_value", "cumulative_net_value", "regret")
    assert list(zip(*(curve[name].to_pylist() for name in names), strict=True)) == [
        ("oracle", FIRST, 100, 100, 0),
        ("oracle", SECOND, 50, 150, 0),
        ("random", FIRST, -20, -20, 120),
        ("random", SECOND, 0, -20, 170),
    ]


def test_the_summary_compares_with_the_oracle(curve: pa.Table) -> None:
    assert summary(curve, "oracle") == [
        PolicyResult("oracle", 3, 3, 0, 15.0, 150.0, 1.0),
        PolicyResult("random", 3, 0, 1, 10.0, -20.0, pytest.approx(-20 / 150)),
    ]


def test_without_gain_of_the_oracle_no_share_is_given() -> None:
    poor = learning_curve({"oracle": values((FIRST, 1, 0, 0, 5.0, 0.0))}, "oracle")
    [result] = summary(poor, "oracle")
    assert result.share_of_oracle is None


def test_the_report_is_a_table_and_a_picture(curve: pa.Table, tmp_path: Path) -> None:
    table, picture = write_report(curve, tmp_path)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(curve)
    assert "cumulative_net_value" in lines[0]
    before = picture.read_bytes()
    assert b"<svg" in before
    write_report(curve, tmp_path)
    assert picture.read_bytes() == before
