"""The options of an object store as they are typed: `NAME=VALUE`, a dot for an option within."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from ingestion.connect.errors import ConnectError


def storage_options(given: Iterable[str]) -> dict[str, Any]:
    """The options as the configuration has them; numbers and truths are read as YAML reads them.

    Raises:
        ConnectError: one is not `NAME=VALUE`, or is given twice, also as part of another.
    """
    options: dict[str, Any] = {}
    for each in given:
        path, separator, value = each.partition("=")
        *folders, name = path.split(".")
        if not (separator and value and name and all(folders)):
            raise ConnectError(
                "--storage-option: expected NAME=VALUE, such as 'key=${S3_KEY}' or"
                f" client_kwargs.region_name=eu-central-1, found {path}"
            )
        inner = options
        for folder in folders:
            inner = inner.setdefault(folder, {})
            if not isinstance(inner, dict):
                break
        if not isinstance(inner, dict) or name in inner:
            raise ConnectError(f"--storage-option {path} is given twice")
        inner[name] = _read(value)
    return options


def _read(value: str) -> Any:
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError:
        return value
    return read if isinstance(read, bool | int | float) else value
