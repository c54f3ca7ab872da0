"""The lines of dbt_project.yml that build a staging folder where the configuration names it."""

from __future__ import annotations

import re
from pathlib import Path

from ingestion.connect.errors import ConnectError

_BLOCKS = (("models", "holdfast", "staging"), ("sources", "holdfast", "staging"))


def with_folder(path: Path, text: str, name: str) -> str:
    """The project file with the source's folder enabled below models and below sources.

    Lines that are there stay as they are; a folder that is enabled already changes nothing.

    Raises:
        ConnectError: the file is not laid out as expected.
    """
    lines = text.splitlines(keepends=True)
    for block in _BLOCKS:
        start, end, indent = _block(path, lines, block)
        entry = re.compile(rf"^{' ' * indent}{re.escape(name)}:")
        if not any(entry.match(line) for line in lines[start:end]):
            margin = " " * indent
            lines[end:end] = [
                f"{margin}{name}:\n",
                f"{margin}  +enabled: \"{{{{ '{name}' in var('sources', []) }}}}\"\n",
            ]
    return "".join(lines)


def _block(path: Path, lines: list[str], keys: tuple[str, ...]) -> tuple[int, int, int]:
    """First and last line of what stands below the keys, and its indentation."""
    start, end, indent = 0, len(lines), 0
    for key in keys:
        found = next(
            (
                at
                for at in range(start, end)
                if re.match(rf"^{' ' * indent}{key}:\s*(#.*)?$", lines[at].rstrip("\n"))
            ),
            None,
        )
        if found is None:
            raise ConnectError(
                f"{path}: expected {': '.join(keys)}: in lines of their own; add the folder"
                " yourself, as docs/connect_your_data.md shows"
            )
        start = found + 1
        indent += 2
        last = start
        for at in range(start, end):
            line = lines[at]
            if line.strip() and not line.lstrip().startswith("#"):
                if len(line) - len(line.lstrip()) < indent:
                    break
                last = at + 1
        end = last
    return start, end, indent
