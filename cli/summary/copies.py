"""Display of the copies of the published tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from orchestration.recorded_copies import RecordedCopy

_TITLES = {"postgres": "PostgreSQL", "parquet": "Parquet"}


def show_copies(console: Console, copies: Sequence[RecordedCopy]) -> None:
    """Print a line for each copy: the version that it holds, and what is wrong with it."""
    for copy in copies:
        title = f"{_TITLES[copy.name]:<14}"
        held = (
            "nothing was written yet"
            if copy.version is None
            else f"version {copy.version}, as of {copy.as_of_date}"
        )
        if copy.problem is None:
            console.print(f"{title}{held}", highlight=False)
            continue
        console.print(
            f"[bold red]{title}[/]{held}: {escape(copy.problem)}; the next run tries again",
            highlight=False,
            soft_wrap=True,
        )
