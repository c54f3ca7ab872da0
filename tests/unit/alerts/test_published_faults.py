from __future__ import annotations

from pathlib import Path

import duckdb

from alerts.published_faults import published_faults


def test_stale_sources_and_alarms_of_the_latest_day_are_faults_without_the_sources_words(
    tmp_path: Path,
) -> None:
    path = tmp_path / "holdfast.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            """
            create schema ops;
            create schema activation;
            create table ops.publication as select date '2026-06-30' as as_of_date;
            create table ops.data_quality_daily as
            select * from (
                values
                (date '2026-06-30', 'crm', 'people', date '2026-06-28', true),
                (date '2026-06-30', 'crm', 'calls', null, true),
                (date '2026-06-30', 'shop', 'orders', date '2026-06-30', false),
                (date '2026-06-29', 'shop', 'orders', date '2026-06-27', true),
                (date '2026-06-30', 'desk', 'tickets', null, true)
            ) as rows (snapshot_date, source, table_name, last_delivered_on, is_stale);
            alter table ops.data_quality_daily add column stale_reason varchar;
            update ops.data_quality_daily
            set stale_reason = 'could not be read: no user ann@example.com';
            create table activation.company_alarms_daily as
            select * from (
                values
                (date '2026-06-30', 'orders', 'all', 12e0, 80.5e0, 120.25e0, true),
                (date '2026-06-30', 'churn_percent', 'loyal', 9.0, 1.0, 4.0, true),
                (date '2026-06-30', 'tickets', 'all', 1.0, 2.0, 9.0, false),
                (date '2026-06-29', 'refunds', 'all', 12.0, 0.0, 3.0, true)
            ) as rows (
                snapshot_date, metric, segment, observed, expected_low, expected_high, is_bad
            );
            """
        )
    faults = published_faults(path)
    assert [(fault.key, fault.text) for fault in faults] == [
        (
            "stale_source:crm",
            "The source crm has no current rows of calls, people (last delivered on 2026-06-28).",
        ),
        (
            "stale_source:desk",
            "The source desk has no current rows of tickets (never delivered).",
        ),
        (
            "company_alarm:churn_percent:loyal",
            "The figure churn_percent of the stage loyal is 9; usual is 1 to 4.",
        ),
        ("company_alarm:orders:all", "The figure orders is 12; usual is 80.5 to 120.2."),
    ]
    assert "ann@example.com" not in str(faults)


def test_nothing_is_known_before_the_first_publication(tmp_path: Path) -> None:
    assert published_faults(tmp_path / "holdfast.duckdb") == []
