"""Faults of the machine and of files, recognised in any error and explained in one message.

A full disk, a missing permission or a damaged file may show at every step, inside DuckDB, SQLite,
dbt, MLflow or Dagster. Each of them wraps the fault in an error of its own, so the chain of causes
is searched. Faults that a step expects have messages of their own and do not belong here.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployment.errors import HoldfastError
from deployment.home import Home

_PATH = re.compile(r"""["'](/[^"']+)["']""")


class FaultError(HoldfastError):
    """The machine or a file stops the command; nothing that was stored before is lost by it."""


@dataclass(frozen=True)
class _Kind:
    """A kind of fault.

    Attributes:
        numbers: the operating system's error numbers.
        texts: pattern of the messages of libraries that have no number.
        condition: what is the case, of a place.
        remedy: what to do, as a clause.
    """

    numbers: frozenset[int]
    texts: re.Pattern[str]
    condition: str
    remedy: str


def _kind(numbers: set[int], texts: str, condition: str, remedy: str) -> _Kind:
    return _Kind(frozenset(numbers), re.compile(texts), condition, remedy)


_AGAIN = "and run the command again, which continues from the last state that was stored"
_FULL = _kind(
    {errno.ENOSPC},
    r"No space left on device|database or disk is full|Could not write all",
    "the disk is full",
    f"free some space, or move the home to a larger disk, {_AGAIN}",
)
_UNREADABLE = _kind(
    {errno.EIO},
    r"Input/output error|disk I/O error",
    "the disk fails to read or to write",
    f"look into the machine's log for the disk, {_AGAIN}",
)
# SQLite reports a full disk as an I/O error where its shared memory cannot grow.
_LEAST_FREE_BYTES = 16 << 20
_KINDS = (
    _FULL,
    _UNREADABLE,
    _kind(
        {errno.EDQUOT},
        r"Disk quota exceeded",
        "the disk quota of this account is used up",
        f"free some space, or raise the quota, {_AGAIN}",
    ),
    _kind(
        {errno.EFBIG},
        r"File too large",
        "a file may not grow any further",
        f"raise the limit on the size of a file (ulimit -f), {_AGAIN}",
    ),
    _kind(
        {errno.EROFS},
        r"Read-only file system|attempt to write a readonly database",
        "it can only be read",
        f"make it writable, or set HOLDFAST_HOME to a folder that is, {_AGAIN}",
    ),
    _kind(
        {errno.EACCES, errno.EPERM},
        r"Permission denied|Operation not permitted",
        "this account has no permission",
        "run the command as the account that owns the home, or give the home to this account"
        " (chown -R), and run the command again",
    ),
    _kind(
        set(),
        r"unable to open database file",
        "a database in it can be neither opened nor made",
        f"check that this account may write there (holdfast doctor), {_AGAIN}",
    ),
    _kind(
        {errno.EMFILE, errno.ENFILE},
        r"Too many open files",
        "too many files are open",
        f"raise the limit on open files (ulimit -n), {_AGAIN}",
    ),
    _kind(
        set(),
        r"database disk image is malformed|file is not a database|Corrupt database file"
        r"|not a valid DuckDB database file|Could not read enough bytes"
        r"|Failure while replaying WAL",
        "it is damaged",
        "holdfast doctor names the damaged files, and what to do about each",
    ),
)


def fault_of(error: BaseException, home: Home) -> FaultError | None:
    """The fault of the machine or of a file behind an error; None for any other error.

    Args:
        error: as it was raised; its causes are searched too.
        home: named as the place where the error names none.
    """
    for cause in _causes(error):
        number = cause.errno if isinstance(cause, OSError) else None
        for kind in _KINDS:
            if number in kind.numbers or (number is None and kind.texts.search(str(cause))):
                named = cause.filename if isinstance(cause, OSError) else None
                return _explained(kind, named, str(cause), home)
    return None


def fault_in(text: str, home: Home) -> FaultError | None:
    """The fault behind a library's message, such as dbt's of a failed model; None without one."""
    kind = next((kind for kind in _KINDS if kind.texts.search(text)), None)
    return None if kind is None else _explained(kind, None, text, home)


def _explained(kind: _Kind, named: object, text: str, home: Home) -> FaultError:
    found = _PATH.search(text)
    place = Path(str(named)) if isinstance(named, str | Path) else None
    if place is None:
        place = Path(found.group(1)) if found else home.root
    free = _free_bytes(place)
    if kind is _UNREADABLE and free < _LEAST_FREE_BYTES:
        kind = _FULL
    condition = kind.condition + (f" ({free >> 20:,} MB are free)" if kind is _FULL else "")
    return FaultError(f"{place}: {condition}: {kind.remedy}")


def _free_bytes(place: Path) -> int:
    """Free space at a place, by the nearest folder above it that this account can reach."""
    for path in (place, *place.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(path).free
    return 0


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it wraps, and its causes, each once, nearest first."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        # SQLAlchemy keeps the driver's error in `orig`.
        links = (getattr(each, "orig", None), each.__cause__, each.__context__)
        waiting.extend(link for link in links if isinstance(link, BaseException))
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(each.exceptions)
