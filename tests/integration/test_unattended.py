"""A real daemon beside a command, killed and started again: it fills the days without a person."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import yaml

from orchestration.runtime.instance import prepare
from orchestration.unattended.day_runs import read_history
from tests.integration.deployments import DEMO, HISTORY, LAST, ROOT, Deployment
from tests.unit.alerts.webhook import Chat, chat_server

# A day of this company takes half a minute of CPU; a busy machine gives a tenth of a core.
PATIENCE_SECONDS = 900
NEXT = HISTORY + timedelta(days=1)


def configuration(folder: Path, last_date: date) -> Path:
    """The demo's configuration with a tick every minute, and data up to a day.

    The end of the data is the day before the test's clock: the daemon's is the machine's.
    """
    settings = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    settings["last_date"] = last_date
    settings["schedule"] = {"daily": "* * * * *", "retrain": "0 0 1 1 *", "automatic": True}
    settings["alerts"] = {"webhooks": {"chat": {"url": "${CHAT_URL}"}}, "min_free_disk_gb": 0}
    path = folder / "deployment.yml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


@contextmanager
def daemon(deployment: Deployment, chat: Chat) -> Iterator[subprocess.Popen[bytes]]:
    """Run `holdfast daemon`; on leaving, kill it with its code server and its runs."""
    log = deployment.home.root / "daemon.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            deployment.command("daemon"),
            env={**deployment.environ(), "CHAT_URL": chat.url},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(
    deployment: Deployment,
    is_there: Callable[[dg.DagsterInstance], bool],
    process: subprocess.Popen[bytes],
) -> None:
    """Read the deployment's instance until it is in a state, while the daemon is running."""
    prepare(deployment.home, deployment.config)
    log = deployment.home.root / "daemon.log"
    deadline = time.monotonic() + PATIENCE_SECONDS
    with dg.DagsterInstance.get() as instance:
        while not is_there(instance):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(1)


def is_started(instance: dg.DagsterInstance) -> bool:
    """True while a run is being executed."""
    return bool(instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])))


def reported(chat: Chat) -> list[tuple[str, str]]:
    """Beginning or end, and kind, of each fault that was reported to the receiver, in order."""
    return [
        (kind, each["kind"])
        for body in chat.taken
        for kind in ("begun", "over")
        for each in body[kind]
    ]


def test_a_killed_daemon_fills_the_days_and_reports_both_and_a_command_beside_it_is_refused(
    first_day: Deployment, home_copy: Path, tmp_path: Path
) -> None:
    copied = first_day.copy(home_copy)
    with chat_server() as chat:
        before = Deployment(copied.home, configuration(tmp_path, NEXT))
        with daemon(before, chat) as process:
            wait_for(before, is_started, process)
            beside = before.cli("run", "--date", str(NEXT))
        assert beside.returncode == 1, beside.stdout
        # By the file, the lock or Dagster's list of runs, whichever it meets first.
        assert "wait for" in beside.stderr, beside.stderr
        assert "Traceback" not in beside.stderr
        later = Deployment(copied.home, configuration(tmp_path, LAST))
        days = {HISTORY + timedelta(days=number) for number in range((LAST - HISTORY).days + 1)}
        with daemon(later, chat) as process:
            wait_for(
                later,
                lambda instance: read_history(instance, later.home).published == days,
                process,
            )
            wait_for(later, lambda _: ("over", "late") in reported(chat), process)
    # Late was reported once, and its end once.
    assert [each for each in reported(chat) if each[1] == "late"] == [
        ("begun", "late"),
        ("over", "late"),
    ]
    assert later.query(
        "select snapshot_date, is_published from ops.published_days order by snapshot_date"
    ) == [(day, True) for day in sorted(days)]
    status = later.cli("status", "--check")
    assert status.returncode in (0, 3), status.stdout
    assert json.loads((later.home.alerts).read_text())["errors"] == {}
