from __future__ import annotations

import errno
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console

from cli.known_errors import FAILED, INTERRUPTED, known_errors
from ml.errors import ModelError
from warehouse.errors import WarehouseError


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=40)


def text(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_known_error_is_printed_whole_and_ends_with_one(console: Console) -> None:
    message = "[a] long message that does not fit into the width of the terminal, and is not cut"
    with pytest.raises(typer.Exit) as ended, known_errors(console):
        raise WarehouseError(message)
    assert ended.value.exit_code == FAILED
    assert text(console) == f"✗ {message}\n"


def test_ctrl_c_ends_as_a_shell_reports_it(console: Console) -> None:
    with pytest.raises(typer.Exit) as ended, known_errors(console):
        raise KeyboardInterrupt
    assert ended.value.exit_code == INTERRUPTED
    assert text(console) == "Stopped.\n"


def test_a_fault_of_the_machine_behind_any_error_is_one_message(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path))
    with pytest.raises(typer.Exit) as ended, known_errors(console):
        raise RuntimeError("the step failed") from OSError(errno.ENOSPC, "No space left on device")
    assert ended.value.exit_code == FAILED
    assert text(console).startswith(f"✗ {tmp_path}: the disk is full (")


def test_an_error_of_a_model_is_known(console: Console) -> None:
    with pytest.raises(typer.Exit), known_errors(console):
        raise ModelError("model 2 cannot be read")
    assert text(console) == "✗ model 2 cannot be read\n"


def test_an_unknown_error_keeps_its_trace(console: Console) -> None:
    with pytest.raises(ZeroDivisionError), known_errors(console):
        raise ZeroDivisionError
    assert text(console) == ""
