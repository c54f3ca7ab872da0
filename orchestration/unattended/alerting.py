"""Open faults of a deployment, from Dagster's instance, the published file and the disk; alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import dagster as dg
import duckdb

from alerts.delivery import report
from alerts.disk import KEY as DISK
from alerts.disk import disk_faults
from alerts.fault import Fault
from alerts.ledger import AlertLedger
from alerts.published_faults import published_faults
from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.asset_keys import FEATURES_ARE_AS_IN_TRAINING, RECEIVERS_TAKE_ALL
from orchestration.recorded_checks import recorded_checks
from orchestration.recorded_copies import recorded_copies
from orchestration.training.evidence import published_decay
from orchestration.unattended.day_runs import read_history
from orchestration.unattended.run_faults import day_faults

# Results of the drift check that are searched, the latest first.
_RESULTS = 100


def open_faults(
    config: DeploymentConfig,
    home: Home,
    instance: dg.DagsterInstance,
    open_keys: set[str] | None = None,
) -> list[Fault]:
    """The faults of a deployment at this moment, those of days first.

    Args:
        config: the deployment.
        home: its home.
        instance: its Dagster instance.
        open_keys: keys of faults that were open before, by default those that the ledger has.
    """
    known = AlertLedger.read(home.alerts).open_keys if open_keys is None else open_keys
    history = read_history(instance, home)
    return [
        *day_faults(history, _blocked_runs(instance), config, datetime.now(UTC)),
        *disk_faults(home.root, config.alerts.min_free_disk_gb, is_open=DISK in known),
        *_published(config, home),
        *_undelivered(config, instance),
    ]


def report_alerts(
    config: DeploymentConfig, home: Home, instance: dg.DagsterInstance
) -> Mapping[str, str]:
    """Send what receivers do not know yet; returns the reason by receiver that took no message.

    Nothing is read or written without a receiver.
    """
    if not config.alerts.has_receivers:
        return {}
    return report(
        config,
        home.alerts,
        lambda open_keys: open_faults(config, home, instance, open_keys),
        datetime.now(UTC),
    )


def _blocked_runs(instance: dg.DagsterInstance) -> dict[str, str]:
    """For each run that the drift check has blocked, its description: features and what to do."""
    return {
        check.run_id: check.description or ""
        for check in recorded_checks(instance, FEATURES_ARE_AS_IN_TRAINING, _RESULTS)
        if check.is_error and not check.passed
    }


def _published(config: DeploymentConfig, home: Home) -> list[Fault]:
    """Faults that the published file shows; a file that cannot be read is one, and hides no other.

    A file that an earlier release wrote may lack a table.
    """
    try:
        found = published_faults(home.published)
        decay = published_decay(config, home.published)
    except duckdb.Error:
        text = "The published file cannot be read, or an earlier release wrote it."
        return [Fault("published_unreadable", "error", text, "holdfast run writes it again")]
    if decay is not None:
        found.append(
            Fault(
                "model_decays",
                "warning",
                f"The model in use decays: {decay.partition(': ')[2]}.",
                "holdfast train, unless the retrain schedule is running",
            )
        )
    return found


def _undelivered(config: DeploymentConfig, instance: dg.DagsterInstance) -> Iterator[Fault]:
    """Copies that lack the day, and decisions that a receiver did not take."""
    for copy in recorded_copies(instance, config.publish.copies):
        if copy.problem is not None:
            yield Fault(
                f"copy_failed:{copy.name}",
                "warning",
                f"The {copy.name} copy of the published tables is not of the latest day.",
                "holdfast doctor; the next run writes it again",
            )
    if any(not check.passed for check in recorded_checks(instance, RECEIVERS_TAKE_ALL)):
        yield Fault(
            "hand_over_failed",
            "warning",
            "A receiver of the hand-over did not take all decisions.",
            "holdfast doctor; the next run sends them again until they expire",
        )
