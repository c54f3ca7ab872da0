"""Faults of a failed run and of a blocked day, from a real instance to a real webhook."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from deployment.home import Home
from deployment.project import CONFIG
from deployment.receivers.alerts import Alerts, Webhook
from orchestration.asset_keys import FEATURES_ARE_AS_IN_TRAINING, PUBLISHED
from orchestration.unattended.alerting import open_faults, report_alerts
from tests.unit.alerts.webhook import chat_server

DAYS = dg.StaticPartitionsDefinition(["2026-06-29", "2026-06-30"])
PERSONAL = "no row of ann@example.com, +49 30 1234567"


@dg.asset(key=PUBLISHED, partitions_def=DAYS)
def published(context: dg.AssetExecutionContext) -> None:
    if context.partition_key == "2026-06-30":
        raise ValueError(PERSONAL)


@dg.asset(
    key=FEATURES_ARE_AS_IN_TRAINING.asset_key,
    partitions_def=DAYS,
    check_specs=[
        dg.AssetCheckSpec(
            FEATURES_ARE_AS_IN_TRAINING.name,
            asset=FEATURES_ARE_AS_IN_TRAINING.asset_key,
            blocking=True,
        )
    ],
)
def counts() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(
        passed=False,
        check_name=FEATURES_ARE_AS_IN_TRAINING.name,
        description="plan has drifted: holdfast accept-drift --feature plan.",
    )


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


@pytest.fixture
def config() -> DeploymentConfig:
    alerts = Alerts(min_free_disk_gb=0)
    return load_config(CONFIG / "demo.yml").model_copy(update={"alerts": alerts})


def run(instance: dg.DagsterInstance, asset: dg.AssetsDefinition, day: str) -> None:
    job = dg.define_asset_job("daily", [asset]).resolve(
        asset_graph=dg.Definitions([asset]).resolve_asset_graph()
    )
    job.execute_in_process(instance=instance, partition_key=day, raise_on_error=False)


def test_a_failed_run_reaches_the_chat_without_the_words_of_its_error(
    instance: dg.DagsterInstance,
    home: Home,
    config: DeploymentConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(instance, published, "2026-06-29")
    run(instance, published, "2026-06-30")
    with chat_server() as chat:
        monkeypatch.setenv("CHAT_URL", chat.url)
        webhook = Webhook.model_validate({"url": "${CHAT_URL}"})
        alerts = Alerts(webhooks={"chat": webhook}, min_free_disk_gb=0)
        alerted = config.model_copy(update={"alerts": alerts})
        for _ in range(2):
            assert report_alerts(alerted, home, instance) == {}
    (body,) = chat.taken
    assert [fault["key"] for fault in body["begun"]] == ["run_failed:2026-06-30", "late"]
    assert "ann@example.com" not in str(body)


def test_a_day_that_drift_blocks_is_named_with_the_features_and_the_command(
    instance: dg.DagsterInstance, home: Home, config: DeploymentConfig
) -> None:
    run(instance, published, "2026-06-29")
    run(instance, counts, "2026-06-30")
    fault = open_faults(config, home, instance)[0]
    assert fault.key == "blocked_by_drift:2026-06-30"
    assert fault.remedy == "plan has drifted: holdfast accept-drift --feature plan"


def test_a_damaged_published_file_is_a_fault_and_hides_no_other(
    instance: dg.DagsterInstance, home: Home, config: DeploymentConfig
) -> None:
    run(instance, published, "2026-06-30")
    home.published.write_bytes(b"no database")
    keys = [fault.key for fault in open_faults(config, home, instance)]
    assert keys == ["run_failed:2026-06-30", "late", "published_unreadable"]


def test_the_published_days_are_known_without_dagsters_record_of_past_runs(
    instance: dg.DagsterInstance, home: Home, config: DeploymentConfig
) -> None:
    note = home.published.with_name("holdfast.state.json")
    note.write_text('{"revisions": {"2026-06-29": "r"}}', encoding="utf-8")
    faults = {fault.kind: fault.text for fault in open_faults(config, home, instance)}
    assert faults["late"] == "The latest published day is 2026-06-29; 2026-06-30 was due."


def test_without_a_receiver_nothing_is_written(
    instance: dg.DagsterInstance, home: Home, config: DeploymentConfig
) -> None:
    assert report_alerts(config, home, instance) == {}
    assert not home.alerts.parent.exists()
