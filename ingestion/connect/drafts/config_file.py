"""Addition of a source's entry to the text of an existing configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ingestion.connect.origins.errors import ConnectError

_SOURCES = re.compile(r"^sources:\s*(#.*)?$")


def with_entry(path: Path, text: str, name: str, entry: str) -> str | None:
    """Return the text with the entry after its other sources; None if the source is configured.

    Nothing else of the text changes, comments included.

    Args:
        path: the file, for messages.
        text: its content.
        name: the source's name.
        entry: the entry, indented by two.

    Raises:
        ConnectError: the text has no block `sources:` with lines indented by two.
    """
    before = _parsed(path, text)
    known = before.get("sources") or {}
    if name in known:
        return None
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if _SOURCES.match(line.rstrip())), None)
    if start is None:
        raise ConnectError(
            f"{path}: expected a line `sources:` with the sources below it, indented by two:"
            " write it, or name another file with --config"
        )
    end = start + 1
    for at in range(start + 1, len(lines)):
        if re.match(r"\S", lines[at]) and not lines[at].startswith("#"):
            break
        if lines[at].strip() and not lines[at].startswith("#"):
            end = at + 1
    if lines and not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    extended = "".join([*lines[:end], entry, *lines[end:]])
    after = _parsed(path, extended)
    sources = {key: value for key, value in (after.get("sources") or {}).items() if key != name}
    if {**after, "sources": sources} != {**before, "sources": known}:
        raise ConnectError(
            f"{path}: its sources are not written as lines indented by two: add the entry yourself,"
            f" or name another file with --config"
        )
    return extended


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        content = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        raise ConnectError(f"{path}: expected valid YAML: run holdfast doctor") from None
    if not isinstance(content, dict):
        raise ConnectError(f"{path}: expected keys such as company and sources")
    return content
