from __future__ import annotations

from datetime import date, timedelta

import duckdb

from cli.doctor.sample.history import diagnose_history
from cli.doctor.sample.models import SampledModel
from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from deployment.project import CONFIG

FIRST, LAST = date(2024, 3, 1), date(2026, 6, 30)


def messages(
    first: date, last: date, *, is_whole: bool = True, **changed: object
) -> tuple[list[str], list[str]]:
    """Messages and remedies on orders between two days, with changes to the demo's settings."""
    con = duckdb.connect()
    con.execute("create table orders as select ? as ordered_at union all select ?", [first, last])
    model = SampledModel(
        "orders", "orders", "orders", frozenset({"ordered_at"}), {}, 2, is_whole=is_whole
    )
    config: DeploymentConfig = load_config(CONFIG / "demo.yml").model_copy(update=changed)
    findings = list(diagnose_history(con, model, config))
    assert {finding.subject for finding in findings} <= {"configuration"}
    return [finding.message for finding in findings], [finding.remedy for finding in findings]


def test_dates_that_fit_the_data_give_no_finding() -> None:
    assert messages(FIRST, LAST, first_date=FIRST, last_date=LAST) == ([], [])


def test_a_first_date_before_the_data_names_the_day_to_set() -> None:
    found, remedies = messages(FIRST, LAST, first_date=FIRST - timedelta(days=400), last_date=None)
    assert found == [
        "first_date 2023-01-26 is 400 days before the first order in orders, 2024-03-01"
    ]
    assert remedies == ["set first_date: 2024-03-01"]


def test_a_last_date_after_the_data_names_the_effect() -> None:
    late = LAST + timedelta(days=90)
    found, remedies = messages(FIRST, LAST, first_date=FIRST, last_date=late)
    assert "by then all customers look inactive" in found[0]
    assert remedies[0].startswith("set last_date: 2026-06-30")


def test_a_short_history_names_the_setting_to_change() -> None:
    found, remedies = messages(LAST - timedelta(days=200), LAST, first_date=FIRST, last_date=None)
    assert any("days of history, and training needs" in message for message in found)
    assert any("training.min_history_days" in remedy for remedy in remedies)


def test_a_part_of_the_rows_says_nothing_about_the_first_order() -> None:
    assert messages(LAST, LAST, is_whole=False, first_date=FIRST, last_date=None) == ([], [])
