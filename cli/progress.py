"""A run as the terminal shows it: one line a finished step, and what the present one has done."""

from __future__ import annotations

import logging
import time

import dagster as dg
from dagster import DagsterEventType
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class RunProgress(logging.Handler):
    """Follows a run's events, as Dagster hands them to a logger.

    Used as a context manager around the run; `logger` is what `build_defs` takes.
    """

    def __init__(self, console: Console) -> None:
        """Show on the console."""
        super().__init__(level=logging.DEBUG)
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
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

        return dg.LoggerDefinition(create, description="Shows a run in the terminal.")

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record; those that carry no event say nothing here."""
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
                self._show(f"{step}: the warehouse is in use, trying again soon")

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
