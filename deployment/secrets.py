"""Secrets: values of `${NAME}` from the environment or from the file that `HOLDFAST_SECRETS` names.

The configuration holds names only, and no log, message or table holds a value. A source's secrets
are looked up when `ingestion/opened_source.py` opens it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

from deployment.errors import HoldfastError
from deployment.project import ROOT
from deployment.source_config.references import REFERENCE

SECRETS_VARIABLE = "HOLDFAST_SECRETS"

_PASSWORD = re.compile(r"://[^:/@]*:(.+)@")
_ASSIGNMENT = re.compile(r"(?:export\s+)?(\w+)\s*=\s*(.*)")
# A shorter text is likely to be part of an ordinary word of the message.
_LEAST_HIDDEN_LENGTH = 4


class SecretError(HoldfastError):
    """A secret is not set, or its file is not safe; the text has its name and not its value."""


def reveal(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Replace every `${NAME}` of a text.

    Args:
        text: a text of the configuration.
        environ: variables to look in first; the process's environment by default. Its
            `HOLDFAST_SECRETS` is the path of a file with lines `NAME=value`, looked in second.

    Raises:
        SecretError: a name is in neither, or other users may read the file, or the file is in the
            repository.
    """
    environ = os.environ if environ is None else environ
    kept: Mapping[str, str] | None = None

    def value(match: re.Match[str]) -> str:
        nonlocal kept
        name = match.group(1)
        if environ.get(name):
            return environ[name]
        if kept is None:
            kept = _kept(environ)
        if not kept.get(name):
            raise SecretError(
                f"{name} is not set: set it in the environment, or in a file that"
                f" {SECRETS_VARIABLE} names"
            )
        return kept[name]

    return REFERENCE.sub(value, text)


def hide(message: str, *secrets: str) -> str:
    """Replace secrets by `***`, also the password of a URL, and all their percent-encoded forms."""
    hidden = set(secrets)
    for secret in secrets:
        # Not urlsplit, which ends a password at the first /, unlike some drivers.
        password = _PASSWORD.search(secret)
        if password:
            hidden |= {password.group(1), unquote(password.group(1))}
    forms = {
        form
        for text in hidden
        for form in (text, quote(text), quote(text, safe=""), quote_plus(text))
    }
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= _LEAST_HIDDEN_LENGTH:
            message = message.replace(form, "***")
    return message


def _kept(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Values of the secrets file by name; empty if `HOLDFAST_SECRETS` is not set."""
    named = environ.get(SECRETS_VARIABLE)
    if not named:
        return {}
    path = Path(named).expanduser().resolve()
    if not path.is_file():
        raise SecretError(f"{SECRETS_VARIABLE} names {path}, which is not a file")
    if path.is_relative_to(ROOT):
        raise SecretError(f"the secrets file {path} is in the repository: move it out")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretError(f"other users may read the secrets file {path}: chmod 600 {path}")
    return dict(_assignments(path))


def _assignments(path: Path) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(text)
        if match is None:
            raise SecretError(f"{path}, line {number}: expected NAME=value")
        name, value = match.groups()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found.append((name, value))
    return found
