"""The event log storage, and the conditions under which it can be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.sqlite import consolidated_sqlite_event_log as dagsters

from orchestration.runtime.event_log_storage import EventLogStorage

TABLE = dg.AssetKey("customers")


@dg.asset(key=TABLE)
def customers() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


def instance_with(
    storage: type[ConsolidatedSqliteEventLogStorage], home: Path
) -> dg.DagsterInstance:
    home.mkdir()
    module, name = storage.__module__, storage.__name__
    settings = {
        "telemetry": {"enabled": False},
        "event_log_storage": {
            "module": module, "class": name, "config": {"base_dir": str(home / "events")},
        },
    }  # fmt: skip
    return dg.DagsterInstance.local_temp(str(home), overrides=settings)


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_with(EventLogStorage, tmp_path / "pooled") as instance:
        yield instance


@pytest.fixture
def dagsters_own(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_with(ConsolidatedSqliteEventLogStorage, tmp_path / "own") as instance:
        yield instance


def events(instance: dg.DagsterInstance) -> list[str]:
    """The events of one run, as the UI reads them."""
    result = dg.materialize([customers], instance=instance)
    assert result.success
    return [
        entry.dagster_event.event_type_value
        for entry in instance.all_logs(result.run_id)
        if entry.dagster_event is not None
    ]


def test_the_events_of_a_run_are_those_of_dagsters_own_storage(
    pooled: dg.DagsterInstance, dagsters_own: dg.DagsterInstance
) -> None:
    assert events(pooled) == events(dagsters_own)
    for instance in (pooled, dagsters_own):
        latest = instance.get_latest_materialization_event(TABLE)
        assert latest is not None
        assert latest.asset_materialization is not None
        assert latest.asset_materialization.metadata["rows"].value == 3


@dg.asset_check(asset=TABLE)
def has_rows() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


def test_of_a_deleted_run_nothing_is_left_where_dagsters_own_storage_leaves_check_results(
    pooled: dg.DagsterInstance, dagsters_own: dg.DagsterInstance
) -> None:
    for instance, left in ((pooled, 0), (dagsters_own, 1)):
        result = dg.materialize([customers, has_rows], instance=instance)
        instance.delete_run(result.run_id)
        assert instance.get_runs() == []
        assert instance.all_logs(result.run_id) == []
        executions = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(TABLE, "has_rows"), limit=9
        )
        assert len(executions) == left


def test_dagsters_own_storage_still_opens_a_connection_for_every_statement(
    dagsters_own: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    create = dagsters.create_engine

    def counted(*arguments: Any, **options: Any) -> Any:
        opened.append(arguments)
        return create(*arguments, **options)

    monkeypatch.setattr(dagsters, "create_engine", counted)
    stored = events(dagsters_own)
    # If this fails after an update of Dagster, delete EventLogStorage and name Dagster's own class
    # in dagster.yaml.
    assert len(opened) > len(stored)


@pytest.mark.parametrize(
    "method",
    [
        "_connect",
        "_has_asset_key_col_on_connection",
        "delete_events_for_run",
        "has_table",
        "store_event_batch",
    ],
)
def test_what_the_storage_overrides_is_there_to_be_overridden(method: str) -> None:
    assert callable(getattr(ConsolidatedSqliteEventLogStorage, method))
