"""docs/command_line.md has every command with each of its options, as `--help` shows them."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from cli.commands import app
from deployment.project import ROOT

PAGE = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_group(app).commands


def section(name: str) -> str:
    """A command's part of the page, without what the page says beyond it."""
    lines = [f"## holdfast {name}", "", COMMANDS[name].help or "", ""]
    lines += ["| option | default | meaning |", "|---|---|---|", *map(row, COMMANDS[name].params)]
    return "\n".join(lines) + "\n"


def row(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    if parameter.param_type_name == "argument":
        names = [str(parameter.name).upper()]
    shown = ", ".join(f"`{name}`" for name in names)
    return f"| {shown} | {default(parameter)} | {getattr(parameter, 'help', '')} |"


def default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if isinstance(parameter.default, bool):
        return "on" if parameter.default else "off"
    if not parameter.default:
        return "–"
    return str(getattr(parameter.default, "value", parameter.default))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_on_the_page_with_its_options(name: str) -> None:
    assert section(name) in PAGE, f"write:\n{section(name)}"


def test_the_page_has_no_other_command() -> None:
    named = [line.removeprefix("## holdfast ") for line in PAGE.splitlines() if "## hold" in line]
    assert sorted(named) == sorted(COMMANDS)
