"""Passwords and keys: named in the configuration, kept outside it, written nowhere.

A configuration says `${CRM_URL}`. What stands for it comes from the environment, or from the file
that `HOLDFAST_SECRETS` names, and is looked up at the moment it is used: no configuration, log,
message or table ever holds it.
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
# Shorter texts are too likely to be a word of the message itself.
_LEAST_HIDDEN_LENGTH = 4


class SecretError(HoldfastError):
    """A secret is not there, or not kept as one; the text names it and never quotes it."""


def reveal(text: str, environ: Mapping[str, str] | None = None) -> str:
    """The text with every `${NAME}` replaced.

    Args:
        text: as the configuration has it.
        environ: where to look first; the process's environment by default. Its `HOLDFAST_SECRETS`
            names the file to look in second, with lines `NAME=value`.

    Raises:
        SecretError: a name is in neither, or others may read the file, or it is in the repository.
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
    """The message without the secrets, nor the password in one that is a URL, however quoted."""
    hidden = set(secrets)
    for secret in secrets:
        # By hand: a password with a / in it is none to urlsplit, and one to some drivers.
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
    """What the secrets file holds, nothing if none is named."""
    named = environ.get(SECRETS_VARIABLE)
    if not named:
        return {}
    path = Path(named).expanduser().resolve()
    if not path.is_file():
        raise SecretError(f"{SECRETS_VARIABLE} names {path}, which is no file")
    if path.is_relative_to(ROOT):
        raise SecretError(f"the secrets file {path} lies in the repository: move it out")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretError(f"others may read the secrets file {path}: chmod 600 {path}")
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
