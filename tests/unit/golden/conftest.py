"""A repository small enough to be compared in seconds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from golden.companies import Company

# Writes the same results in each tree, and beside them which tree wrote them.
COMMAND_LINE = """
import os, sys
from pathlib import Path
import duckdb

def app():
    home = Path(os.environ["HOLDFAST_HOME"])
    if sys.argv[1] == "fail":
        sys.exit("no such source")
    (home / "published").mkdir()
    with duckdb.connect(str(home / "published" / "holdfast.duckdb")) as con:
        con.execute("create schema activation")
        con.execute("create table activation.risks as select 1 as customer_id, 0.1::double as risk")
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute("create schema ml")
        con.execute("create table ml.scores as select 1 as customer_id, 0.1::double as risk")
        con.execute(
            "create table tree as select ? as module, ? as config",
            [__name__, os.environ["HOLDFAST_CONFIG"]],
        )
"""


def write_command_line(folder: Path, module: str, program: str = COMMAND_LINE) -> None:
    (folder / f"{module}.py").write_text(program)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "holdfast"\n[project.scripts]\nholdfast = "{module}:app"\n'
    )


@pytest.fixture
def company() -> Company:
    return Company(name="tiny", config="config/tiny.yml", commands=(("run",),))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A commit whose command line is in one module, and a working tree where it has moved."""
    folder = tmp_path / "repository"
    folder.mkdir()
    write_command_line(folder, "before")
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "Begin"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    (folder / "before.py").unlink()
    write_command_line(folder, "after")
    return folder
