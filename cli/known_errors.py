"""Known errors at the command line: one message without a trace, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from deployment.errors import HoldfastError

FAILED = 1
# As a shell reports a process that SIGINT ended: 128 + 2.
INTERRUPTED = 130


@contextmanager
def known_errors(console: Console) -> Iterator[None]:
    """Print a known error to the console, and exit with 1; with 130 after Ctrl-C.

    Raises:
        Exit: after a `HoldfastError` or Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(INTERRUPTED) from None
    except HoldfastError as error:
        console.print(f"[red]✗[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None
