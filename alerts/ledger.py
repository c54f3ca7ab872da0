"""Alert ledger: the faults that each receiver knows to be open, one JSON file in the home.

The file is replaced by one rename after a receiver has taken a message. A process that is killed in
between sends the message once more at its next run: a fault is reported twice at worst and never
not at all.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alerts.fault import Fault
from deployment.private_files import replace_file

_FORMAT = 1


@dataclass(frozen=True)
class KnownFault:
    """A fault as a receiver knows it.

    Attributes:
        fault: as it was reported.
        since: when it was found, in ISO format with an offset.
    """

    fault: Fault
    since: str


@dataclass
class AlertLedger:
    """The faults that receivers know, by receiver and key, and why a receiver took no message."""

    path: Path
    known: dict[str, dict[str, KnownFault]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> AlertLedger:
        """Read the file.

        A missing or damaged file counts as empty: open faults are then reported once more.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                return cls(path)
            known = {
                receiver: {
                    entry["key"]: KnownFault(
                        Fault(entry["key"], entry["severity"], entry["text"], entry["remedy"]),
                        entry["since"],
                    )
                    for entry in entries
                }
                for receiver, entries in content["receivers"].items()
            }
            return cls(path, known, dict(content["errors"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path)

    @property
    def open_keys(self) -> set[str]:
        """Keys that any receiver knows to be open."""
        return {key for faults in self.known.values() for key in faults}

    def write(self) -> None:
        """Replace the file, durably."""
        content = {
            "format": _FORMAT,
            "receivers": {
                receiver: [_entry(known) for known in faults.values()]
                for receiver, faults in self.known.items()
            },
            "errors": self.errors,
        }
        text = json.dumps(content, indent=1)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, lambda fresh: fresh.write_text(text, encoding="utf-8"))


def _entry(known: KnownFault) -> Mapping[str, str]:
    fault = known.fault
    return {
        "key": fault.key,
        "severity": fault.severity,
        "text": fault.text,
        "remedy": fault.remedy,
        "since": known.since,
    }


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the ledger's lock: of two processes that report at once, one waits for the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
