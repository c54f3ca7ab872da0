"""Past days are removed from a home: later days, effects and accounts are as they were."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import yaml

from tests.integration.deployments import (
    DEMO,
    HISTORY,
    Deployment,
    differences,
    with_quick_training,
)
from warehouse.pruning.rows_of_days import KEPT, OF_DATES, OF_DECISIONS, OF_PAST_DAYS

# Days of the summer are too old on the second of these, and customers of the spring are eligible.
SUMMER = (HISTORY, HISTORY + timedelta(days=1))
AUTUMN = (date(2026, 11, 13), date(2026, 11, 14))
FIRST_KEPT, FIRST_RUNNABLE = date(2026, 7, 1), date(2026, 9, 29)
BY_CUSTOMER = ("activation.customer_risk_daily", "activation.customer_segments_daily")


@pytest.fixture(scope="module")
def before(day_before_last: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Two summer days, two autumn days, and nothing that is removed yet."""
    folder = tmp_path_factory.mktemp("pruning")
    config = with_quick_training(DEMO, folder)
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["last_date"] = AUTUMN[-1]
    settings["keep"] = {"past_days": 121, "texts_days": 121, "raw_days": 30}
    settings["drift"] |= {"on_shift": "warn"}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    deployment = Deployment(day_before_last.copy(folder / "home").home, config)
    deployment.range(*AUTUMN)
    return deployment


@pytest.fixture(scope="module")
def pruned(before: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The same home after `holdfast prune`, before another run."""
    pruned = before.copy(tmp_path_factory.mktemp("pruned") / "home")
    tried = pruned.cli("prune", "--dry-run")
    assert "Nothing was changed." in tried.stdout
    done = pruned.cli("prune")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "rows of" in line] == [
        line for line in tried.stdout.splitlines() if "rows of" in line
    ]
    return pruned


@pytest.fixture(scope="module")
def run_again(pruned: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The pruned home after the last day was run again."""
    again = pruned.copy(tmp_path_factory.mktemp("run_again") / "home")
    again.day(AUTUMN[-1])
    return again


def test_each_table_of_days_has_a_rule_or_a_reason_to_be_kept(before: Deployment) -> None:
    found = before.warehouse(
        """
        select schema_name || '.' || table_name
        from duckdb_columns() inner join duckdb_tables() using (schema_name, table_name)
        where column_name = 'snapshot_date'
        """
    )
    ruled = OF_PAST_DAYS.keys() | OF_DATES.keys() | OF_DECISIONS.keys() | KEPT.keys()
    assert {str(label) for (label,) in found} == ruled


def test_a_home_whose_published_days_were_just_removed_has_no_fault(pruned: Deployment) -> None:
    assert pruned.warehouse("select snapshot_date from ops.snapshot_dates order by 1") == [
        (day,) for day in AUTUMN
    ]
    status = pruned.cli("status", "--check")
    assert "missed_days" not in status.stdout
    assert "lacks" not in pruned.cli("doctor").stdout


def test_a_day_that_was_removed_is_refused_with_its_reason(pruned: Deployment) -> None:
    for day in (SUMMER[0], FIRST_RUNNABLE - timedelta(days=1)):
        refused = pruned.cli("run", "--date", f"{day}")
        assert refused.returncode == 1
        message = " ".join(refused.stderr.split())
        assert f"{day} cannot be run again: rows of days before {FIRST_KEPT}" in message
        assert f"Days from {FIRST_RUNNABLE} on can be run" in message


def test_the_kept_days_and_all_that_is_measured_are_published_as_before(
    before: Deployment, run_again: Deployment
) -> None:
    for table in BY_CUSTOMER:
        assert run_again.table(table) == before.table(table, f"snapshot_date >= '{FIRST_KEPT}'")
    # A day is compared with features of four weeks before: in this home those of the summer.
    may_differ = {*OF_PAST_DAYS, "ops.published_days", "feedback.drift_daily"}
    assert {each.split(":")[0] for each in differences(before, run_again)} <= may_differ
    days = "select snapshot_date from ops.published_days where is_published and {} order by 1"
    assert run_again.query(days.format("not is_removed")) == [(day,) for day in AUTUMN]
    assert run_again.query(days.format("is_removed")) == [(day,) for day in SUMMER]


def test_every_delivered_row_is_accounted_for_without_its_raw_row(run_again: Deployment) -> None:
    assert (
        run_again.query(
            """
        from ops.data_quality_daily
        where delivered != accepted + rejected + superseded + erased
        """
        )
        == []
    )
    [(rejected,)] = run_again.query(
        f"select sum(rejected) from ops.data_quality_daily where snapshot_date = '{AUTUMN[-1]}'"
    )
    assert run_again.warehouse("select count(*) from ops.rejected_rows") == [(rejected,)]
    [(raw,)] = run_again.warehouse("select count(*) from raw_shop.orders")
    [(accepted,)] = run_again.warehouse(
        "select count(*) from intermediate.int_orders_versions where _reject_reason is null"
    )
    assert int(str(raw)) < int(str(accepted)) / 100
    assert run_again.warehouse(
        "select count(*) from intermediate.int_feedback_versions"
        f" where text is not null and created_at < '{FIRST_KEPT}'"
    ) == [(0,)]


def test_the_account_has_the_number_of_rows_that_are_gone(
    before: Deployment, run_again: Deployment
) -> None:
    for table in ("ml.churn_scores", "raw_shop.orders", "features.feat_customer_snapshots"):
        [(there,)] = before.warehouse(f"select count(*) from {table}")
        [(left,)] = run_again.warehouse(f"select count(*) from {table}")
        [(removed,)] = run_again.warehouse(
            f"select sum(rows) from ops.removed_rows where table_name = '{table}'"
        )
        assert int(str(there)) - int(str(left)) == removed > 0
