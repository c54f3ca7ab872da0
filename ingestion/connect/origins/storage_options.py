"""Options of an object store on the command line: `NAME=VALUE`, a dot for a nested option."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from ingestion.connect.origins.errors import ConnectError


def storage_options(given: Iterable[str]) -> dict[str, Any]:
    """Return the options as the configuration has them; numbers and booleans are read as in YAML.

    Raises:
        ConnectError: an option is not `NAME=VALUE`, or is given twice.
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
        inner: Any = options
        for folder in folders:
            inner = inner.setdefault(folder, {}) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or name in inner:
            raise ConnectError(f"--storage-option {path} is given twice")
        inner[name] = _typed(value)
    return options


def _typed(value: str) -> Any:
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError:
        return value
    return read if isinstance(read, bool | int | float) else value
