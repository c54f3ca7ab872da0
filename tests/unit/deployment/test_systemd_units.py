"""Units of systemd as `docs/deploy.md` installs them."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from typer.main import get_command

from cli.commands import app
from deployment.project import ROOT

UNITS = sorted((ROOT / "deployment" / "systemd").iterdir())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """With this machine's programs and users in the place of those of an installation."""
    program = tmp_path / "holdfast"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        text = re.sub(r"/opt/holdfast/\.venv/bin/holdfast", str(program), text)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    own = [line for line in done.stderr.splitlines() if "holdfast" in line]
    assert own == []


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"])
def test_a_unit_runs_a_command_that_exists(unit: Path) -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(unit)
    _, command, *options = parser["Service"]["ExecStart"].split()
    known = get_command(app).commands[command]  # type: ignore[attr-defined]
    names = {name for option in known.params for name in (*option.opts, *option.secondary_opts)}
    assert set(options) <= names
