from __future__ import annotations

import logging
from io import StringIO

import dagster as dg
from rich.console import Console

from cli.progress import TerminalReporter
from orchestration.loggers import RUN_LOGGER


@dg.asset
def customers() -> None: ...


@dg.asset_check(asset=customers)
def are_unique() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


@dg.asset
def broken() -> None:
    raise dg.Failure("no rows")


def report(*given: dg.AssetsDefinition | dg.AssetChecksDefinition) -> list[str]:
    """The lines that a run of some assets and checks prints."""
    console = Console(file=StringIO(), width=120)
    reporter = TerminalReporter(console)
    reporter.note("No model is in use.")
    with reporter.following() as logger:
        job = dg.Definitions(
            assets=[each for each in given if not isinstance(each, dg.AssetChecksDefinition)],
            asset_checks=[each for each in given if isinstance(each, dg.AssetChecksDefinition)],
            jobs=[dg.define_asset_job("everything")],
            loggers={RUN_LOGGER: logger},
        ).resolve_job_def("everything")
        job.execute_in_process(run_config={"loggers": {RUN_LOGGER: {}}}, raise_on_error=False)
    logging.getLogger("holdfast.terminal").handlers = []
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_each_finished_step_is_a_line_with_its_tables_and_checks() -> None:
    note, step, check, *_ = report(customers, are_unique)
    assert note == "No model is in use."
    assert step.startswith("✓ customers ")
    assert step.endswith("s  1 table")
    assert check.startswith("✓ customers are unique")
    assert check.endswith("s  1 check, 1 failed")


def test_a_failed_step_is_marked() -> None:
    _, step, *_ = report(broken)
    assert step.startswith("✗ broken")
