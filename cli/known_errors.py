"""Known errors and faults at the command line: one message without a trace, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from deployment.errors import HoldfastError
from deployment.home import Home
from ml.errors import ModelError
from warehouse.health.faults import fault_of

FAILED = 1
# As a shell reports a process that SIGINT ended: 128 + 2.
INTERRUPTED = 130


@contextmanager
def known_errors(console: Console) -> Iterator[None]:
    """Print a known error or a fault of the machine, and exit with 1; with 130 after Ctrl-C.

    Raises:
        Exit: after a `HoldfastError`, a `ModelError`, a fault that `fault_of` finds, or Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(INTERRUPTED) from None
    except (HoldfastError, ModelError) as error:
        # Imports DuckDB, which `--help` does not wait for.
        from warehouse.errors import WarehouseError

        # DuckDB's text on a file that cannot be opened has no remedy.
        fault = fault_of(error, Home.from_env()) if type(error) is WarehouseError else None
        show_problem(console, str(fault or error))
        raise typer.Exit(FAILED) from None
    except Exception as error:
        fault = fault_of(error, Home.from_env())
        if fault is None:
            raise
        show_problem(console, str(fault))
        raise typer.Exit(FAILED) from None


def show_problem(console: Console, message: str) -> None:
    """Print what is wrong, marked, without cutting it at the width of the terminal."""
    console.print(f"[red]✗[/] {escape(message)}", highlight=False, soft_wrap=True)
