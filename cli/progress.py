"""Progress of a run in the terminal: finished steps, and the counts of the current one."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster import DagsterEventType
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class TerminalReporter:
    """Shows the runs of a `Runner` on a console."""

    def __init__(self, console: Console) -> None:
        """Report to the console."""
        self._console = console

    def note(self, text: str) -> None:
        """Print a sentence about a run that is about to start."""
        self._console.print(text)

    @contextmanager
    def following(self) -> Iterator[dg.LoggerDefinition]:
        """Show one run's progress; the run's events go to the yielded logger."""
        with RunProgress(self._console) as progress:
            yield progress.logger


class RunProgress(logging.Handler):
    """A handler of a run's events, which Dagster attaches to log records.

    A context manager around the run; `logger` is the logger of the run.
    """

    def __init__(self, console: Console) -> None:
        """Show progress on the console."""
        super().__init__(level=logging.DEBUG)
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            # Without a terminal nothing is drawn; with one, four times a second.
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("starting", total=None)
        self._started = time.monotonic()
        self._tables: set[dg.AssetKey | None] = set()
        self._checks = self._failed_checks = 0

    def __enter__(self) -> RunProgress:
        self._progress.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._progress.stop()

    @property
    def logger(self) -> dg.LoggerDefinition:
        """This handler as Dagster's logger."""

        def create(context: dg.InitLoggerContext) -> logging.Logger:
            del context
            logger = logging.getLogger("holdfast.terminal")
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
            logger.handlers = [self]
            return logger

        return dg.LoggerDefinition(create, description="Shows the run in a terminal.")

    def emit(self, record: logging.LogRecord) -> None:
        """Show the event of a record; records without one are ignored."""
        event: dg.DagsterEvent | None = getattr(record, "dagster_event", None)
        if event is None:
            return
        step = (event.step_key or "").replace("__", ": ").replace("_", " ")
        match event.event_type:
            case DagsterEventType.STEP_START:
                self._started = time.monotonic()
                self._tables = set()
                self._checks = self._failed_checks = 0
                self._show(step)
            case DagsterEventType.ASSET_MATERIALIZATION:
                self._tables.add(event.asset_key)
                self._show(step)
            case DagsterEventType.ASSET_CHECK_EVALUATION:
                self._checks += 1
                self._failed_checks += not event.asset_check_evaluation_data.passed
                self._show(step)
            case DagsterEventType.STEP_SUCCESS:
                self._finish("[green]✓[/]", step)
            case DagsterEventType.STEP_FAILURE:
                self._finish("[red]✗[/]", step)
            case DagsterEventType.STEP_UP_FOR_RETRY:
                self._show(f"{step}: another process holds the warehouse, retrying soon")

    def _show(self, text: str) -> None:
        self._progress.update(self._task, description=f"{text} {self._counts()}".rstrip())

    def _finish(self, mark: str, step: str) -> None:
        seconds = time.monotonic() - self._started
        self._console.print(f"{mark} {step:<55}[dim]{seconds:6.1f} s  {self._counts()}[/]")

    def _counts(self) -> str:
        counts = [
            (len(self._tables), "table"),
            (self._checks, "check"),
            (self._failed_checks, "failed"),
        ]
        return ", ".join(
            f"{count} {noun}{'s' if count > 1 and noun != 'failed' else ''}"
            for count, noun in counts
            if count
        )
