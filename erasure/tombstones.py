"""Tombstones: keyed hashes of erased people's keys, by which their rows are known when they return.

The file outlives the warehouse, so that a warehouse that is built again from the deliveries does
not bring them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from deployment.home import Home
from deployment.private_files import replace_file
from erasure.keys import Hashes, hashes_of

_FILE = "tombstones.json"


@dataclass
class Tombstones:
    """Days of the erasure by keyed hash, with the key by which values are compared with them."""

    hashes: Hashes
    days: dict[str, date] = field(default_factory=dict)

    def day_of(self, hashed: str | None) -> date | None:
        """Day on which the person of a hash was erased; None if nobody was."""
        return self.days.get(hashed) if hashed is not None else None

    def has_id(self, entity: str, source: str, value: str) -> bool:
        """True if an entity's id in a source is an erased person's."""
        return self.hashes.of_id(entity, source, value) in self.days

    def has_address(self, address: str) -> bool:
        """True if an e-mail address is an erased person's."""
        return self.hashes.of_address(address) in self.days

    def add(self, hashed: Iterable[str | None], day: date) -> None:
        """Add hashes; one that is there gets the later day."""
        for each in hashed:
            if each is not None:
                self.days[each] = max(day, self.days.get(each, day))


def has_tombstones(home: Home) -> bool:
    """True if somebody was ever erased from the home."""
    return _path(home).exists()


def read_tombstones(home: Home) -> Tombstones:
    """The home's tombstones; without any where nobody was ever erased."""
    path = _path(home)
    stored: Mapping[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return Tombstones(
        hashes_of(home), {each: date.fromisoformat(day) for each, day in stored.items()}
    )


def write_tombstones(home: Home, tombstones: Tombstones) -> None:
    """Replace the file, durably; only its owner can read it."""
    content = {each: day.isoformat() for each, day in sorted(tombstones.days.items())}
    text = json.dumps(content, indent=0)
    replace_file(_path(home), partial(Path.write_text, data=text, encoding="utf-8"))


def _path(home: Home) -> Path:
    return home.erasure / _FILE
