"""Runs of a day that are killed in the middle of a step."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import date

from tests.campaign import FACTOR
from tests.integration.deployments import Deployment

# Steps in the middle and at the end of a day's run; the first step, which lands files, is killed in
# tests/unit/ingestion/extraction. A campaign kills it here too.
KILLED_IN = ("build_features", "published__holdfast")
if FACTOR > 1:
    KILLED_IN = ("raw_shop", "unify_customers", *KILLED_IN, "activate_scores")


def kill_in(step: str, deployment: Deployment, day: date) -> None:
    """Start the run of a day in a process, and kill it while it executes a step."""
    process = subprocess.Popen(
        deployment.command("run", "--date", day.isoformat()),
        env=deployment.environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_step(step, process, deployment)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def wait_for_step(step: str, process: subprocess.Popen[bytes], deployment: Deployment) -> None:
    """Wait until a process that was just started begins a step, as it writes to the event log."""
    with closing(sqlite3.connect(deployment.home.dagster_home / "event_log.db")) as log:
        (before,) = log.execute("select max(id) from event_logs").fetchone()
        begun = """
            select count(*) from event_logs
            where id > ? and step_key = ? and dagster_event_type = 'STEP_START'
        """
        while log.execute(begun, [before, step]).fetchone() == (0,):
            assert process.poll() is None, f"the run ended before {step}"
            time.sleep(0.02)
