from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import dagster as dg
import pytest

from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.loggers import SILENT
from orchestration.runtime.execution import Runner
from orchestration.runtime.instance import PROCESS_TAG, RunError, prepare, process_tag

DEMO = Path(__file__).parents[4] / "config" / "demo.yml"


@dg.op
def nothing() -> None: ...


@dg.job
def idle() -> None:
    nothing()


class Recorder:
    """Keeps what a run reports."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.runs = 0

    def note(self, text: str) -> None:
        self.notes.append(text)

    def following(self) -> AbstractContextManager[dg.LoggerDefinition]:
        self.runs += 1
        return nullcontext(SILENT)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    before = dict(os.environ)
    home = Home(tmp_path)
    prepare(home, DEMO)
    yield home
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def test_a_second_run_is_refused_while_one_is_in_progress(
    demo_config: DeploymentConfig, home: Home
) -> None:
    with dg.DagsterInstance.get() as instance:
        run = instance.create_run_for_job(
            idle, tags={PROCESS_TAG: process_tag()}, status=dg.DagsterRunStatus.STARTED
        )
    delivered = home.landing / "crm" / "touches" / "touches_2026-06-30.csv"
    delivered.parent.mkdir(parents=True)
    with delivered.open("wb") as file:
        file.truncate(shutil.disk_usage(home.root).free)  # sparse: it takes no space
    reporter = Recorder()
    assert demo_config.last_date is not None
    with pytest.raises(RunError, match=f"run {run.run_id[:8]} of idle is in progress"):
        Runner(demo_config, home, reporter).day(demo_config.last_date)
    # A disk that will not do and a training are reported before the run starts.
    assert len(reporter.notes) == 2
    assert "may fill up" in reporter.notes[0]
    assert reporter.notes[1] == "No model is in use for 2026-06-30 yet: this run trains one."
    assert reporter.runs == 0
