"""Files of another account, also where the tests run as the superuser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Owned by the superuser on every system.
_OF_ROOT = Path("/etc/passwd")
_NOBODY = 65534


def give_away(path: Path) -> None:
    """Make a file at a path that belongs to another account than this process runs as."""
    if os.geteuid() == 0:
        path.touch()
        os.chown(path, _NOBODY, -1)
    else:
        path.symlink_to(_OF_ROOT)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Within this context, this process may open only what its account's permissions allow."""
    account = os.geteuid()
    if account == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(account)
