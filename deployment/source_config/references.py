"""References to secrets: `${NAME}` in a configuration, looked up in `deployment/secrets.py`."""

from __future__ import annotations

import re

REFERENCE = re.compile(r"\$\{(\w+)\}")


def is_reference(text: str) -> bool:
    """True if a text contains a reference."""
    return bool(REFERENCE.search(text))


def referred(text: str) -> list[str]:
    """Names that a text refers to, in its order."""
    return REFERENCE.findall(text)
